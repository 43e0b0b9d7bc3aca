//! Writes records of a module: those that are still what the plan saw.

use std::collections::HashSet;

use super::{NativeError, NativeVersion, NativeWriter};
use crate::archive::csv::kept_columns;
use crate::domain::crm::Module;
use crate::domain::rows::{Cell, RowPage, UnevenRows};
use crate::domain::writing::{Cells, RecordWrite, Refusal, WriteOutcome, WriteStep};
use crate::ports::{ErrorKind, PortError};
use crate::snapshots::amend::Changes;
use crate::snapshots::input::ModuleHead;
use crate::snapshots::reader::StoredModule;
use crate::snapshots::row_key::RowKey;
use crate::snapshots::row_values::{RowValues, RowsById, WantedRows, read_rows};
use crate::snapshots::session::Session;

/// Where the cells of a write belong in the rows of the current version.
struct NativeColumns {
    /// Number of fields of the current version.
    fields: usize,
    /// For each field of a write, its position among the fields, and among the cells that are stored; `None` if it has none any more.
    places: Vec<Option<(usize, usize)>>,
    /// Positions of the fields whose cells are stored.
    kept: Vec<usize>,
}

impl NativeColumns {
    fn new(current: &Module, written: &Module) -> Self {
        let kept = kept_columns(&current.fields);
        let place = |name: &String| {
            let at = current.fields.iter().position(|field| field.api_name == *name)?;
            Some((at, kept.iter().position(|kept| *kept == at)?))
        };
        let places = written.fields.iter().map(|field| place(&field.api_name)).collect();
        Self { fields: current.fields.len(), places, kept }
    }

    /// Which cells of a write can be written.
    fn counts(&self) -> Vec<bool> {
        self.places.iter().map(Option::is_some).collect()
    }

    /// The cells of a write in a stored row.
    fn project(&self, row: &RowValues) -> Cells {
        self.places.iter().map(|place| place.and_then(|(_, at)| row.get(at).cloned().flatten())).collect()
    }

    /// A row with a cell for each field: that of before, with what a write changes.
    fn row(&self, before: Option<&RowValues>, wanted: &Cells) -> RowValues {
        let mut row = vec![None; self.fields];
        if let Some(before) = before {
            for (at, cell) in self.kept.iter().zip(before) {
                row[*at].clone_from(cell);
            }
        }
        for (place, cell) in self.places.iter().zip(wanted) {
            if let Some((at, _)) = place {
                row[*at].clone_from(cell);
            }
        }
        row
    }
}

impl NativeWriter {
    /// Makes a version with these records.
    pub(super) async fn records(
        &self,
        session: &Session,
        stored: &StoredModule,
        module: &Module,
        writes: &[RecordWrite],
    ) -> Result<NativeVersion, NativeError> {
        let current = &stored.module;
        let key = RowKey::new(&module.fields, &module.key);
        if current.key != module.key || key.columns().is_empty() {
            let refused = |_| Ok(WriteOutcome::Refused { reason: Refusal::Unsupported });
            return Ok(NativeVersion { version: None, outcomes: writes.iter().map(refused).collect() });
        }
        let ids: Vec<Vec<u8>> = writes.iter().map(|write| id_of(&key, write)).collect();
        let (now, columns) = (self.rows_now(stored, &ids).await?, NativeColumns::new(current, module));
        let (mut changes, mut outcomes, counts) = (Changes::default(), Vec::new(), columns.counts());
        for (id, write) in ids.into_iter().zip(writes) {
            let rows = now.get(&id).map_or(&[][..], Vec::as_slice);
            outcomes.push(Ok(match rows {
                [] | [_] => step(&mut changes, (id, write), rows.first(), (&columns, &counts))?,
                // Nothing says which of them is meant.
                _ => WriteOutcome::Refused { reason: Refusal::Duplicate { rule: None } },
            }));
        }
        if changes.rows.is_empty() && changes.deleted.is_empty() {
            return Ok(NativeVersion { version: None, outcomes });
        }
        let gone: HashSet<String> = changes.deleted.iter().cloned().collect();
        let writer = session.amend(current, ModuleHead::from(&stored.module), changes).await?;
        let writer = self.with_files_but(writer, stored, &gone).await?;
        Ok(NativeVersion { version: Some(writer.finish().await?), outcomes })
    }

    /// The stored rows of these ids.
    async fn rows_now(&self, stored: &StoredModule, ids: &[Vec<u8>]) -> Result<RowsById, PortError> {
        let mut wanted = WantedRows::new();
        for row in self.reader().find_all(stored, ids).await? {
            wanted.entry(row.block).or_default().insert(row.id);
        }
        read_rows((&self.session.stores.objects, self.org), stored, wanted).await
    }
}

fn id_of(key: &RowKey, write: &RecordWrite) -> Vec<u8> {
    let cells = write.wanted.as_ref().or(write.seen.as_ref());
    let cells: Vec<Cell<'_>> = cells.into_iter().flatten().map(Option::as_deref).collect();
    let mut id = Vec::new();
    if cells.len() > key.columns().iter().copied().max().unwrap_or_default() {
        key.write(&cells, &mut id);
    }
    id
}

/// Adds what is done with a record to the changes. Returns what becomes of it.
fn step(
    changes: &mut Changes,
    (id, write): (Vec<u8>, &RecordWrite),
    now: Option<&RowValues>,
    (columns, counts): (&NativeColumns, &[bool]),
) -> Result<WriteOutcome, PortError> {
    let cells = now.map(|row| columns.project(row));
    match (write.step(cells.as_deref(), counts), &write.wanted) {
        (WriteStep::Leave(outcome), _) => return Ok(outcome),
        (WriteStep::Create | WriteStep::Change(_), Some(wanted)) => {
            changes.rows.push(page(&columns.row(now, wanted)).map_err(uneven)?);
        }
        (WriteStep::Create | WriteStep::Change(_) | WriteStep::Delete, _) => {
            changes.deleted.push(String::from_utf8_lossy(&id).into_owned());
        }
    }
    Ok(WriteOutcome::Written { new_id: None })
}

fn page(row: &RowValues) -> Result<RowPage, UnevenRows> {
    let cells: Vec<Cell<'_>> = row.iter().map(Option::as_deref).collect();
    let mut page = RowPage::new(cells.len());
    page.push(&cells).map(|()| page)
}

fn uneven(error: UnevenRows) -> PortError {
    PortError::with(ErrorKind::Corrupt, "write a row back into the store", error)
}
