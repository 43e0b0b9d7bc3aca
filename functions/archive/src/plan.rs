//! `plan`: freezes what is backed up, names every entry, and lists the work items.

use futures_util::TryStreamExt;
use hozon_shared::archive::names::PathNamer;
use hozon_shared::domain::crm::{Contents, Module};
use hozon_shared::domain::progress::Amount;
use hozon_shared::ports::Change;
use serde_json::{Value, json};

use crate::work::{Item, PlacedFile, Plan, Work};
use crate::{Run, TaskError};

/// Entries that every attachments zip has beside the attachments.
const OWN_ENTRIES: [&str; 2] = ["attachments.csv", "manifest.json"];

pub async fn run(run: &Run<'_>) -> Result<Value, TaskError> {
    let plan = match run.read::<Plan>(&run.plan_at()).await? {
        Some(plan) => plan,
        None => make(run).await?,
    };
    run.write(&run.items_at(), &heaviest_first(&plan.items)).await?;
    let backup = run.load().await?;
    if backup.total.is_none() {
        let backup = backup.plan(plan.total)?;
        run.ports.store.commit(run.org, vec![Change::Backup(Box::new(backup))]).await?;
    }
    Ok(json!({ "key": run.items_at().key }))
}

/// The order in which items are begun: the longest end with the others.
fn heaviest_first(items: &[Item]) -> Vec<&Item> {
    let mut ordered: Vec<&Item> = items.iter().collect();
    ordered.sort_by_key(|item| std::cmp::Reverse(item.weight.bytes));
    ordered
}

async fn make(run: &Run<'_>) -> Result<Plan, TaskError> {
    let organisation = run.ports.store.organisation(run.org).await?.ok_or_else(TaskError::unknown_backup)?;
    let read_from = run.ports.clock.now();
    let modules = run.ports.source.modules(run.org).await?;
    let mut planner = Planner::new(run);
    for module in modules.iter().filter(|module| module.contents == Contents::Crm) {
        planner.rows(module);
    }
    for module in modules.iter().filter(|module| module.contents == Contents::Crm) {
        planner.files(module).await?;
    }
    let items = planner.items;
    let total = items.iter().fold(Amount::default(), |sum, item| sum + item.weight);
    let plan = Plan { organisation, read_from, modules, items, total };
    run.write(&run.plan_at(), &plan).await?;
    Ok(plan)
}

struct Planner<'a> {
    run: &'a Run<'a>,
    items: Vec<Item>,
    data_paths: PathNamer,
    file_paths: PathNamer,
    batch: Vec<PlacedFile>,
}

impl<'a> Planner<'a> {
    fn new(run: &'a Run<'a>) -> Self {
        let mut file_paths = PathNamer::new();
        for own in OWN_ENTRIES {
            file_paths.place(&[own]);
        }
        Self { run, items: Vec::new(), data_paths: PathNamer::new(), file_paths, batch: Vec::new() }
    }

    /// One CSV file per module, or several numbered ones where it has too many rows for one.
    fn rows(&mut self, module: &Module) {
        let per_file = self.run.settings.rows_per_file;
        let files = module.rows.div_ceil(per_file).max(1);
        for file in 0..files {
            let name = match files {
                1 => format!("{}.csv", module.api_name),
                _ => format!("{}_{:03}.csv", module.api_name, file + 1),
            };
            let first = file * per_file;
            let rows = per_file.min(module.rows - first);
            let bytes = share(module.row_bytes, rows, module.rows);
            let work = Work::Rows { module: module.api_name.clone(), path: self.data_paths.place(&[&name]), first, rows };
            self.push(Amount { items: 1, rows, bytes }, work);
        }
    }

    /// Batches of small files; a large one is an item of its own.
    async fn files(&mut self, module: &Module) -> Result<(), TaskError> {
        let mut attachments = self.run.ports.source.attachments(self.run.org, module, 0..module.attachments).await?;
        let mut bytes = 0;
        while let Some(attachment) = attachments.try_next().await? {
            let limits = self.run.settings;
            let path = self.file_paths.place(&[&module.api_name, &attachment.record_id, &attachment.name]);
            let size = attachment.size;
            let is_large = size > limits.whole_file_bytes;
            let is_full = self.batch.len() >= limits.batch_files || bytes + size > limits.batch_bytes;
            if is_large || is_full {
                self.end_batch(module).await?;
                bytes = 0;
            }
            bytes += size;
            self.batch.push(PlacedFile { path, attachment });
            if is_large {
                self.end_batch(module).await?;
                bytes = 0;
            }
        }
        self.end_batch(module).await
    }

    async fn end_batch(&mut self, module: &Module) -> Result<(), TaskError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let files = std::mem::take(&mut self.batch);
        let bytes = files.iter().map(|file| file.attachment.size).sum();
        self.run.write(&self.run.files_at(self.items.len() as u64), &files).await?;
        self.push(Amount { items: 1, rows: 0, bytes }, Work::Files { module: module.api_name.clone() });
        Ok(())
    }

    fn push(&mut self, weight: Amount, work: Work) {
        self.items.push(Item { number: self.items.len() as u64, weight, work });
    }
}

fn share(bytes: u64, rows: u64, of_rows: u64) -> u64 {
    match of_rows {
        0 => 0,
        _ => u64::try_from(u128::from(bytes) * u128::from(rows) / u128::from(of_rows)).unwrap_or(bytes),
    }
}
