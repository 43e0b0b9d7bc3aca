//! The task `pack`: writes the rows of each item of a batch as a CSV entry, several concurrently. An item whose description
//! exists is complete and is not written again.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt, stream};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::pack_rows;
use crate::progress::Tracker;
use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;
use crate::work::{Batch, PackedCsv, RunPlan, WorkItem};

/// One call of the task: its items share the plan, which is read when the first item needs it.
struct Packing<'a> {
    run: &'a Run<'a>,
    tracker: Tracker<'a>,
    plan: OnceCell<RunPlan>,
    has_failed: AtomicBool,
}

/// Packs all items of a batch. After a failure no further item is started, but items in progress run to their end.
pub async fn run(run: &Run<'_>, batch: &Batch) -> Result<Value, TaskErrorKind> {
    let (tracker, plan, has_failed) = (Tracker::new(run, batch), OnceCell::new(), AtomicBool::new(false));
    let packing = Packing { run, tracker, plan, has_failed };
    let items: Vec<_> = batch.items.iter().map(|item| packing.pack_in_turn(item).boxed()).collect();
    let outcomes: Vec<Result<(), TaskErrorKind>> = stream::iter(items).buffer_unordered(batch.items.len().max(1)).collect().await;
    outcomes.into_iter().collect::<Result<(), TaskErrorKind>>().map(|()| Value::Null)
}

impl Packing<'_> {
    async fn pack_in_turn(&self, item: &WorkItem) -> Result<(), TaskErrorKind> {
        // Nobody closes the semaphore.
        let _place = self.run.settings.items_at_once.acquire().await.map_err(|_| TaskErrorKind::Stopped)?;
        if self.has_failed.load(Ordering::Relaxed) {
            return Ok(());
        }
        let packed = self.pack(item).await;
        self.has_failed.fetch_or(packed.is_err(), Ordering::Relaxed);
        packed
    }

    async fn pack(&self, item: &WorkItem) -> Result<(), TaskErrorKind> {
        let (run, note) = (self.run, self.run.packed_note_at(item.number));
        if run.read::<PackedCsv>(&note).await?.is_none() {
            let packed = self.write(item).await?;
            run.write(&note, &packed).await?;
        }
        self.tracker.end(item).await
    }

    /// Writes an item. A failure leaves no upload behind.
    async fn write(&self, item: &WorkItem) -> Result<PackedCsv, TaskErrorKind> {
        let plan = self.plan.get_or_try_init(|| self.run.plan()).await?;
        let planned = plan.modules.iter().find(|known| known.api_name == item.module);
        let module = planned.ok_or_else(|| TaskErrorKind::ModuleUnplanned { module: item.module.clone() })?;
        let mut upload = ObjectUpload::new(self.run, self.run.packed_at(item.number));
        let source = (module, plan.organisation.archive);
        let packed = pack_rows::pack(self.run, (item, &self.tracker), source, &mut upload).await;
        if let Err(error) = &packed {
            upload.abort(error).await;
        }
        packed
    }
}
