//! `pack`: turns one item into a segment. A segment whose entry list is there is whole and not made again; one of the same input that an
//! earlier run has made is taken as it is.

use std::ops::Range;

use hozon_shared::domain::crm::Module;
use hozon_shared::ports::ObjectRef;
use serde_json::Value;

use crate::reuse::Input;
use crate::segment::SegmentUpload;
use crate::work::{Item, PlacedFile, Plan, Segment, Work};
use crate::{Run, Settings, TaskError, pack_files, pack_rows};

pub async fn run(run: &Run<'_>, item: &Item) -> Result<Value, TaskError> {
    if run.read::<Segment>(&run.entries_at(item.number)).await?.is_none() {
        let source = load(run, item).await?;
        let at = run.segment_of(&source.input(run.settings))?;
        let segment = match run.kept_segment(&at).await? {
            // The source says that nothing has changed until now.
            Some(kept) => Segment { read_until: run.ports.clock.now(), ..kept },
            None => make(run, item, source, at).await?,
        };
        run.write(&run.entries_at(item.number), &segment).await?;
    }
    run.ports.progress.record(run.org, run.backup, item.number, item.weight).await?;
    Ok(Value::Null)
}

/// What an item is made of.
enum Source {
    Rows { module: Box<Module>, path: String, rows: Range<u64> },
    Files { module: String, files: Vec<PlacedFile> },
}

impl Source {
    fn input(&self, settings: &Settings) -> Input<'_> {
        let (level, whole_file_bytes) = (settings.level, settings.whole_file_bytes);
        match self {
            Self::Rows { module, path, rows } => Input::Rows { level, module, path, rows },
            Self::Files { module, files } => Input::Files { level, whole_file_bytes, module, files },
        }
    }
}

async fn load(run: &Run<'_>, item: &Item) -> Result<Source, TaskError> {
    match &item.work {
        Work::Rows { module, path, first, rows } => {
            let plan: Plan = run.read_required(&run.plan_at()).await?;
            let module = plan.modules.into_iter().find(|known| known.api_name == *module);
            let module = Box::new(module.ok_or_else(TaskError::stopped)?);
            Ok(Source::Rows { module, path: path.clone(), rows: *first..*first + *rows })
        }
        Work::Files { module } => {
            let files = run.read_required(&run.files_at(item.number)).await?;
            Ok(Source::Files { module: module.clone(), files })
        }
    }
}

/// Makes a segment and notes that it is whole. A failure leaves no upload behind.
async fn make(run: &Run<'_>, item: &Item, source: Source, at: ObjectRef) -> Result<Segment, TaskError> {
    let mut upload = SegmentUpload::new(run, at.clone());
    let packed = match source {
        Source::Rows { module, path, rows } => pack_rows::pack(run, item, &module, &path, rows, &mut upload).await,
        Source::Files { module, files } => pack_files::pack(run, item, &module, files, &mut upload).await,
    };
    let (size, entries) = match packed {
        Ok(packed) => packed,
        Err(error) => {
            if let Err(abort) = upload.abort().await {
                tracing::warn!(error = &abort as &dyn std::error::Error, "an upload could not be given up");
            }
            return Err(error);
        }
    };
    let segment = Segment { key: at.key.clone(), size, read_until: run.ports.clock.now(), entries };
    run.keep_segment(&at, &segment).await?;
    Ok(segment)
}
