//! The task `drill`: restores a backup into an empty database, reads it again, and compares. Each call works until its time is nearly over,
//! and may be repeated at any point with the same result.

mod compare;
mod drilled_backup;
mod end;
mod files;
mod fill;
mod target;

use std::collections::BTreeSet;

use hozon_capture_database::{FreshCapture, capture_fresh};
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::creating::{Clearing, CreationRefusal};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::drill::Drill;
use hozon_shared::domain::id::{DrillId, OrgId, RestoreId};
use hozon_shared::drilled::{DrillFiles, DrillPhase, DrillWork};
use hozon_shared::ports::{Change, ErrorKind};
use hozon_shared::snapshots::of_restore::snapshot_before;
use hozon_shared::snapshots::session::keep;

use crate::error::WriteBackError;
use crate::ports::{CallEnd, WriteBackPorts};
use drilled_backup::DrilledBackup;
pub(crate) use end::{fail_silent, record};
use target::DrillTarget;

/// A drill that a call works on.
pub(crate) struct DrillTask<'a> {
    pub ports: &'a WriteBackPorts,
    pub org: OrgId,
    pub id: DrillId,
}

impl DrillTask<'_> {
    /// Whether there is such a drill, and not a restore of that id.
    pub(crate) async fn is_known(&self) -> Result<bool, WriteBackError> {
        Ok(self.ports.drills.drill(self.org, self.id).await?.is_some())
    }

    async fn load(&self) -> Result<Drill, WriteBackError> {
        self.ports.drills.drill(self.org, self.id).await?.ok_or(WriteBackError::Unknown)
    }

    fn files(&self) -> DrillFiles<'_> {
        DrillFiles { objects: &*self.ports.objects, org: self.org, id: self.id }
    }

    /// Under this name it keeps what snapshots consist of.
    fn lease(&self) -> String {
        format!("drill-{}", self.id)
    }

    /// The id of its capture, which is stored as that of a restore.
    fn capture(&self) -> RestoreId {
        RestoreId(self.id.0)
    }

    /// The drill as it is now, after it is recorded that an execution works on it.
    async fn begin(&self) -> Result<Drill, WriteBackError> {
        let drill = self.load().await?;
        if !drill.is_active() || drill.begun.is_some() {
            return Ok(drill);
        }
        let begun = drill.begin(self.ports.clock.now());
        match self.ports.store.commit(self.org, vec![Change::Drill(Box::new(begun))]).await {
            // Another call has recorded it.
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => other?,
        }
        self.load().await
    }
}

/// Goes on with a drill.
pub(crate) async fn drill(task: &DrillTask<'_>) -> Result<CallOutcome, WriteBackError> {
    let (ports, time) = (task.ports, task.ports.time());
    let drill = task.begin().await?;
    if !drill.is_active() {
        end::release(task).await?;
        return Ok(CallOutcome::Done);
    }
    keep(&ports.session, task.org, &task.lease(), ports.clock.now()).await?;
    let target = DrillTarget::open(ports, &drill).await?;
    let backup = DrilledBackup::read(&*ports.objects, &drill).await?.ok_or(WriteBackError::SnapshotGone)?;
    if backup.tables.is_empty() {
        return Err(WriteBackError::NoTables);
    }
    let mut steps = Steps { task, target: &target, backup: &backup, time, is_first: true };
    let mut work = task.files().work().await?.unwrap_or_default();
    while work.phase != DrillPhase::Over {
        if !steps.one(&mut work).await? || time.is_over() {
            return Ok(CallOutcome::Again);
        }
    }
    end::complete(task, work.totals()).await.map(|()| CallOutcome::Done)
}

/// What the steps of a call work with.
struct Steps<'a> {
    task: &'a DrillTask<'a>,
    target: &'a DrillTarget,
    backup: &'a DrilledBackup,
    time: CallEnd,
    /// Whether the call has not carried out a step yet.
    is_first: bool,
}

impl Steps<'_> {
    /// Carries out one step, and stores how far the drill is. Returns whether the call may go on.
    async fn one(&mut self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let is_done = match work.phase {
            DrillPhase::Clear => self.clear(work).await?,
            DrillPhase::Create => self.create(work).await?,
            DrillPhase::Fill => self.fill(work).await?,
            DrillPhase::Files => self.write_files(work).await?,
            DrillPhase::Tie => self.tie(work).await?,
            DrillPhase::Capture => self.capture(work).await?,
            DrillPhase::Compare => self.compare(work).await?,
            DrillPhase::Over => true,
        };
        self.is_first = false;
        self.task.files().set_work(work).await?;
        Ok(is_done)
    }

    /// Empties the restore target, unless it has something that no drill has made.
    async fn clear(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        match self.target.writer.clear().await.map_err(self.target.failed())? {
            Clearing::Occupied { example } => Err(WriteBackError::Occupied { example }),
            Clearing::Cleared => {
                work.left_out.clone_from(&self.backup.left_out);
                work.go_on();
                Ok(true)
            }
        }
    }

    fn modules(&self) -> Vec<Module> {
        self.backup.tables.iter().map(|stored| stored.module.clone()).collect()
    }

    async fn create(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let creation = self.target.writer.create(&self.modules(), &[]).await.map_err(self.target.failed())?;
        if let Some(fault) = creation.faults.first() {
            let code = match &fault.reason {
                CreationRefusal::UnknownType { declared, .. } => format!("unknown type {declared}"),
                CreationRefusal::Server { code } => code.clone(),
            };
            return Err(WriteBackError::TableRefused { name: fault.part.name.clone(), code });
        }
        work.go_on();
        Ok(true)
    }

    async fn tie(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let (modules, writer) = (self.modules(), &self.target.writer);
        let added = writer.add_foreign_keys(&modules).await.map_err(self.target.failed())?;
        work.foreign_keys_refused = added.faults.into_iter().map(|fault| fault.part.name).collect();
        writer.finish(&modules).await.map_err(self.target.failed())?;
        work.go_on();
        Ok(true)
    }

    /// Reads what was restored.
    async fn capture(&self, work: &mut DrillWork) -> Result<bool, WriteBackError> {
        let (ports, restore) = (self.task.ports, self.task.capture());
        if snapshot_before(&*ports.objects, self.task.org, restore).await?.is_none() {
            let name = |(_, stored): (usize, &hozon_shared::snapshots::reader::StoredModule)| stored.module.api_name.clone();
            let all = self.backup.tables.iter().enumerate();
            let modules: BTreeSet<String> = all.clone().map(name).collect();
            let has_files = |at: usize| work.restored.get(at).is_some_and(|restored| restored.files_placed > 0);
            let with_files: BTreeSet<String> = all.filter(|(at, _)| has_files(*at)).map(name).collect();
            let connection = &self.target.connection;
            let fresh = FreshCapture { connection, restore, modules: &modules, with_files: &with_files };
            capture_fresh(&ports.capture, &fresh).await?;
        }
        work.go_on();
        Ok(true)
    }
}
