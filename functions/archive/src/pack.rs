//! The task `pack`: turns each item of a batch into a segment, several concurrently. A segment whose entry list exists
//! is complete and is not created again; a segment that an earlier run created from the same input is reused.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{FutureExt, StreamExt, stream};
use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::domain::crm::Module;
use hozon_shared::ports::ObjectRef;
use serde_json::Value;

use crate::progress::Tracker;
use crate::reuse::Input;
use crate::run::Run;
use crate::settings::Settings;
use crate::task_error::TaskError;
use crate::upload::ObjectUpload;
use crate::work::{Batch, Item, PlacedFile, Plan, Segment, Work};
use crate::{pack_files, pack_rows};

/// Packs all items of a batch. After a failure no further item is started, but items in progress run to their end.
pub async fn run(run: &Run<'_>, batch: &Batch) -> Result<Value, TaskError> {
    let tracker = Tracker::new(run, batch);
    let has_failed = AtomicBool::new(false);
    let packing: Vec<_> = batch.items.iter().map(|item| pack_in_turn(run, item, &tracker, &has_failed).boxed()).collect();
    let outcomes: Vec<Result<(), TaskError>> = stream::iter(packing).buffer_unordered(batch.items.len().max(1)).collect().await;
    outcomes.into_iter().collect::<Result<(), TaskError>>().map(|()| Value::Null)
}

async fn pack_in_turn(run: &Run<'_>, item: &Item, tracker: &Tracker<'_>, has_failed: &AtomicBool) -> Result<(), TaskError> {
    let _place = run.settings.items_at_once.acquire().await;
    if has_failed.load(Ordering::Relaxed) {
        return Ok(());
    }
    let packed = pack(run, item, tracker).await;
    has_failed.fetch_or(packed.is_err(), Ordering::Relaxed);
    packed
}

async fn pack(run: &Run<'_>, item: &Item, tracker: &Tracker<'_>) -> Result<(), TaskError> {
    if run.read::<Segment>(&run.entries_at(item.number)).await?.is_none() {
        let source = load(run, item).await?;
        let at = run.segment_of(&source.input(run.settings))?;
        let segment = match run.kept_segment(&at).await? {
            Some(kept) => kept,
            None => make(run, item, tracker, source, at).await?,
        };
        run.write(&run.entries_at(item.number), &segment).await?;
    }
    tracker.end(item).await
}

/// The input of an item.
enum PackInput {
    Rows { module: Box<Module>, csv: CsvOptions, path: String, rows: Range<u64> },
    Files { module: String, files: Vec<PlacedFile> },
}

impl PackInput {
    fn input(&self, settings: &Settings) -> Input<'_> {
        let (level, whole_file_bytes) = (settings.level, settings.whole_file_bytes);
        match self {
            Self::Rows { module, csv, path, rows } => Input::Rows { level, csv, module, path, rows },
            Self::Files { module, files } => Input::Files { level, whole_file_bytes, module, files },
        }
    }
}

async fn load(run: &Run<'_>, item: &Item) -> Result<PackInput, TaskError> {
    match &item.work {
        Work::Rows { module, path, first, rows } => {
            let plan: Plan = run.read_required(&run.plan_at()).await?;
            let csv = plan.organisation.archive.csv;
            let module = plan.modules.into_iter().find(|known| known.api_name == *module);
            let module = Box::new(module.ok_or_else(TaskError::stopped)?);
            Ok(PackInput::Rows { module, csv, path: path.clone(), rows: *first..*first + *rows })
        }
        Work::Files { module } => {
            let files = run.read_required(&run.files_at(item.number)).await?;
            Ok(PackInput::Files { module: module.clone(), files })
        }
    }
}

/// Creates a segment and records it as complete. A failure leaves no upload behind.
async fn make(run: &Run<'_>, item: &Item, tracker: &Tracker<'_>, source: PackInput, at: ObjectRef) -> Result<Segment, TaskError> {
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
            upload.abort().await;
            return Err(error);
        }
    };
    let segment = Segment { key: at.key.clone(), size: sum.size, crc32: Some(sum.crc32), tail, entries };
    run.keep_segment(&at, &segment).await?;
    Ok(segment)
}
