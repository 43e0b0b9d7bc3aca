//! Filling an empty table with rows that nothing identifies.

use std::convert::Infallible;

use futures_util::TryStreamExt;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Cells, FillOutcome, Refusal};
use hozon_shared::ports::{NewRows, SourceError};
use mysql_async::prelude::Queryable;

use super::batch::one;
use super::session::WritingSession;
use super::statements::CellPlaces;
use super::target::TargetTable;
use crate::errors::about;
use crate::names::quoted;

/// Writes the rows in one transaction, if the table has none.
pub(crate) async fn fill(session: &mut WritingSession, module: &Module, mut rows: NewRows) -> Result<FillOutcome, SourceError> {
    let failed = |error| about(error, &module.api_name);
    let table = TargetTable::of_module(&mut session.conn, module).await.map_err(failed)?;
    let table = table.ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()))?;
    if !table.has_rows() {
        return Ok(FillOutcome::Refused(Refusal::Unsupported));
    }
    let places = CellPlaces::of_new_rows(module, &table);
    let is_there = format!("select exists (select * from {})", quoted(&table.name));
    session.conn.query_drop("start transaction read write").await.map_err(failed)?;
    if session.conn.query_first(is_there).await.map_err(failed)? == Some(true) {
        session.conn.query_drop("rollback").await.map_err(failed)?;
        return Ok(FillOutcome::NotEmpty);
    }
    let mut count = 0;
    while let Some(page) = rows.try_next().await? {
        let mut statements = Vec::new();
        let add = |cells: &[Option<&str>]| {
            let cells: Cells = cells.iter().map(|cell| cell.map(str::to_owned)).collect();
            statements.push(places.insert(&cells));
            Ok::<(), Infallible>(())
        };
        let Ok(()) = page.for_each(add);
        for statement in statements {
            if let Some(reason) = one(session, &statement).await.map_err(failed)? {
                session.conn.query_drop("rollback").await.map_err(failed)?;
                return Ok(FillOutcome::Refused(reason));
            }
            count += 1;
        }
    }
    session.conn.query_drop("commit").await.map_err(failed)?;
    Ok(FillOutcome::Filled(count))
}
