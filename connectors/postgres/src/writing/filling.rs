//! Filling an empty table with rows that nothing identifies.

use std::convert::Infallible;

use futures_util::TryStreamExt;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Cells, FillOutcome, Refusal};
use hozon_shared::ports::{NewRows, SourceError};
use tokio_postgres::Error;

use super::refusals::refusal;
use super::session::Session;
use super::table::{CellPlaces, WrittenTable};
use crate::errors::about;

/// Nobody writes into the table meanwhile.
const BEGIN: &str = "begin isolation level read committed read write; set constraints all deferred";
/// Statements that are sent together, in bytes.
const SENT: usize = 1 << 20;

/// Writes the rows in one transaction, if the table has none.
pub(crate) async fn fill(session: &Session, module: &Module, mut rows: NewRows) -> Result<FillOutcome, SourceError> {
    let failed = |error| about(error, &module.api_name);
    let client = &*session.client;
    let table = WrittenTable::of_modules(client, std::slice::from_ref(module)).await.map_err(failed)?.pop().flatten();
    let table = table.ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()))?;
    let Some(places) = CellPlaces::of_new_rows(module, &table) else { return Ok(FillOutcome::Refused(Refusal::Unsupported)) };
    let lock = format!("{BEGIN}; lock table {} in exclusive mode; {}", places.source, session.as_the_crm());
    client.batch_execute(&lock).await.map_err(failed)?;
    let is_there = format!("select exists (select from {})", places.source);
    if client.query_one(&is_there, &[]).await.map_err(failed)?.get(0) {
        return ended(session, "rollback", FillOutcome::NotEmpty).await.map_err(failed);
    }
    let (mut sent, mut count) = (String::new(), 0);
    loop {
        let page = rows.try_next().await?;
        let is_last = page.is_none();
        if let Some(page) = page {
            let add = |cells: &[Option<&str>]| {
                let cells: Cells = cells.iter().map(|cell| cell.map(str::to_owned)).collect();
                sent += &places.insert(&cells);
                sent += ";\n";
                count += 1;
                Ok::<(), Infallible>(())
            };
            let Ok(()) = page.for_each(add);
        }
        if is_last || sent.len() > SENT {
            let written = client.batch_execute(&std::mem::take(&mut sent)).await;
            if let Err(error) = written {
                let reason = refusal(&error).ok_or_else(|| failed(error))?;
                return ended(session, "rollback", FillOutcome::Refused(reason)).await.map_err(failed);
            }
        }
        if is_last {
            return ended(session, "commit", FillOutcome::Filled(count)).await.map_err(failed);
        }
    }
}

async fn ended(session: &Session, end: &str, outcome: FillOutcome) -> Result<FillOutcome, Error> {
    session.client.batch_execute(end).await.map(|()| outcome)
}
