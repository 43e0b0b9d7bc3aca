//! The report of a restore as a CSV file.

use anyhow::{Context, Result};
use hozon_shared::api::closed_sets::{PlannedActionName, RefusalName, WriteOutcomeName};
use hozon_shared::domain::writing::WriteOutcome;
use hozon_shared::restored::{ReportRow, RestoreFiles};

use crate::csv_output::CsvOutput;

/// As in the report that the API gives.
const COLUMNS: [&str; 8] = ["module", "id", "action", "outcome", "reason", "detail", "new_id", "file"];

/// Writes what became of each record.
pub async fn write_report(files: &RestoreFiles<'_>, file: &std::path::Path) -> Result<()> {
    let failed = || format!("write {}", file.display());
    let mut csv = CsvOutput::create(file, &COLUMNS).with_context(failed)?;
    for name in files.report_parts(None, None).await? {
        let part = files.report_part(&name).await?;
        let module = part.module.clone();
        for row in part.shown() {
            write_row(&mut csv, &module, row).with_context(failed)?;
        }
    }
    csv.finish().with_context(failed)
}

fn write_row(csv: &mut CsvOutput, module: &str, row: ReportRow) -> Result<(), std::io::Error> {
    let outcome = WriteOutcomeName::of(&row.outcome);
    let (reason, detail, new_id) = match row.outcome {
        WriteOutcome::Written { new_id } => (None, None, new_id),
        WriteOutcome::AlreadyThere | WriteOutcome::ChangedMeanwhile => (None, None, None),
        WriteOutcome::Refused { reason } => {
            let (kind, detail) = RefusalName::of(reason);
            (Some(kind), detail, None)
        }
    };
    let cells = [Some(module), Some(&row.id), Some(PlannedActionName::of(row.action)), Some(outcome), reason];
    csv.row(cells.into_iter().chain([detail.as_deref(), new_id.as_deref(), row.file.as_deref()]))
}
