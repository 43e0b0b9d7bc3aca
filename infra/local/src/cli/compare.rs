//! `hozon compare`: how two backups differ. It needs zips only, and no server.

mod shown;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use hozon::compare::{BackupDifference, CompareOptions, CsvReport, compare};

use shown::Examples;

/// Exit code for backups that differ.
const DIFFERENT: u8 = 1;

/// Compares two backups: records by the key of their module, attachments by record and name. Ends with 0 if they are equal, 1 if they
/// differ, and 2 if they could not be compared.
#[derive(Args)]
pub struct CompareArgs {
    /// The earlier and the later backup, if each is one zip or one folder. Backups of Hozon, of Zoho, or folders with CSV files.
    #[arg(value_name = "ZIP|DIR", num_args = 2, required_unless_present_all = ["before", "after"])]
    backups: Vec<PathBuf>,
    /// All zips of the earlier backup.
    #[arg(long, value_name = "ZIP|DIR", num_args = 1.., requires = "after", conflicts_with = "backups")]
    before: Vec<PathBuf>,
    /// All zips of the later backup.
    #[arg(long, value_name = "ZIP|DIR", num_args = 1.., requires = "before", conflicts_with = "backups")]
    after: Vec<PathBuf>,
    /// Writes all differences into a CSV file: module, record, change, field, value before, value after.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Compares this module only. May be repeated.
    #[arg(long = "module", value_name = "NAME")]
    modules: Vec<String>,
    /// Number of records and of attachments that are shown per module; 0 shows the counts only.
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: usize,
    /// Accepts files of a backup that were edited since, without checking their checksums.
    #[arg(long)]
    edited: bool,
    /// Leaves out unrecognised files.
    #[arg(long)]
    skip_unknown: bool,
}

impl CompareArgs {
    fn options(&self) -> CompareOptions {
        let (before, after) = match self.backups.as_slice() {
            [before, after] => (vec![before.clone()], vec![after.clone()]),
            _ => (self.before.clone(), self.after.clone()),
        };
        let mut options = CompareOptions::new(before, after);
        options.modules.clone_from(&self.modules);
        (options.edited, options.skip_unknown) = (self.edited, self.skip_unknown);
        options
    }
}

pub async fn run(arguments: CompareArgs) -> Result<ExitCode> {
    let mut csv = arguments.csv.as_deref().map(CsvReport::create).transpose()?;
    let mut examples = Examples::new(arguments.limit);
    let mut report = |module: &str, difference: &BackupDifference| {
        examples.add(module, difference);
        csv.as_mut().map_or(Ok(()), |csv| csv.write(module, difference))
    };
    let found = compare(&arguments.options(), &mut report).await?;
    if let Some(csv) = csv {
        csv.finish()?;
    }
    print!("{}", shown::comparison(&found, &examples));
    Ok(if found.is_equal() { ExitCode::SUCCESS } else { ExitCode::from(DIFFERENT) })
}
