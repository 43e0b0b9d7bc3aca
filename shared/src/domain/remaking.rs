//! Zips that are made anew: the transitions of a backup, and the changes that record them, each with its event.

use chrono::{DateTime, Utc};

use super::backup::{ArchiveFile, Backup, BackupTransitionError, Failure};
use super::change::{Change, happened};
use super::event::EventKind;
use super::id::{ErasureId, EventId};
use super::organisation::Person;
use super::remake::{Remake, RemakeStatus};
use super::run_length::RunLength;
use super::statement::SignedStatement;

type Transition = Result<Backup, BackupTransitionError>;

impl Backup {
    /// Records that an erasure has deleted its zips, and that they are to be made anew. Fails if they could not be downloaded any more.
    pub fn request_remake(self, erasure: ErasureId, requester: Person, at: DateTime<Utc>) -> Transition {
        if !self.can_be_downloaded(at) {
            return Err(BackupTransitionError(self.status));
        }
        let status = RemakeStatus::Running;
        let remake = Remake { erasure, status, requester, since: at, must_end: None, ended: None, failure: None };
        Ok(Self { files: Vec::new(), remake: Some(remake), ..self })
    }

    /// What is known of its zips while they are made anew.
    pub fn running_remake(&self) -> Option<&Remake> {
        self.remake.as_ref().filter(|remake| remake.status == RemakeStatus::Running)
    }

    /// Returns whether its zips were made anew after that erasure, or are being made, or could not be made.
    pub fn is_remade_after(&self, erasure: ErasureId) -> bool {
        self.remake.as_ref().is_some_and(|remake| remake.erasure == erasure)
    }

    /// Returns whether its zips are being made anew. Those of which the execution has ended are not.
    pub fn is_being_remade(&self, now: DateTime<Utc>) -> bool {
        self.running_remake().is_some_and(|remake| !remake.is_overdue(now))
    }

    /// Fails unless a run makes its zips, for the first time or anew.
    pub fn require_run(&self) -> Result<(), BackupTransitionError> {
        match self.running_remake() {
            Some(_) => Ok(()),
            None => self.require_in_progress(),
        }
    }

    /// Name of the only execution that may make its zips anew.
    pub fn remake_execution(&self) -> Option<String> {
        self.remake.as_ref().map(|remake| format!("remake-{}-{}-{}", self.org, self.id, remake.erasure))
    }

    /// Records that the execution has begun. A repeated call keeps the first time.
    pub fn begin_remake(self, at: DateTime<Utc>, length: RunLength) -> Transition {
        self.change_remake(|mut remake| {
            remake.must_end.get_or_insert(length.deadline(at));
            remake
        })
    }

    /// Completes it with the new zips, and with the number of the statement about them.
    pub fn complete_remake(self, files: Vec<ArchiveFile>, statement: Option<u64>, at: DateTime<Utc>) -> Transition {
        let backup = self.change_remake(|remake| Remake { status: RemakeStatus::Completed, ended: Some(at), ..remake })?;
        Ok(Self { files, statement, ..backup })
    }

    /// Ends it without zips.
    pub fn fail_remake(self, failure: Failure, at: DateTime<Utc>) -> Transition {
        let failure = Some(failure);
        self.change_remake(|remake| Remake { status: RemakeStatus::Failed, ended: Some(at), failure, ..remake })
    }

    fn change_remake(self, change: impl FnOnce(Remake) -> Remake) -> Transition {
        match self.remake.clone() {
            Some(remake) if remake.status == RemakeStatus::Running => Ok(Self { remake: Some(change(remake)), ..self }),
            _ => Err(BackupTransitionError(self.status)),
        }
    }
}

/// Records the new zips of a backup, with the statement about them.
pub fn remade(
    backup: Backup,
    files: Vec<ArchiveFile>,
    statement: Option<SignedStatement>,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, BackupTransitionError> {
    let number = statement.as_ref().map(|statement| statement.number);
    let mut changes = ended(backup.complete_remake(files, number, at)?, at, event);
    changes.extend(statement.map(|statement| Change::Statement(Box::new(statement))));
    Ok(changes)
}

/// Records that the zips of a backup could not be made anew.
pub fn not_remade(
    backup: Backup,
    failure: Failure,
    at: DateTime<Utc>,
    event: EventId,
) -> Result<Vec<Change>, BackupTransitionError> {
    Ok(ended(backup.fail_remake(failure, at)?, at, event))
}

fn ended(backup: Backup, at: DateTime<Utc>, event: EventId) -> Vec<Change> {
    let files = backup.files.iter().map(|file| file.name.clone()).collect();
    let told = backup.remake.as_ref().map(|remake| {
        let (erasure, failure) = (remake.erasure, remake.failure.clone());
        happened(event, at, &remake.requester, EventKind::ZipsRemade { backup: backup.id, erasure, files, failure })
    });
    let mut changes: Vec<Change> = told.map(Change::Event).into_iter().collect();
    changes.push(Change::Backup(Box::new(backup)));
    changes
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::allowance::Claim;
    use crate::domain::backup::{ArchiveKind, BackupStatus, LINK_LIFE, MadeZips};
    use crate::domain::id::{BackupId, OrgId, UserId};

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::hours(hours)
    }

    fn person() -> Person {
        Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) }
    }

    fn zip() -> ArchiveFile {
        let (name, key) = ("Data_001.zip".to_owned(), "archives/1/2/Data_001.zip".to_owned());
        ArchiveFile { kind: ArchiveKind::Data, name, key, size: 1, entries: 1, counted: None, crc32: None }
    }

    fn ready() -> Backup {
        let made = MadeZips { files: vec![zip()], ..MadeZips::default() };
        Backup::requested(OrgId(1), BackupId(2), person(), Claim::Unlimited, at(0)).complete(made, at(1)).expect("ready")
    }

    fn requested() -> Backup {
        ready().request_remake(ErasureId(3), person(), at(2)).expect("requested")
    }

    #[test]
    fn there_are_no_zips_until_they_are_made_anew_and_links_end_as_before() {
        let requested = requested();
        assert!(requested.files.is_empty() && requested.is_being_remade(at(2)));
        assert_eq!((requested.status, requested.next_check()), (BackupStatus::Completed, Some(at(2))));
        assert_eq!(requested.remake_execution().as_deref(), Some("remake-1-2-3"));
        let begun = requested.begin_remake(at(3), RunLength::days(1)).expect("begins");
        let again = begun.clone().begin_remake(at(4), RunLength::days(1)).expect("begins again");
        assert_eq!((again.next_check(), again.is_being_remade(at(28))), (Some(at(28)), false));
        let made = again.complete_remake(vec![zip()], Some(7), at(5)).expect("made");
        let reminder = at(1) + LINK_LIFE - TimeDelta::days(1);
        assert_eq!((made.next_check(), made.statement, made.expires()), (Some(reminder), Some(7), at(1) + LINK_LIFE));
        assert!(made.can_be_downloaded(at(6)) && made.files == [zip()]);
    }

    #[test]
    fn what_has_ended_stays_so_and_another_erasure_begins_again() {
        let failed = requested().fail_remake(Failure::silent(), at(3)).expect("fails");
        assert_eq!((failed.next_check(), failed.files.len()), (None, 0));
        let refused = Err(BackupTransitionError(BackupStatus::Completed));
        assert_eq!(failed.clone().complete_remake(vec![zip()], None, at(4)), refused);
        assert_eq!(failed.clone().fail_remake(Failure::silent(), at(4)), refused);
        assert_eq!(ready().begin_remake(at(4), RunLength::default()), refused, "none was requested");
        assert!(failed.require_run().is_err() && requested().require_run().is_ok());
        let again = failed.request_remake(ErasureId(4), person(), at(5)).expect("again");
        assert_eq!(again.remake_execution().as_deref(), Some("remake-1-2-4"));
    }

    #[test]
    fn zips_whose_links_have_ended_are_not_made_anew() {
        let refused = ready().request_remake(ErasureId(3), person(), at(1) + LINK_LIFE);
        assert_eq!(refused, Err(BackupTransitionError(BackupStatus::Completed)));
    }

    #[test]
    fn the_history_says_how_it_ended() {
        let changes = remade(requested(), vec![zip()], None, at(3), EventId(9)).expect("made");
        let [Change::Event(event), Change::Backup(_)] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!((event.what.name(), event.what.backup()), ("zips_remade", Some(BackupId(2))));
        let changes = not_remade(requested(), Failure::silent(), at(3), EventId(9)).expect("failed");
        let [Change::Event(event), Change::Backup(_)] = changes.as_slice() else { panic!("{changes:?}") };
        assert_eq!(event.what.name(), "zips_not_remade");
    }
}
