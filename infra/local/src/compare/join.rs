//! Joins the rows that only one backup has by their keys, into added, changed and deleted records.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::difference::{BackupDifference, EditedCell, RecordEdit};
use super::error::CompareError;
use super::remainder::CountedRow;
use super::row_bytes::RowBytes;

/// Names of the fields of rows.
#[derive(Debug, Clone, Default)]
pub struct RowFields {
    pub key: Vec<String>,
    pub cells: Vec<String>,
}

/// Joins rows, and gives each difference on. Rows with the same key belong together if `is_by_key`.
pub fn join(
    mut rows: Vec<CountedRow>,
    is_by_key: bool,
    fields: &RowFields,
    take: &mut dyn FnMut(BackupDifference) -> Result<(), CompareError>,
) -> Result<(), CompareError> {
    rows.sort_unstable_by(|(one, _), (other, _)| by_key(RowBytes(one), RowBytes(other)));
    let is_same = |one: &CountedRow, other: &CountedRow| {
        let (one, other) = (RowBytes(&one.0), RowBytes(&other.0));
        is_by_key && one.key() == other.key() && !one.is_keyless()
    };
    for group in rows.chunk_by(is_same) {
        let mut before = group.iter().flat_map(|(row, count)| repeated(row, *count));
        let mut after = group.iter().flat_map(|(row, count)| repeated(row, -count));
        loop {
            let difference = match (before.next(), after.next()) {
                (None, None) => break,
                (Some(row), Some(now)) => changed(row, now, fields),
                (Some(row), None) => whole(row, RecordEdit::Deleted, fields),
                (None, Some(row)) => whole(row, RecordEdit::Added, fields),
            };
            take(difference)?;
        }
    }
    Ok(())
}

fn by_key(one: RowBytes<'_>, other: RowBytes<'_>) -> Ordering {
    one.cmp_key(other).then_with(|| one.0.cmp(other.0))
}

fn repeated(row: &[u8], count: i64) -> impl Iterator<Item = RowBytes<'_>> {
    std::iter::repeat_n(RowBytes(row), usize::try_from(count).unwrap_or(0))
}

fn changed(before: RowBytes<'_>, after: RowBytes<'_>, fields: &RowFields) -> BackupDifference {
    let pairs = before.cells().zip(after.cells()).zip(&fields.cells).filter(|((before, after), _)| before != after);
    let cells = pairs.map(|((before, after), field)| EditedCell {
        field: field.clone(),
        before: before.map(Cow::into_owned),
        after: after.map(Cow::into_owned),
    });
    BackupDifference::Record { record: record_of(before), edit: RecordEdit::Changed, cells: cells.collect() }
}

/// An added or deleted record with all its values.
fn whole(row: RowBytes<'_>, edit: RecordEdit, fields: &RowFields) -> BackupDifference {
    let keys = row.key_cells().zip(&fields.key).filter(|_| row.is_keyless());
    let values = keys.chain(row.cells().zip(&fields.cells)).filter(|(cell, _)| cell.is_some());
    let cells = values.map(|(cell, field)| {
        let value = cell.map(Cow::into_owned);
        let (before, after) = if edit == RecordEdit::Added { (None, value) } else { (value, None) };
        EditedCell { field: field.clone(), before, after }
    });
    BackupDifference::Record { record: record_of(row), edit, cells: cells.collect() }
}

/// The cells of the key, separated by commas.
fn record_of(row: RowBytes<'_>) -> String {
    let cells: Vec<Cow<'_, str>> = row.key_cells().map(Option::unwrap_or_default).collect();
    if row.is_keyless() { String::new() } else { cells.join(",") }
}
