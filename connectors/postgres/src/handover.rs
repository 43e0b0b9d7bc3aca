//! Handing a snapshot over, so that it outlives every single connection: a transaction that has imported a snapshot may export it
//! again (PostgreSQL documentation, "Snapshot Synchronization Functions"), and the one that it imported from may end.

use std::sync::Arc;

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Protection, SourceError, StateToken};
use tokio::sync::OnceCell;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use crate::connect::Postgres;
use crate::errors::source_error;
use crate::state::{Noted, State, export, import};
use crate::workers::IdleWorkers;

/// Imports the snapshot of another holder, and exports it under a name of its own. Its pages say what place is behind them. Tables and their files are those that the first
/// holder has noted, so that `confirm` notices what has happened since then. One connection holds the state and reads one table at a time;
/// there are others only for tables that are read meanwhile, and for `confirm`.
pub(crate) async fn join(postgres: &Postgres, token: &StateToken) -> Result<State, SourceError> {
    // A token that this build cannot read is one of another build: its state begins anew.
    let noted: Noted = serde_json::from_value(token.noted.clone()).map_err(|error| lost(Some(Box::new(error))))?;
    let holder = Arc::new(postgres.connect().await?);
    holder.batch_execute(&import(&token.name)).await.map_err(not_imported)?;
    let snapshot = export(&holder).await?;
    let (settings, observer, protection) = (postgres.clone(), OnceCell::new(), Protection::Notice);
    let idle = IdleWorkers::beginning_with(holder.clone()).await?;
    Ok(State { settings, holder, protection, observer, snapshot, idle, noted, has_places: true })
}

/// The server has three answers for a snapshot whose holder is gone: no file of that name (before version 17, and since), or a process
/// that no longer runs.
fn not_imported(error: Error) -> SourceError {
    let gone = [SqlState::INVALID_PARAMETER_VALUE, SqlState::UNDEFINED_OBJECT, SqlState::OBJECT_NOT_IN_PREREQUISITE_STATE];
    let is_gone = error.code().is_some_and(|code| gone.contains(code));
    let error = source_error(error);
    if is_gone { lost(error.source) } else { error }
}

fn lost(source: Option<Box<dyn std::error::Error + Send + Sync>>) -> SourceError {
    SourceError { kind: SourceErrorKind::StateLost, source }
}
