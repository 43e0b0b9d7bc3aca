//! The task `plan`: freezes what is backed up, names every entry, and lists the work items. Memory use grows by a few
//! bytes per item, not per attachment.

use std::cmp::Reverse;

use futures_util::TryStreamExt;
use hozon_shared::archive::names::PathNamer;
use hozon_shared::captured::{Captured, captured_at};
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::Change;
use serde_json::{Value, json};

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::upload::ObjectUpload;
use crate::work::{Batch, PlacedFile, RunPlan, Work, WorkItem};

/// Size of an attachment's records apart from its own bytes: headers, directory, index, manifest.
const ATTACHMENT_RECORDS: u64 = 1_000;

/// Entries of every attachments zip besides the attachments.
const OWN_ENTRIES: [&str; 2] = ["attachments.csv", "manifest.json"];

pub async fn run(run: &Run<'_>) -> Result<Value, TaskErrorKind> {
    let plan = match run.read::<RunPlan>(&run.plan_at()).await? {
        Some(plan) => plan,
        None => make(run).await?,
    };
    let backup = run.load().await?;
    if backup.total.is_none() {
        let backup = backup.plan(plan.total)?;
        run.ports.store.commit(run.org, vec![Change::Backup(Box::new(backup))]).await?;
    }
    Ok(json!({ "key": run.batches_at().key, "concurrency": run.settings.map_concurrency }))
}

async fn make(run: &Run<'_>) -> Result<RunPlan, TaskErrorKind> {
    let organisation = run.ports.store.organisation(run.org).await?.ok_or_else(|| TaskErrorKind::UnknownBackup)?;
    let captured: Option<Captured> = run.read(&captured_at(run.org, run.backup)).await?;
    let read_from = captured.as_ref().map_or_else(|| run.ports.clock.now(), |captured| captured.read_from);
    let (source, gaps, modules) = match captured {
        Some(captured) => (Some(captured.source), captured.gaps, captured.modules),
        None => (None, Vec::new(), run.ports.snapshots.modules(run.org).await?),
    };
    let max_zip_bytes = run.settings.max_zip_bytes(&organisation.archive, modules.iter().map(bytes_of).sum());
    let mut planner = Planner::new(run, &modules, max_zip_bytes);
    for (at, module) in modules.iter().enumerate().filter(|(_, module)| module.contents == DataCategory::Crm) {
        planner.rows(at, module);
    }
    let csv_files = planner.items.len() as u64;
    for (at, module) in modules.iter().enumerate().filter(|(_, module)| module.contents == DataCategory::Crm) {
        planner.files(at, module).await?;
    }
    let (items, total) = planner.finish().await?;
    let plan = RunPlan { organisation, source, gaps, read_from, modules, csv_files, items, total, max_zip_bytes };
    run.write(&run.plan_at(), &plan).await?;
    Ok(plan)
}

/// Upper bound for the size of a module in zips, including the records of its attachments.
fn bytes_of(module: &Module) -> u64 {
    module.row_bytes + module.attachment_bytes + module.attachments * ATTACHMENT_RECORDS
}

struct Planner<'a> {
    run: &'a Run<'a>,
    modules: &'a [Module],
    max_batch_bytes: u64,
    items: Vec<Planned>,
    rows: Vec<RowsOf>,
    data_paths: PathNamer,
    file_paths: PathNamer,
    batch: Vec<PlacedFile>,
}

/// An item while the plan is being created.
struct Planned {
    module: usize,
    bytes: u64,
}

/// The rows of a CSV file, indexed by item number.
struct RowsOf {
    path: String,
    first: u64,
    rows: u64,
}

impl<'a> Planner<'a> {
    fn new(run: &'a Run<'a>, modules: &'a [Module], max_zip_bytes: Option<u64>) -> Self {
        let max_batch_bytes = run.settings.max_batch_bytes(max_zip_bytes);
        let mut file_paths = PathNamer::new();
        for own in OWN_ENTRIES {
            file_paths.place(&[own]);
        }
        let (items, rows, batch) = (Vec::new(), Vec::new(), Vec::new());
        Self { run, modules, max_batch_bytes, items, rows, data_paths: PathNamer::new(), file_paths, batch }
    }

    /// Adds a CSV file per module, or several numbered ones if it has too many rows for one.
    fn rows(&mut self, at: usize, module: &Module) {
        let per_file = self.run.settings.rows_per_file;
        let files = module.rows.div_ceil(per_file).max(1);
        for file in 0..files {
            let name = match files {
                1 => format!("{}.csv", module.api_name),
                _ => format!("{}_{:03}.csv", module.api_name, file + 1),
            };
            let first = file * per_file;
            let rows = per_file.min(module.rows - first);
            self.items.push(Planned { module: at, bytes: share(module.row_bytes, rows, module.rows) });
            self.rows.push(RowsOf { path: self.data_paths.place(&[&name]), first, rows });
        }
    }

    /// Adds batches of small files, and an item for each large file.
    async fn files(&mut self, at: usize, module: &Module) -> Result<(), TaskErrorKind> {
        let mut attachments = self.run.ports.snapshots.attachments(self.run.org, module, 0..module.attachments).await?;
        let mut bytes = 0;
        while let Some(attachment) = attachments.try_next().await? {
            let limits = self.run.settings;
            let path = self.file_paths.place(&[&module.api_name, &attachment.record_id, &attachment.name]);
            let size = attachment.size;
            let is_large = size > limits.whole_file_bytes;
            let is_full = self.batch.len() >= limits.batch_files || bytes + size > self.max_batch_bytes;
            if is_large || is_full {
                self.end_batch(at).await?;
                bytes = 0;
            }
            bytes += size;
            self.batch.push(PlacedFile { path, attachment });
            if is_large {
                self.end_batch(at).await?;
                bytes = 0;
            }
        }
        self.end_batch(at).await
    }

    async fn end_batch(&mut self, module: usize) -> Result<(), TaskErrorKind> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let files = std::mem::take(&mut self.batch);
        let bytes = files.iter().map(|file| file.attachment.size).sum();
        self.run.write(&self.run.files_at(self.items.len() as u64), &files).await?;
        self.items.push(Planned { module, bytes });
        Ok(())
    }

    /// Writes the batches of items. The heaviest items come first, so that the longest do not finish last; light ones
    /// share an invocation.
    async fn finish(self) -> Result<(u64, Amount), TaskErrorKind> {
        let mut order: Vec<usize> = (0..self.items.len()).collect();
        order.sort_by_key(|at| Reverse(self.items[*at].bytes));
        let mut batches = ObjectUpload::new(self.run, self.run.batches_at());
        match self.write_batches(order, &mut batches).await {
            Ok(total) => Ok((self.items.len() as u64, total)),
            Err(error) => {
                batches.abort(&error).await;
                Err(error)
            }
        }
    }

    async fn write_batches(&self, order: Vec<usize>, batches: &mut ObjectUpload<'_>) -> Result<Amount, TaskErrorKind> {
        let (mut batch, mut batch_bytes, mut total) = (Vec::new(), 0, Amount::default());
        let mut separator = "[";
        for at in order {
            let item = self.item(at);
            let is_full =
                batch.len() >= self.run.settings.task_items || batch_bytes + item.weight.bytes > self.run.settings.task_bytes;
            if !batch.is_empty() && is_full {
                push(batches, separator, std::mem::take(&mut batch)).await?;
                (batch_bytes, separator) = (0, ",");
            }
            batch_bytes += item.weight.bytes;
            total = total + item.weight;
            batch.push(item);
        }
        if batch.is_empty() {
            batches.push(separator.as_bytes()).await?;
        } else {
            push(batches, separator, batch).await?;
        }
        batches.push(b"]").await?;
        batches.finish(&[]).await?;
        Ok(total)
    }

    fn item(&self, at: usize) -> WorkItem {
        let Planned { module, bytes } = self.items[at];
        let module = self.modules[module].api_name.clone();
        let (rows, work) = match self.rows.get(at) {
            Some(RowsOf { path, first, rows }) => (*rows, Work::Rows { module, path: path.clone(), first: *first, rows: *rows }),
            None => (0, Work::Files { module }),
        };
        WorkItem { number: at as u64, weight: Amount { items: 1, rows, bytes }, work }
    }
}

async fn push(to: &mut ObjectUpload<'_>, separator: &str, items: Vec<WorkItem>) -> Result<(), TaskErrorKind> {
    let json = serde_json::to_vec(&Batch { items })
        .map_err(|error| TaskErrorKind::WorkDamaged { document: "A batch of items", source: error })?;
    to.push(separator.as_bytes()).await?;
    to.push(&json).await
}

fn share(bytes: u64, rows: u64, of_rows: u64) -> u64 {
    match of_rows {
        0 => 0,
        _ => u64::try_from(u128::from(bytes) * u128::from(rows) / u128::from(of_rows)).unwrap_or(bytes),
    }
}
