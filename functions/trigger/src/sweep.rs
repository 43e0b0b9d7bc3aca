//! The sweep: looks for occurrences that are overdue and have no record, for backups whose run never began, and for those whose run has
//! gone silent. The latest overdue occurrence is made up for; earlier ones are recorded as missed, because a backup made now stands for
//! them all.

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::backup::{Backup, Failure};
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId, OrgId, ScheduleId};
use hozon_shared::domain::schedule::{GRACE, Schedule};
use hozon_shared::ending::end_backup;
use hozon_shared::ports::{Change, Due, ErrorKind, Execution, PortError, ScheduleTrigger};
use hozon_shared::running::start_run;
use serde::Serialize;

use crate::{Sweep, Trigger, execution_name};

/// What a sweep did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Swept {
    /// Occurrences for which a run was started.
    started_overdue: usize,
    /// Occurrences recorded as missed.
    missed: usize,
    /// Backups whose run had not begun and was started again.
    started: usize,
    /// Backups ended.
    ended: usize,
}

impl Trigger {
    /// Sweeps all organisations. What fails for one does not keep the others from being swept; the first failure is the answer then.
    pub(crate) async fn sweep(&self, sweep: Sweep) -> Result<Swept, PortError> {
        let now = self.ports.clock.now();
        let grace = if sweep.after_a_stop { TimeDelta::zero() } else { GRACE };
        let (mut swept, mut failed) = (Swept::default(), None);
        for due in self.ports.schedules.due(now).await? {
            let outcome = match due {
                Due::Schedule(org, id) => self.sweep_schedule((org, id), now, grace, &mut swept).await,
                Due::Backup(org, id) => self.sweep_backup(org, id, now, &mut swept).await,
                // These are the `notify` function's.
                Due::Delivery(..) => Ok(()),
            };
            match outcome {
                // Somebody else was at it at the same time; the next sweep looks again.
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => {
                    failed.get_or_insert(error);
                }
                Ok(()) => {}
            }
        }
        failed.map_or(Ok(swept), Err)
    }

    async fn sweep_schedule(
        &self,
        (org, id): (OrgId, ScheduleId),
        now: DateTime<Utc>,
        grace: TimeDelta,
        swept: &mut Swept,
    ) -> Result<(), PortError> {
        let Some(mut schedule) = self.ports.schedules.schedule(org, id).await? else { return Ok(()) };
        let overdue = schedule.overdue(now, grace);
        let Some(latest) = overdue.last().copied() else { return Ok(()) };
        for occurrence in overdue {
            let is_recorded = self.ports.schedules.occurrence(org, id, occurrence).await?.is_some();
            match (is_recorded, occurrence == latest) {
                (true, _) => schedule = self.advance_past(schedule, occurrence).await?,
                (false, false) => {
                    schedule = self.miss(schedule, occurrence, now).await?;
                    swept.missed += 1;
                }
                (false, true) => {
                    self.start_overdue(&schedule, occurrence, now).await?;
                    swept.started_overdue += 1;
                }
            }
        }
        Ok(())
    }

    /// Moves on what is due, behind an occurrence that has its record.
    async fn advance_past(&self, schedule: Schedule, occurrence: DateTime<Utc>) -> Result<Schedule, PortError> {
        let moved = schedule.clone().recorded(occurrence);
        if moved == schedule {
            return Ok(schedule);
        }
        self.ports.store.commit(moved.org, vec![Change::Schedule(Box::new(moved.clone()))]).await?;
        Ok(Schedule { version: moved.version + 1, ..moved })
    }

    async fn miss(&self, schedule: Schedule, occurrence: DateTime<Utc>, now: DateTime<Utc>) -> Result<Schedule, PortError> {
        let event = EventId(self.ports.ids.next(now));
        self.ports.store.commit(schedule.org, change::miss(schedule.clone(), occurrence, now, event)).await?;
        // An alarm of infra/template.yaml counts these lines.
        tracing::warn!(org.id = schedule.org.0, schedule.id = schedule.id.0, "a scheduled run was missed");
        Ok(Schedule { version: schedule.version + 1, ..schedule.recorded(occurrence) })
    }

    /// Starts a run, under a name of its own for each day: the first one may have ended before it left a record. The trigger that did
    /// not come is set again.
    async fn start_overdue(&self, schedule: &Schedule, occurrence: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), PortError> {
        let name = format!("{}-{}", execution_name(schedule.id, occurrence), now.format("%Y%m%d"));
        self.start(schedule, occurrence, &name).await?;
        self.triggers.put(&ScheduleTrigger::of(schedule)).await
    }

    async fn sweep_backup(&self, org: OrgId, id: BackupId, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), PortError> {
        let backup = self.ports.store.backup(org, id).await?;
        let Some(backup) = backup.filter(|backup| backup.looked_at().is_some_and(|at| at <= now)) else { return Ok(()) };
        if backup.started.is_some() || backup.given_up() <= now {
            return self.end_silent(backup, swept).await;
        }
        self.start_again(backup, swept).await
    }

    /// Starts the run of a backup that has not begun: whoever made the backup may have ended before it started one. The execution's name is
    /// the backup's, so that one that is only slow goes on alone.
    async fn start_again(&self, backup: Backup, swept: &mut Swept) -> Result<(), PortError> {
        match start_run(&self.ports, &backup).await? {
            Execution::Running => {
                tracing::warn!(run.org = backup.org.0, run.id = backup.id.0, "a backup had not begun; its run was started");
                swept.started += 1;
                Ok(())
            }
            Execution::Taken => self.end_silent(backup, swept).await,
        }
    }

    /// Ends a backup whose workflow has ended without saying so.
    async fn end_silent(&self, backup: Backup, swept: &mut Swept) -> Result<(), PortError> {
        end_backup(&self.ports, backup, Failure::silent()).await?;
        swept.ended += 1;
        Ok(())
    }
}
