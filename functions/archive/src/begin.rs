//! The task `begin`: decides whether there is anything to run. An on-demand backup always runs. A scheduled occurrence
//! runs if its schedule is active, the rule matches, no outcome is recorded yet, and a backup is left to claim. While
//! another backup is in progress, the state machine waits some minutes and repeats the task; then the occurrence is skipped.
//! Zips that are made anew need no other backup to end, and no allowance.

use chrono::{DateTime, Utc};
use hozon_shared::domain::allowance::{Claim, Demand, LimitReached, Settled};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::change;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::id::{BackupId, EventId, OrgId, ScheduleId};
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::domain::schedule::{Outcome, Schedule};
use hozon_shared::ports::Change;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::ports::ArchivePorts;
use crate::remake;
use crate::run::Run;
use crate::settings::ArchiveSettings;
use crate::task_error::TaskErrorKind;

/// What the state machine knows a source by that is not captured.
const CAPTURED_BEFORE: &str = "none";

/// Input of an execution: a backup, one whose zips are made anew, or a schedule with the time of an occurrence.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Start {
    // The first one, because the next one has some of its fields.
    Remake { kind: RemakeKind, org: OrgId, backup: BackupId },
    Backup { org: OrgId, backup: BackupId },
    Occurrence { org: OrgId, schedule: ScheduleId, at: DateTime<Utc> },
}

/// What an execution does other than making a backup.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RemakeKind {
    Remake,
}

impl Start {
    fn org(&self) -> OrgId {
        match *self {
            Self::Remake { org, .. } | Self::Backup { org, .. } | Self::Occurrence { org, .. } => org,
        }
    }
}

pub async fn run(
    ports: &ArchivePorts,
    settings: &ArchiveSettings,
    execution: &str,
    start: &Start,
    has_waited: bool,
) -> Result<Value, TaskErrorKind> {
    let backup = match *start {
        Start::Remake { kind: RemakeKind::Remake, org, backup } => {
            let begun = remake::begin(&Run { ports, settings, org, backup }).await?;
            return Ok(answer(begun, CAPTURED_BEFORE));
        }
        Start::Backup { org, backup } => Some(begin_requested(&Run { ports, settings, org, backup }).await?),
        Start::Occurrence { org, schedule, at } => {
            begin_scheduled(ports, settings, execution, (org, schedule), at, has_waited).await?
        }
    };
    Ok(answer(backup, source(ports, start.org()).await?))
}

fn answer(backup: Option<BackupId>, source: &str) -> Value {
    let outcome = if backup.is_some() { "run" } else { "nothing" };
    json!({ "outcome": outcome, "backup": backup, "source": source })
}

/// Which function captures the organisation's CRM; `none` for the native store, which the platform writes.
async fn source(ports: &ArchivePorts, org: OrgId) -> Result<&'static str, TaskErrorKind> {
    let connection = ports.connections.connection(org).await?;
    Ok(match connection.map(|connection| connection.source) {
        None | Some(SourceSettings::Native {}) => CAPTURED_BEFORE,
        Some(SourceSettings::Postgres(_) | SourceSettings::Mysql(_)) => "database",
        Some(SourceSettings::Zoho(_) | SourceSettings::ZohoBackup(_)) => "web",
    })
}

async fn begin_requested(run: &Run<'_>) -> Result<BackupId, TaskErrorKind> {
    let backup = run.load().await?;
    if backup.started.is_none() {
        let backup = backup.begin(run.ports.clock.now())?;
        run.ports.store.commit(run.org, vec![Change::Backup(Box::new(backup))]).await?;
    }
    Ok(run.backup)
}

/// Returns `None` if there is nothing to run. `has_waited` says that the wait for the backup in progress is over. When the
/// same execution repeats the task, it finds the backup that it started.
async fn begin_scheduled(
    ports: &ArchivePorts,
    settings: &ArchiveSettings,
    execution: &str,
    (org, id): (OrgId, ScheduleId),
    at: DateTime<Utc>,
    has_waited: bool,
) -> Result<Option<BackupId>, TaskErrorKind> {
    let Some(schedule) = ports.schedules.schedule(org, id).await? else { return Ok(None) };
    let Some(occurrence) = schedule.occurrence_at(at) else { return Ok(None) };
    if let Some(record) = ports.schedules.occurrence(org, id, occurrence).await? {
        let Outcome::Run { backup } = record.outcome else { return Ok(None) };
        return unfinished_backup(ports, org, backup, execution).await;
    }
    let running = ports.ending.running(org).await?;
    let (now, ids) = (ports.clock.now(), &ports.ids);
    let (event, id) = (EventId(ids.next(now)), BackupId(ids.next(now)));
    if let Some(running) = running {
        if !has_waited {
            return Err(TaskErrorKind::Busy);
        }
        ports.store.commit(org, change::overlap(schedule, occurrence, &running, now, event)).await?;
        return Ok(None);
    }
    match claim(ports, settings, &schedule, id, occurrence).await? {
        Ok((claim, used)) => {
            let backup = scheduled_backup(&schedule, id, execution, claim, now).within(settings.run_length);
            ports.store.commit(org, change::start_scheduled(schedule, occurrence, backup, used, event)).await?;
            Ok(Some(id))
        }
        Err(limit) => {
            ports.store.commit(org, change::skip(schedule, occurrence, limit, now, event)).await?;
            Ok(None)
        }
    }
}

/// Returns the backup if this execution owns it and it is still in progress.
async fn unfinished_backup(
    ports: &ArchivePorts,
    org: OrgId,
    id: BackupId,
    execution: &str,
) -> Result<Option<BackupId>, TaskErrorKind> {
    let backup = ports.store.backup(org, id).await?;
    let own = backup.filter(|backup| backup.execution == execution && backup.status == BackupStatus::Inprogress);
    Ok(own.map(|backup| backup.id))
}

type Claimed = Result<(Claim, Option<Settled>), LimitReached>;

async fn claim(
    ports: &ArchivePorts,
    settings: &ArchiveSettings,
    schedule: &Schedule,
    backup: BackupId,
    occurrence: DateTime<Utc>,
) -> Result<Claimed, TaskErrorKind> {
    let organisation = ports.store.organisation(schedule.org).await?.ok_or_else(|| TaskErrorKind::UnknownOrganisation)?;
    let account = ports.accounts.account(schedule.org).await?;
    let is_weekly = schedule.recurrence.rule.repeat_type() == RepeatType::Weekly;
    let (free, now) = (settings.plans.free(&organisation.plan), ports.clock.now());
    Ok(account.claim(&Demand { backup, free, now, weekly: is_weekly.then_some(occurrence), zone: organisation.time_zone }))
}

fn scheduled_backup(schedule: &Schedule, id: BackupId, execution: &str, claim: Claim, now: DateTime<Utc>) -> Backup {
    let backup = Backup::requested(schedule.org, id, schedule.requester.clone(), claim, now);
    backup.for_schedule(schedule.recurrence.rule.repeat_type(), execution)
}

impl Run<'_> {
    /// Loads the backup of this run.
    pub async fn load(&self) -> Result<Backup, TaskErrorKind> {
        self.ports.store.backup(self.org, self.backup).await?.ok_or_else(|| TaskErrorKind::UnknownBackup)
    }

    /// Fails if the backup of this run has ended, because an administrator has cancelled it, or if nobody waits for its zips any more.
    pub async fn require_in_work(&self) -> Result<(), TaskErrorKind> {
        Ok(self.load().await?.require_run()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_of_an_execution_says_what_it_makes() {
        let read = |input: Value| serde_json::from_value::<Start>(input).expect("an input");
        assert!(matches!(read(json!({ "kind": "remake", "org": "1", "backup": "2" })), Start::Remake { .. }));
        assert!(matches!(read(json!({ "org": "1", "backup": "2" })), Start::Backup { .. }));
        let occurrence = json!({ "org": "1", "schedule": "2", "at": "2026-11-30T04:00:00Z" });
        assert!(matches!(read(occurrence), Start::Occurrence { .. }));
    }
}
