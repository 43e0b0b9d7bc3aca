//! The task `pack`: turns each item of a batch into a segment, several concurrently. A segment whose entry list exists
//! is complete and is not created again; a segment that an earlier run created from the same input is reused.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt, stream};
use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::domain::crm::Module;
use hozon_shared::ports::ObjectRef;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::progress::Tracker;
use crate::reuse::SegmentInput;
use crate::run::Run;
use crate::settings::ArchiveSettings;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;
use crate::work::{Batch, PlacedFile, RunPlan, Segment, Work, WorkItem};
use crate::{pack_files, pack_rows};

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
        let run = self.run;
        if run.read::<Segment>(&run.entries_at(item.number)).await?.is_none() {
            let source = self.load(item).await?;
            let at = run.segment_of(&source.input(run.settings))?;
            let segment = match run.kept_segment(&at).await? {
                Some(kept) => kept,
                None => make(run, item, &self.tracker, source, at).await?,
            };
            run.write(&run.entries_at(item.number), &segment).await?;
        }
        self.tracker.end(item).await
    }

    async fn load(&self, item: &WorkItem) -> Result<PackInput, TaskErrorKind> {
        match &item.work {
            Work::Rows { module, path, first, rows } => {
                let plan = self.plan().await?;
                let csv = plan.organisation.archive.csv;
                let planned = plan.modules.iter().find(|known| known.api_name == *module);
                let module = planned.ok_or_else(|| TaskErrorKind::ModuleUnplanned { module: module.clone() })?;
                Ok(PackInput::Rows { module: Box::new(module.clone()), csv, path: path.clone(), rows: *first..*first + *rows })
            }
            Work::Files { module } => {
                let files = self.run.read_required(&self.run.files_at(item.number)).await?;
                Ok(PackInput::Files { module: module.clone(), files })
            }
        }
    }

    async fn plan(&self) -> Result<&RunPlan, TaskErrorKind> {
        self.plan.get_or_try_init(|| async { self.run.read_required(&self.run.plan_at()).await }).await
    }
}

/// The input of an item.
enum PackInput {
    Rows { module: Box<Module>, csv: CsvOptions, path: String, rows: Range<u64> },
    Files { module: String, files: Vec<PlacedFile> },
}

impl PackInput {
    fn input(&self, settings: &ArchiveSettings) -> SegmentInput<'_> {
        let (level, whole_file_bytes) = (settings.level, settings.whole_file_bytes);
        match self {
            Self::Rows { module, csv, path, rows } => SegmentInput::Rows { level, csv, module, path, rows },
            Self::Files { module, files } => SegmentInput::Files { level, whole_file_bytes, module, files },
        }
    }
}

/// Creates a segment and records it as complete. A failure leaves no upload behind.
async fn make(
    run: &Run<'_>,
    item: &WorkItem,
    tracker: &Tracker<'_>,
    source: PackInput,
    at: ObjectRef,
) -> Result<Segment, TaskErrorKind> {
    let mut upload = ObjectUpload::new(run, at.clone());
    let packed = match source {
        PackInput::Rows { module, csv, path, rows } => {
            pack_rows::pack(run, (item, tracker), (&module, csv), &path, rows, &mut upload).await
        }
        PackInput::Files { module, files } => pack_files::pack(run, (item, tracker), &module, files, &mut upload).await,
    };
    let (sum, tail, entries) = match packed {
        Ok(packed) => packed,
        Err(error) => {
            upload.abort(&error).await;
            return Err(error);
        }
    };
    let segment = Segment { key: at.key.clone(), size: sum.size, crc32: Some(sum.crc32), tail, entries };
    run.keep_segment(&at, &segment).await?;
    Ok(segment)
}
