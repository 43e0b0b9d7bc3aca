//! The report of a restore as a CSV file.

use anyhow::{Context, Result};
use hozon_shared::api::{REPORT_COLUMNS, ReportedRow};
use hozon_shared::restored::RestoreFiles;

use crate::csv_output::CsvOutput;

/// Writes what became of each record, as the report that the API gives.
pub async fn write_report(files: &RestoreFiles<'_>, file: &std::path::Path) -> Result<()> {
    let failed = || format!("write {}", file.display());
    let mut csv = CsvOutput::create(file, &REPORT_COLUMNS).with_context(failed)?;
    for name in files.report_parts(None, None).await? {
        let part = files.report_part(&name).await?;
        let module = part.module.clone();
        for row in part.shown() {
            csv.row(ReportedRow::from(row).cells(&module).into_iter()).with_context(failed)?;
        }
    }
    csv.finish().with_context(failed)
}
