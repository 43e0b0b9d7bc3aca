//! The task `plan`: freezes what is backed up, names the CSV files, and lists the rows that `pack` must write anew.

use std::cmp::Reverse;
use std::ops::Range;

use hozon_shared::archive::csv::CsvOptions;
use hozon_shared::archive::names::PathNamer;
use hozon_shared::archive::zoho_layout::ROWS_PER_FILE;
use hozon_shared::captured::{Captured, captured_at};
use hozon_shared::domain::archive_options::{ArchiveLayout, ArchiveOptions};
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::progress::Amount;
use hozon_shared::domain::snapshot::Block;
use hozon_shared::ports::Change;
use hozon_shared::snapshots::reader::stored_module;
use serde_json::{Value, json};

use crate::compare::with_backup_before;
use crate::remake;
use crate::run::Run;
use crate::settings::ArchiveSettings;
use crate::task_error::TaskErrorKind;
use crate::work::{Batch, CsvContent, CsvFile, PLAN_FORMAT, RunPlan, WorkItem};
use crate::zoho::{ZohoNames, has_rows_of_its_own};

/// Size of an attachment's records apart from its own bytes: headers, directory, index, manifest.
const ATTACHMENT_RECORDS: u64 = 1_000;

pub async fn run(run: &Run<'_>) -> Result<Value, TaskErrorKind> {
    let plan = match run.planned().await? {
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
    let backup = run.load().await?;
    let mut plan = match backup.running_remake() {
        Some(_) => remake::planned_before(run).await?,
        None => frozen(run, backup.layout).await?,
    };
    let mut planner = Planner::new(run.settings, plan.organisation.archive, &plan.modules);
    for module in plan.modules.iter().filter(|module| module.contents == DataCategory::Crm) {
        let stored = stored_module(&*run.ports.objects, run.org, module).await?;
        planner.module(module, &stored.blocks);
        planner.total = planner.total + Amount { items: stored.files.len() as u64, rows: 0, bytes: module.attachment_bytes };
    }
    let Planner { csv_files, items, total, .. } = planner;
    (plan.csv_files, plan.total) = (csv_files, total);
    run.write(&run.batches_at(), &batches(run.settings, items)).await?;
    run.write(&run.plan_at(), &plan).await?;
    Ok(plan)
}

/// Freezes what is backed up. The files are not planned yet.
async fn frozen(run: &Run<'_>, layout: Option<ArchiveLayout>) -> Result<RunPlan, TaskErrorKind> {
    let mut organisation = run.ports.store.organisation(run.org).await?.ok_or_else(|| TaskErrorKind::UnknownBackup)?;
    organisation.archive.layout = layout.unwrap_or(organisation.archive.layout);
    organisation.archive = organisation.archive.effective();
    let captured: Option<Captured> = run.read(&captured_at(run.org, run.backup)).await?;
    let captured = match captured {
        Some(captured) => captured,
        None => Captured::native(run.ports.session.catalogue.modules(run.org).await?, run.ports.clock.now()),
    };
    let Captured { source, read_from, read_until, gaps, sequences, metadata, modules } = captured;
    let max_zip_bytes = run.settings.max_zip_bytes(&organisation.archive, modules.iter().map(bytes_of).sum());
    let comparison = Some(with_backup_before(run, &modules).await?);
    let (format, csv_files, total) = (PLAN_FORMAT, Vec::new(), Amount::default());
    Ok(RunPlan {
        format,
        organisation,
        source,
        gaps,
        sequences,
        metadata,
        read_from,
        read_until,
        modules,
        csv_files,
        total,
        comparison,
        max_zip_bytes,
    })
}

/// Upper bound for the size of a module in zips, including the records of its attachments.
fn bytes_of(module: &Module) -> u64 {
    module.row_bytes + module.attachment_bytes + module.attachments * ATTACHMENT_RECORDS
}

struct Planner<'a> {
    settings: &'a ArchiveSettings,
    /// Whether blocks have the form that the organisation wants.
    is_default: bool,
    /// Names of the files in Zoho's layout, if the organisation wants it.
    zoho: Option<ZohoNames>,
    paths: PathNamer,
    csv_files: Vec<CsvFile>,
    items: Vec<WorkItem>,
    total: Amount,
}

impl<'a> Planner<'a> {
    fn new(settings: &'a ArchiveSettings, archive: ArchiveOptions, modules: &[Module]) -> Self {
        let is_default = CsvOptions { bom: true, ..archive.csv } == CsvOptions::default();
        let zoho = (archive.layout == ArchiveLayout::Zoho).then(|| ZohoNames::of(modules));
        let (csv_files, items, total) = (Vec::new(), Vec::new(), Amount::default());
        Self { settings, is_default, zoho, paths: PathNamer::new(), csv_files, items, total }
    }

    /// Adds the CSV file of a module, or several numbered ones if it has too many rows for one.
    fn module(&mut self, module: &Module, blocks: &[Block]) {
        let most = self.settings.rows_per_file;
        if self.zoho.is_some() {
            if has_rows_of_its_own(module) {
                self.packed(module, most.min(ROWS_PER_FILE));
            }
        } else if self.is_default && blocks.iter().all(|block| block.rows <= most) {
            let files = files_of(blocks, most);
            let count = files.len();
            for (number, range) in (1..).zip(files) {
                let rows = blocks[range.clone()].iter().map(|block| block.rows).sum();
                self.file(module, (number, count), rows, CsvContent::Blocks(range));
            }
        } else {
            self.packed(module, most);
        }
    }

    /// Adds files whose rows are written anew.
    fn packed(&mut self, module: &Module, most: u64) {
        let count = module.rows.div_ceil(most).max(1);
        for number in 0..count {
            let (first, item) = (number * most, self.items.len() as u64);
            let rows = most.min(module.rows - first);
            let weight = self.file(module, (number as usize + 1, count as usize), rows, CsvContent::Packed { item });
            let path = self.csv_files.last().map(|file| file.path.clone()).unwrap_or_default();
            self.items.push(WorkItem { number: item, weight, module: module.api_name.clone(), path, first, rows });
        }
    }

    fn file(&mut self, module: &Module, (number, of): (usize, usize), rows: u64, content: CsvContent) -> Amount {
        let name = match of {
            1 => format!("{}.csv", module.api_name),
            _ => format!("{}_{number:03}.csv", module.api_name),
        };
        let path = match &self.zoho {
            Some(names) => names.csv_path(&module.api_name, number),
            None => self.paths.place(&[&name]),
        };
        self.csv_files.push(CsvFile { module: module.api_name.clone(), path, rows, content });
        let weight = Amount { items: 1, rows, bytes: share(module.row_bytes, rows, module.rows) };
        self.total = self.total + weight;
        weight
    }
}

/// Divides blocks among files of at most `most` rows. Without blocks there is one file, with a header only.
fn files_of(blocks: &[Block], most: u64) -> Vec<Range<usize>> {
    let (mut files, mut start, mut rows) = (Vec::new(), 0, 0);
    for (at, block) in blocks.iter().enumerate() {
        if rows + block.rows > most {
            files.push(start..at);
            (start, rows) = (at, 0);
        }
        rows += block.rows;
    }
    files.push(start..blocks.len());
    files
}

/// Divides items among invocations. The heaviest come first, so that the longest do not finish last; light ones share an
/// invocation.
fn batches(settings: &ArchiveSettings, mut items: Vec<WorkItem>) -> Vec<Batch> {
    items.sort_by_key(|item| Reverse(item.weight.bytes));
    let mut batches: Vec<Batch> = Vec::new();
    let mut bytes = 0;
    for item in items {
        match batches.last_mut() {
            Some(batch) if batch.items.len() < settings.task_items && bytes + item.weight.bytes <= settings.task_bytes => {
                bytes += item.weight.bytes;
                batch.items.push(item);
            }
            _ => {
                bytes = item.weight.bytes;
                batches.push(Batch { items: vec![item] });
            }
        }
    }
    batches
}

fn share(bytes: u64, rows: u64, of_rows: u64) -> u64 {
    match of_rows {
        0 => 0,
        _ => u64::try_from(u128::from(bytes) * u128::from(rows) / u128::from(of_rows)).unwrap_or(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(rows: &[u64]) -> Vec<Block> {
        let block = |rows: &u64| Block {
            object: String::new(),
            rows: *rows,
            text_bytes: 0,
            bytes: 0,
            index_bytes: 0,
            crc32: 0,
            stored_crc32: 0,
            sha256: String::new(),
        };
        rows.iter().map(block).collect()
    }

    #[test]
    fn files_are_full_and_no_fuller() {
        for (rows, ends) in [(vec![], vec![0]), (vec![4, 6], vec![2]), (vec![4, 7, 3, 10, 1], vec![1, 3, 4, 5])] {
            let files = files_of(&blocks(&rows), 10);
            assert_eq!(files.iter().map(|file| file.end).collect::<Vec<_>>(), ends);
            assert!(files.windows(2).all(|pair| pair[0].end == pair[1].start) && files[0].start == 0);
        }
    }
}
