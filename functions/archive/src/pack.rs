//! `pack`: turns one item into a segment. A segment whose entry list is there is whole and not made again.

use serde_json::Value;

use crate::segment::SegmentUpload;
use crate::work::{Item, Plan, Segment, SegmentEntry, Work};
use crate::{Run, TaskError, pack_files, pack_rows};

pub async fn run(run: &Run<'_>, item: &Item) -> Result<Value, TaskError> {
    if run.read::<Segment>(&run.entries_at(item.number)).await?.is_none() {
        let mut upload = SegmentUpload::new(run, item.number);
        let packed = pack(run, item, &mut upload).await;
        let (size, entries) = match packed {
            Ok(packed) => packed,
            Err(error) => {
                if let Err(abort) = upload.abort().await {
                    tracing::warn!(error = &abort as &dyn std::error::Error, "an upload could not be given up");
                }
                return Err(error);
            }
        };
        let segment = Segment { size, read_until: run.ports.clock.now(), entries };
        run.write(&run.entries_at(item.number), &segment).await?;
    }
    run.ports.progress.record(run.org, run.backup, item.number, item.weight).await?;
    Ok(Value::Null)
}

async fn pack(run: &Run<'_>, item: &Item, upload: &mut SegmentUpload<'_>) -> Result<(u64, Vec<SegmentEntry>), TaskError> {
    match &item.work {
        Work::Rows { module, path, first, rows } => {
            let plan: Plan = run.read_required(&run.plan_at()).await?;
            let module = plan.modules.into_iter().find(|known| known.api_name == *module);
            let module = module.ok_or_else(TaskError::stopped)?;
            pack_rows::pack(run, item, &module, path, *first..*first + *rows, upload).await
        }
        Work::Files { module } => {
            let files = run.read_required(&run.files_at(item.number)).await?;
            pack_files::pack(run, item, module, files, upload).await
        }
    }
}
