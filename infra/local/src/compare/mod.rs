//! Compares two backups as zips: records by the key of their module, attachments by record and name. Rows may be in any
//! order; memory is bounded, because rows without a partner are put into temporary files.

mod batch;
mod csv_report;
mod difference;
mod error;
mod files;
mod join;
mod module;
mod options;
mod pairing;
mod partitions;
mod remainder;
mod row_bytes;
mod sides;

use chrono::Utc;

pub use csv_report::CsvReport;
pub use difference::{BackupDifference, EditCounts, EditedCell, ModuleComparison, RecordEdit};
pub use error::CompareError;
pub use options::CompareOptions;

use sides::Pair;

/// Result of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The modules of both backups, in their order.
    pub modules: Vec<ModuleComparison>,
    /// Whether attachments were compared: no, if the zips of one backup have none and those of the other have some.
    pub has_files: bool,
}

impl Comparison {
    pub fn is_equal(&self) -> bool {
        self.modules.iter().all(ModuleComparison::is_equal)
    }
}

/// Receives the name of a module and a difference in it.
pub type Report<'a> = dyn FnMut(&str, &BackupDifference) -> Result<(), CompareError> + 'a;

/// Compares two backups, and reports each difference. Records that differ are reported in the order of their keys, unless
/// there are more than fit into memory.
pub async fn compare(options: &CompareOptions, report: &mut Report<'_>) -> Result<Comparison, CompareError> {
    let now = Utc::now();
    let before = sides::read(&options.before, options, now).await?;
    let after = sides::read(&options.after, options, now).await?;
    let has_files = before.has_files() == after.has_files();
    let mut modules = Vec::new();
    for pair in sides::pairs(before, after, &options.modules)? {
        modules.push(compare_module(pair, has_files, options.memory, report).await?);
    }
    Ok(Comparison { modules, has_files })
}

async fn compare_module(
    mut pair: Pair,
    has_files: bool,
    memory: usize,
    report: &mut Report<'_>,
) -> Result<ModuleComparison, CompareError> {
    let name = pair.name.clone();
    let files = pair.take_files();
    let mut found = ModuleComparison { api_name: name.clone(), ..ModuleComparison::default() };
    let mut counting = |difference: BackupDifference| {
        found.count(&difference);
        report(&name, &difference)
    };
    let (before, after) = module::compare_rows(pair, memory, &mut counting).await?;
    if has_files {
        files::compare_files(files, &mut counting).await?;
    }
    (found.rows_before, found.rows_after) = (before, after);
    Ok(found)
}

#[cfg(test)]
mod tests;
