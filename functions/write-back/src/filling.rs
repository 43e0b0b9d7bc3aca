//! Writes all rows of a module into its empty table, in one transaction.

use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::domain::creating::{Creation, CreationRefusal};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::writing::{FillOutcome, Refusal};
use hozon_shared::snapshots::file_bytes::ReadFailure;
use hozon_shared::snapshots::reader::RowStream;
use hozon_shared::telemetry::Causes;

use crate::error::WriteBackError;
use crate::placed::is_damage;
use crate::target::Target;

/// What became of a table that was to be filled.
pub(crate) enum FilledTable {
    /// It has all rows. A call that has ended before it could say so may have written them.
    Filled,
    /// The restore target does not take a row, so that the table is empty.
    Refused(Refusal),
    /// The data of the backup is damaged, so that the table is empty.
    Damaged,
}

/// Fills the table of a module.
pub(crate) async fn fill_table(target: &Target, module: &Module, rows: RowStream) -> Result<FilledTable, WriteBackError> {
    let failure = ReadFailure::default();
    let kept = failure.clone();
    let rows = rows.map_err(move |error| kept.keep(error)).boxed();
    let filled = target.writer.fill(module, rows).await;
    match (filled, failure.take()) {
        (Ok(FillOutcome::Filled(_) | FillOutcome::NotEmpty), _) => Ok(FilledTable::Filled),
        (Ok(FillOutcome::Refused(reason)), _) => Ok(FilledTable::Refused(reason)),
        (Err(_), Some(failure)) if is_damage(&failure) => {
            tracing::warn!(run.org = target.connection.org.0, error = %Causes(&failure), "the data of a backup is damaged");
            Ok(FilledTable::Damaged)
        }
        (Err(_), Some(failure)) => Err(failure.into()),
        (Err(error), None) => Err(target.failed()(error)),
    }
}

/// Fails with the first part that the server has refused to make.
pub(crate) fn require_made(creation: &Creation) -> Result<(), WriteBackError> {
    let Some(fault) = creation.faults.first() else { return Ok(()) };
    let code = match &fault.reason {
        CreationRefusal::UnknownType { declared, .. } => format!("unknown type {declared}"),
        CreationRefusal::Server { code } => code.clone(),
    };
    Err(WriteBackError::TableRefused { name: fault.part.name.clone(), code })
}
