//! The sweep: finds occurrences that are overdue and have no record, backups whose run never began, backups whose
//! run no longer responds, zips that are to be made anew, erasures that are to be tried again, and restores whose work never began or no longer
//! responds. It starts the drills that follow backups, and ends those that no longer respond. It reminds of backups that nobody has downloaded.
//! The sweep starts a run for the latest overdue occurrence of a schedule and records earlier
//! ones as missed, because one backup now replaces them all.

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::call::first_of;
use hozon_shared::domain::backup::{Backup, BackupStatus, Failure};
use hozon_shared::domain::change;
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::id::{BackupId, DrillId, ErasureId, EventId, OrgId, RestoreId, ScheduleId};
use hozon_shared::domain::schedule::{GRACE, Schedule};
use hozon_shared::ports::{Change, Due, DueItems, ErrorKind, EventQuery, PortError, ScheduleTrigger, StartOutcome};
use hozon_shared::restore_start::{start_drill, start_drill_end, start_end, start_restore};
use hozon_shared::running::{start_remake, start_run};
use serde::Serialize;

use crate::{Sweep, Trigger, execution_name};

/// Number of events that are read at a time.
const EVENTS_AT_ONCE: usize = 200;

/// Result of a sweep.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Swept {
    /// Number of overdue occurrences for which a run was started.
    started_overdue: usize,
    /// Number of occurrences recorded as missed.
    missed: usize,
    /// Number of backups whose missing run was started.
    started: usize,
    /// Number of backups of which somebody was reminded.
    reminded: usize,
    /// Number of backups that were ended.
    ended: usize,
    /// Number of backups of which zips are to be made anew whose execution was started.
    remakes: usize,
    /// Number of erasures of which the work was started again.
    erasures: usize,
    /// Number of restores of which the work was started, or is ended.
    restores: usize,
    /// Number of drills of which the work was started, or is ended.
    drills: usize,
}

impl Trigger {
    /// Sweeps all organisations. A failure of one, or an item that cannot be read, does not stop the others; the first
    /// failure is returned at the end, so that the alarm rings.
    pub(crate) async fn sweep(&self, sweep: Sweep) -> Result<Swept, PortError> {
        let now = self.ports.clock.now();
        let grace = if sweep.after_a_stop { TimeDelta::zero() } else { GRACE };
        let mut swept = Swept::default();
        let DueItems { found, unreadable: mut failed } = self.ports.schedules.due(now).await;
        for due in found {
            let outcome = match due {
                Due::Schedule(org, id) => self.sweep_schedule((org, id), now, grace, &mut swept).await,
                Due::Backup(org, id) => self.sweep_backup(org, id, now, &mut swept).await,
                Due::Erasure(org, id) => self.sweep_erasure(org, id, now, &mut swept).await,
                Due::Restore(org, id) => self.sweep_restore(org, id, now, &mut swept).await,
                Due::Drill(org, id) => self.sweep_drill(org, id, now, &mut swept).await,
                // The `notify` function handles these.
                Due::Delivery(..) => Ok(()),
            };
            match outcome {
                // A concurrent change came first; the next sweep looks again.
                Err(error) if error.kind == ErrorKind::Conflict => {}
                Err(error) => failed.push(error),
                Ok(()) => {}
            }
        }
        first_of(failed).map(|()| swept)
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

    /// Advances the schedule's due time past a recorded occurrence.
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
        // An alarm in infra/template.yaml counts this line.
        tracing::warn!(org.id = schedule.org.0, schedule.id = schedule.id.0, "a scheduled run was missed");
        Ok(Schedule { version: schedule.version + 1, ..schedule.recorded(occurrence) })
    }

    /// Starts an overdue run. The execution name contains the day, because an earlier execution may have ended before it recorded the
    /// occurrence. The trigger that did not fire is set again.
    async fn start_overdue(&self, schedule: &Schedule, occurrence: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), PortError> {
        let name = format!("{}-{}", execution_name(schedule.id, occurrence), now.format("%Y%m%d"));
        self.start(schedule, occurrence, &name).await?;
        self.triggers.put(&ScheduleTrigger::of(schedule)).await
    }

    async fn sweep_backup(&self, org: OrgId, id: BackupId, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), PortError> {
        let backup = self.ports.store.backup(org, id).await?;
        let Some(backup) = backup.filter(|backup| backup.next_check().is_some_and(|at| at <= now)) else { return Ok(()) };
        if let Some(remake) = backup.running_remake() {
            let has_begun = remake.must_end.is_some();
            return self.sweep_remake(backup, has_begun, swept).await;
        }
        if backup.status == BackupStatus::Completed {
            return self.remind(backup, now, swept).await;
        }
        if backup.started.is_some() || backup.deadline() <= now {
            return self.end_silent(backup, swept).await;
        }
        self.start_again(backup, swept).await
    }

    /// Reminds whoever has requested a backup whose links end soon, unless somebody has downloaded it, or the links have ended already.
    async fn remind(&self, backup: Backup, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), PortError> {
        let is_wanted = backup.can_be_downloaded(now) && !self.is_downloaded(&backup).await?;
        let event = is_wanted.then(|| EventId(self.ports.ids.next(now)));
        self.ports.store.commit(backup.org, change::remind(backup, now, event)).await?;
        swept.reminded += usize::from(is_wanted);
        Ok(())
    }

    /// Whether a download of the backup has begun, as far as the history knows.
    async fn is_downloaded(&self, backup: &Backup) -> Result<bool, PortError> {
        let mut before = None;
        loop {
            let page = self.ports.store.events(backup.org, EventQuery { before, limit: EVENTS_AT_ONCE }).await?;
            let is_download =
                |event: &Event| matches!(event.what, EventKind::DownloadStarted { backup: of, .. } if of == backup.id);
            if page.events.iter().any(is_download) {
                return Ok(true);
            }
            match page.events.last() {
                Some(oldest) if Some(oldest.at) >= backup.finished => before = Some(oldest.id),
                _ => return Ok(false),
            }
        }
    }

    /// Starts the execution that makes the zips of a backup anew. The erasure does not start it itself: the state machine calls the erasure, and
    /// would have to be known before it. One that has begun is overdue, and ended without reporting a reason.
    async fn sweep_remake(&self, backup: Backup, has_begun: bool, swept: &mut Swept) -> Result<(), PortError> {
        if !has_begun && start_remake(&*self.ports.workflow, &backup).await? == StartOutcome::Running {
            swept.remakes += 1;
            return Ok(());
        }
        self.ports.ending.fail_remake(backup, Failure::silent()).await?;
        swept.ended += 1;
        Ok(())
    }

    /// Starts the work on an erasure again: it is pending, or nothing was heard of its execution.
    async fn sweep_erasure(&self, org: OrgId, id: ErasureId, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), PortError> {
        let erasure = self.ports.erasures.erasure(org, id).await?;
        let Some(erasure) = erasure.filter(|erasure| erasure.next_check().is_some_and(|at| at <= now)) else { return Ok(()) };
        self.ports.erasing.start_again(erasure).await?;
        swept.erasures += 1;
        Ok(())
    }

    /// Starts the work on a restore that has not begun, because the request may have been cut off. Ends a restore whose execution has ended
    /// without saying so, or should have.
    async fn sweep_restore(&self, org: OrgId, id: RestoreId, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), PortError> {
        let restore = self.ports.restores.restore(org, id).await?;
        let Some(restore) = restore.filter(|restore| restore.next_check().is_some_and(|at| at <= now)) else { return Ok(()) };
        let workflow = &*self.ports.workflow;
        swept.restores += 1;
        let may_begin = restore.begun.is_none() && !restore.is_overdue(now);
        if may_begin && start_restore(workflow, &restore).await? == StartOutcome::Running {
            tracing::warn!(run.org = org.0, run.id = id.0, "started the missing work on a restore");
            return Ok(());
        }
        start_end(workflow, &restore).await.map(drop)
    }

    /// Starts a drill that has not begun: it follows a backup, or the request may have been cut off. Ends one whose execution has ended without
    /// saying so, or should have.
    async fn sweep_drill(&self, org: OrgId, id: DrillId, now: DateTime<Utc>, swept: &mut Swept) -> Result<(), PortError> {
        let drill = self.ports.drills.drill(org, id).await?;
        let Some(drill) = drill.filter(|drill| drill.next_check().is_some_and(|at| at <= now)) else { return Ok(()) };
        let workflow = &*self.ports.workflow;
        swept.drills += 1;
        let may_begin = drill.begun.is_none() && !drill.is_overdue(now);
        if may_begin && start_drill(workflow, &drill).await? == StartOutcome::Running {
            return Ok(());
        }
        start_drill_end(workflow, &drill).await.map(drop)
    }

    /// Starts the run of a backup that has not begun, because the request that created the backup may have been cut off. The execution is
    /// named after the backup, so an execution that is only slow is not started twice.
    async fn start_again(&self, backup: Backup, swept: &mut Swept) -> Result<(), PortError> {
        match start_run(&*self.ports.workflow, &backup).await? {
            StartOutcome::Running => {
                tracing::warn!(run.org = backup.org.0, run.id = backup.id.0, "started the missing run of a backup");
                swept.started += 1;
                Ok(())
            }
            StartOutcome::Taken => self.end_silent(backup, swept).await,
        }
    }

    /// Fails a backup whose execution ended without reporting a reason.
    async fn end_silent(&self, backup: Backup, swept: &mut Swept) -> Result<(), PortError> {
        self.ports.ending.fail(backup, Failure::silent()).await?;
        swept.ended += 1;
        Ok(())
    }
}
