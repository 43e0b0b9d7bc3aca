//! One restore on the command line: it is planned, read, confirmed and written.

use std::pin::pin;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::{BackupId, ConnectionId, EventId, OrgId, RestoreId};
use hozon_shared::domain::progress::CaptureProgress;
use hozon_shared::domain::restore::{
    Restore, RestoreOutcome, RestorePolicy, RestoreRequest, RestoreSelection, RestoreStatus, cancel_restore, confirm_restore,
    request_restore,
};
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{ErrorKind, Ports};
use hozon_shared::restore_plan::PlanReader;
use hozon_shared::restored::RestoreFiles;
use hozon_shared::snapshots::restoring::PlannedRecord;
use tokio::time::timeout;

use super::engine::{RestoreEngine, failure_of};
use super::wanted::WantedBackup;
use crate::language::say;
use crate::tokens::administrator;

/// Time between two looks at how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is restored, and how.
pub struct RestoreOrder {
    pub connection: ConnectionId,
    pub selection: RestoreSelection,
    pub policy: RestorePolicy,
}

/// How far a restore is.
pub enum RestoreProgress {
    /// The database is read.
    Reading(CaptureProgress),
    /// So many records and files are done.
    Writing { done: u64, total: u64 },
}

/// The first planned records of a module.
pub struct PlannedExamples {
    /// With the fields of the records' cells.
    pub module: Module,
    pub records: Vec<PlannedRecord>,
}

/// A restore that this program carries out.
pub struct RestoreWork<'a> {
    ports: &'a Ports,
    engine: &'a RestoreEngine<'a>,
    org: OrgId,
    id: RestoreId,
}

impl<'a> RestoreWork<'a> {
    /// Asks for a restore of a backup.
    pub async fn request(
        ports: &'a Ports,
        engine: &'a RestoreEngine<'a>,
        wanted: &WantedBackup,
        order: RestoreOrder,
    ) -> Result<Self> {
        let (org, now) = (wanted.org, ports.clock.now());
        let RestoreOrder { connection, selection, policy } = order;
        let (id, backup, taken): (RestoreId, BackupId, _) = (RestoreId(ports.ids.next(now)), wanted.backup, wanted.taken);
        let (requester, target) = (administrator(), ConnectionRole::Source);
        let request = RestoreRequest {
            org,
            id,
            requester,
            backup,
            taken,
            target,
            connection,
            undoes: None,
            selection,
            policy,
            create: false,
        };
        let restore = Restore::requested(request, now, RunLength::default());
        match ports.store.commit(org, request_restore(restore)).await {
            Err(error) if error.kind == ErrorKind::Conflict => bail!(say(
                "another restore of the organisation is under way. Wait for its end, or cancel it in the console",
                "この組織の別の復元が実行中です。終了を待つか、コンソールでキャンセルしてください",
            )),
            other => other?,
        }
        Ok(Self { ports, engine, org, id })
    }

    /// Makes the plan.
    pub async fn plan(&self, tell: &mut dyn FnMut(RestoreProgress)) -> Result<Restore> {
        let working = self.engine.carry_out(self.ports, (self.org, self.id), "plan");
        let mut working = pin!(working);
        loop {
            match timeout(LOOK_EVERY, &mut working).await {
                Ok(ended) => {
                    ended?;
                    break;
                }
                Err(_) => {
                    let read = self.ports.progress.captured(self.org, BackupId(self.id.0)).await?;
                    read.into_iter().for_each(|read| tell(RestoreProgress::Reading(read)));
                }
            }
        }
        let restore = self.load().await?;
        match failure_of(&restore) {
            Some(failure) => bail!(failure),
            None if restore.status != RestoreStatus::Planned => {
                bail!(say("the plan was cancelled", "計画はキャンセルされました"))
            }
            None => Ok(restore),
        }
    }

    /// The first records of the plan, at most so many of each module.
    pub async fn examples(&self, restore: &Restore, most: usize) -> Result<Vec<PlannedExamples>> {
        let plan = restore.plan.clone().unwrap_or_default();
        let reader = PlanReader::open(self.ports.objects.clone(), &*self.ports.erasure_keys, restore.clone()).await?;
        let reader = reader.context("the data of the plan is gone")?;
        let mut found = Vec::new();
        for pair in reader.modules().await? {
            let rule = reader.rule(&pair, &plan.hindrances).await?;
            let (mut planned, mut records) = (pair.records(rule, None).await?, Vec::new());
            while !planned.is_over() && records.len() < most {
                records.extend(planned.batch(|_| true, most - records.len()).await?);
            }
            found.push(PlannedExamples { module: pair.module().clone(), records });
        }
        Ok(found)
    }

    /// Confirms the plan, with the number of records that it deletes.
    pub async fn confirm(&self, deletes: u64) -> Result<()> {
        let (restore, now) = (self.load().await?, self.ports.clock.now());
        let event = EventId(self.ports.ids.next(now));
        let changes = confirm_restore(restore, deletes, &administrator(), (now, RunLength::default()), event)?;
        Ok(self.ports.store.commit(self.org, changes).await?)
    }

    /// Writes the records of a confirmed plan. Returns the restore, which may have failed.
    pub async fn apply(&self, total: u64, tell: &mut dyn FnMut(RestoreProgress)) -> Result<Restore> {
        let working = self.engine.carry_out(self.ports, (self.org, self.id), "apply");
        let mut working = pin!(working);
        loop {
            match timeout(LOOK_EVERY, &mut working).await {
                Ok(ended) => {
                    ended?;
                    return self.load().await;
                }
                Err(_) => tell(RestoreProgress::Writing { done: self.written().await?.total().min(total), total }),
            }
        }
    }

    /// What became of records and files so far.
    pub async fn written(&self) -> Result<RestoreOutcome> {
        Ok(self.files().write_work().await?.map(|work| work.outcome).unwrap_or_default())
    }

    /// Ends a restore that is not confirmed.
    pub async fn cancel(&self) -> Result<()> {
        let (restore, now) = (self.load().await?, self.ports.clock.now());
        let event = EventId(self.ports.ids.next(now));
        let changes = cancel_restore(restore, RestoreOutcome::default(), &administrator(), now, event)?;
        Ok(self.ports.store.commit(self.org, changes).await?)
    }

    /// Its documents.
    pub fn files(&self) -> RestoreFiles<'_> {
        RestoreFiles { objects: &*self.ports.objects, org: self.org, id: self.id }
    }

    async fn load(&self) -> Result<Restore> {
        self.ports.restores.restore(self.org, self.id).await?.context("the restore is gone")
    }
}
