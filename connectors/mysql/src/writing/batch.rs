//! Writing a batch of records in one transaction.

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::rows::RowPage;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Cells, RecordWrite, Refusal, WriteOutcome, WriteStep};
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;
use mysql_async::{Error, Row};

use super::refusals::{may_depend_on_others, refusal};
use super::session::{TOO_LONG, WritingSession};
use super::statements::CellPlaces;
use super::target::TargetTable;
use crate::cells::Rows;
use crate::errors::about;

/// Writes records of a module.
pub(crate) async fn write(
    session: &mut WritingSession,
    module: &Module,
    writes: &[RecordWrite],
) -> Result<Vec<WriteOutcome>, SourceError> {
    let failed = |error| about(error, &module.api_name);
    let table = TargetTable::of_module(&mut session.conn, module).await.map_err(failed)?;
    let table = table.ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()))?;
    let Some(places) = CellPlaces::of(module, &table) else {
        return Ok(vec![WriteOutcome::Refused { reason: Refusal::Unsupported }; writes.len()]);
    };
    session.conn.query_drop("start transaction read write").await.map_err(failed)?;
    let now = match read(session, &places, writes).await {
        Ok(rows) => cells(&places, rows, &module.api_name)?,
        // The user may not lock the rows.
        Err(error) => {
            let reason = refusal(&error).ok_or_else(|| failed(error))?;
            session.conn.query_drop("rollback").await.map_err(failed)?;
            return Ok(vec![WriteOutcome::Refused { reason }; writes.len()]);
        }
    };
    let mut outcomes: Vec<Option<WriteOutcome>> = vec![None; writes.len()];
    let mut open = Vec::new();
    for (at, write) in writes.iter().enumerate() {
        match decide(&places, write, &now) {
            Decided::Outcome(outcome) => outcomes[at] = Some(outcome),
            Decided::Statement(statement) => open.push((at, statement)),
        }
    }
    run(session, &open, &mut outcomes).await.map_err(failed)?;
    session.conn.query_drop("commit").await.map_err(failed)?;
    let known: Option<Vec<_>> = outcomes.into_iter().collect();
    known.ok_or_else(|| SourceErrorKind::Refused.into())
}

/// A statement, and the position of the record that it writes.
type Statement = (usize, String);

enum Decided {
    Outcome(WriteOutcome),
    Statement(String),
}

fn decide(places: &CellPlaces<'_>, write: &RecordWrite, now: &HashMap<Cells, Cells>) -> Decided {
    let Some(key) = key(places, write) else {
        return Decided::Outcome(WriteOutcome::Refused { reason: Refusal::Unsupported });
    };
    let step = write.step(now.get(&key).map(Vec::as_slice), &places.counts);
    match (places.statement(write, &step), step) {
        (Some(statement), _) => Decided::Statement(statement),
        (None, WriteStep::Leave(outcome)) => Decided::Outcome(outcome),
        (None, _) => Decided::Outcome(WriteOutcome::Refused { reason: Refusal::Unsupported }),
    }
}

/// What identifies a record; `None` if nothing does, or its cells are not those of the module.
fn key(places: &CellPlaces<'_>, write: &RecordWrite) -> Option<Cells> {
    let mut all = [&write.seen, &write.wanted].into_iter().flatten();
    let key = places.key_of(all.clone().next()?);
    (all.all(|cells| cells.len() == places.fields.len()) && key.iter().all(Option::is_some)).then_some(key)
}

/// Locks and reads the records as they are now, by their keys.
async fn read(session: &mut WritingSession, places: &CellPlaces<'_>, writes: &[RecordWrite]) -> Result<Vec<Row>, Error> {
    let keys: HashSet<Cells> = writes.iter().filter_map(|write| key(places, write)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let mut keys: Vec<Cells> = keys.into_iter().collect();
    keys.sort_unstable();
    // The text protocol, as captures use it.
    session.conn.query(places.select(&keys)).await
}

/// The cells of rows, by their keys.
fn cells(places: &CellPlaces<'_>, rows: Vec<Row>, module: &str) -> Result<HashMap<Cells, Cells>, SourceError> {
    let unreadable = |error| SourceError { kind: SourceErrorKind::Unreadable(module.to_owned()), source: Some(Box::new(error)) };
    let (mut reader, mut page) = (Rows::new(places.forms()), RowPage::new(places.fields.len()));
    for row in rows {
        reader.read(row, &mut page).map_err(unreadable)?;
    }
    let mut found = HashMap::new();
    let add = |cells: &[Option<&str>]| {
        let cells: Cells = cells.iter().map(|cell| cell.map(str::to_owned)).collect();
        found.insert(places.key_of(&cells), cells);
        Ok::<(), Infallible>(())
    };
    match page.for_each(add) {
        Ok(()) => Ok(found),
    }
}

/// Runs each statement. The server undoes one that it refuses, and nothing else. What is refused because of another record is tried again
/// after the others, as long as that helps: a record may refer to one that comes later.
async fn run(session: &mut WritingSession, statements: &[Statement], outcomes: &mut [Option<WriteOutcome>]) -> Result<(), Error> {
    let mut open: Vec<&Statement> = statements.iter().collect();
    while !open.is_empty() {
        let (before, mut refused) = (open.len(), Vec::new());
        for statement in open {
            let outcome = match one(session, &statement.1).await? {
                None => WriteOutcome::Written { new_id: None },
                Some(reason) => {
                    refused.extend(may_depend_on_others(&reason).then_some(statement));
                    WriteOutcome::Refused { reason }
                }
            };
            outcomes[statement.0] = Some(outcome);
        }
        if refused.len() == before {
            return Ok(());
        }
        open = refused;
    }
    Ok(())
}

/// Runs one statement, and returns why the server refuses it.
pub(crate) async fn one(session: &mut WritingSession, statement: &str) -> Result<Option<Refusal>, Error> {
    if statement.len() > session.longest {
        return Ok(Some(Refusal::Other { code: TOO_LONG.to_owned() }));
    }
    match session.conn.query_drop(statement).await {
        Ok(()) => Ok(None),
        Err(error) => refusal(&error).map(Some).ok_or(error),
    }
}
