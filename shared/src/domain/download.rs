//! Downloads straight from a link (R7). A link that the console gives out is recorded when it is given; any other is known by its use only.

use chrono::{DateTime, TimeDelta, Utc};

use super::backup::Backup;
use super::change::Change;
use super::event::{Event, EventKind};
use super::id::{BackupId, EventId, OrgId};

/// A browser uses the link that a click has given at once; whoever uses it later was given it by somebody.
const CLICK: TimeDelta = TimeDelta::minutes(10);

/// A request for an object that was served because of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRequest {
    /// The object's key.
    pub key: String,
    /// When the link was signed, to the second; `None` for a link without a query, which no click leads to.
    pub signed: Option<DateTime<Utc>>,
    /// When the request was made, to the second.
    pub at: DateTime<Utc>,
    /// The network address that it came from.
    pub address: String,
}

impl LinkRequest {
    /// The backup whose zip it may be; `None` for any other object.
    pub fn backup(&self) -> Option<(OrgId, BackupId)> {
        let mut parts = self.key.strip_prefix("archives/")?.split('/');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }

    /// Whether it came so soon after the link was signed that a click may have led to it.
    pub fn may_follow_a_click(&self) -> bool {
        self.signed.is_some_and(|signed| self.at - signed < CLICK)
    }

    /// Whether it uses the link that was given out for that download.
    pub fn follows(&self, event: &Event) -> bool {
        let EventKind::DownloadStarted { backup, file, address: None } = &event.what else { return false };
        let is_same_zip = self.backup().is_some_and(|(_, id)| id == *backup) && self.file() == file;
        let is_same_time = self.signed.is_some_and(|signed| event.at.timestamp() == signed.timestamp());
        is_same_zip && is_same_time && self.may_follow_a_click()
    }

    /// When it was made. Its second may have begun before the zip was there; it did not.
    pub fn time(&self, backup: &Backup) -> DateTime<Utc> {
        backup.finished.map_or(self.at, |finished| self.at.max(finished))
    }

    /// Puts the download into the history, unless it is there: all requests of a day for one zip, with one link and from one address are
    /// one download, because programs fetch a file in pieces. `None` when the backup has no such zip.
    pub fn record(&self, backup: &Backup, event: EventId) -> Option<Vec<Change>> {
        let file = backup.files.iter().find(|file| file.key == self.key)?.name.clone();
        let address = Some(self.address.clone());
        let what = EventKind::DownloadStarted { backup: backup.id, file, address };
        Some(vec![
            Change::Handled { message: self.download(), at: self.at },
            Change::Event(Event { id: event, at: self.time(backup), by: backup.requester.clone(), what }),
        ])
    }

    /// The name of the download.
    fn download(&self) -> String {
        let link = self.signed.map_or("plain".to_owned(), |signed| signed.timestamp().to_string());
        format!("download/{}/{link}/{}/{}", self.key, self.address, self.at.date_naive())
    }

    fn file(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}
