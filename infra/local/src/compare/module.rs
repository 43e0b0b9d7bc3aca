//! Compares the rows of a module: two tasks read, a third compares.

use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::batch::{Columns, RowBatch, RowCursor, WAITING, read_rows};
use super::difference::BackupDifference;
use super::error::CompareError;
use super::join::{RowFields, join};
use super::pairing::pair_rows;
use super::remainder::Remainder;
use super::sides::{Pair, SideModule};
use hozon_files::ImportError;

/// Number of differences that wait to be reported.
const REPORTS: usize = 256;

type Take<'a> = dyn FnMut(BackupDifference) -> Result<(), CompareError> + 'a;

/// Compares the rows of a module, and returns their numbers before and after.
pub async fn compare_rows(pair: Pair, memory: usize, take: &mut Take<'_>) -> Result<(u64, u64), CompareError> {
    let fields = compare_fields(&pair, take)?;
    let (before, reading_before) = start(pair.before, &fields);
    let (after, reading_after) = start(pair.after, &fields);
    let (sender, mut receiver) = mpsc::channel(REPORTS);
    let comparing = tokio::task::spawn_blocking(move || {
        let remainder = pair_rows(RowCursor::new(before), RowCursor::new(after), Remainder::new(memory))?;
        Ok::<_, CompareError>((remainder, fields))
    });
    // A backup that cannot be read ends early, and looks as if it had fewer rows: its error comes before any difference.
    let (rows_before, rows_after) = (reading_before.await??, reading_after.await??);
    let (remainder, fields) = comparing.await??;
    let joining = tokio::task::spawn_blocking(move || send_all(remainder, &fields, &sender));
    while let Some(difference) = receiver.recv().await {
        take(difference)?;
    }
    joining.await??;
    Ok((rows_before, rows_after))
}

fn send_all(remainder: Remainder, fields: &RowFields, sender: &Sender<BackupDifference>) -> Result<(), CompareError> {
    remainder.finish(&mut |rows, is_by_key| {
        join(rows, is_by_key, fields, &mut |difference| {
            if sender.blocking_send(difference).is_err() {
                tracing::debug!("a difference is not wanted any more");
            }
            Ok(())
        })
    })
}

/// Reports modules and fields that only one backup has, and returns the fields to compare.
fn compare_fields(pair: &Pair, take: &mut Take<'_>) -> Result<RowFields, CompareError> {
    let (before, after) = match (&pair.before, &pair.after) {
        (Some(before), Some(after)) => (before, after),
        (Some(only), None) => {
            take(BackupDifference::ModuleDeleted)?;
            (only, only)
        }
        (None, Some(only)) => {
            take(BackupDifference::ModuleAdded)?;
            (only, only)
        }
        (None, None) => return Ok(RowFields::default()),
    };
    for field in before.fields.iter().filter(|field| !after.fields.contains(field)) {
        take(BackupDifference::FieldDeleted(field.clone()))?;
    }
    for field in after.fields.iter().filter(|field| !before.fields.contains(field)) {
        take(BackupDifference::FieldAdded(field.clone()))?;
    }
    Ok(common_fields(before, after))
}

/// The fields that both have, divided into key and others. The key is that of the later backup, if both have its fields.
fn common_fields(before: &SideModule, after: &SideModule) -> RowFields {
    let is_common = |field: &String| before.fields.contains(field) && after.fields.contains(field);
    let keys = [&after.key, &before.key];
    let key = keys.into_iter().find(|key| !key.is_empty() && key.iter().all(is_common)).cloned().unwrap_or_default();
    let cells = after.fields.iter().filter(|field| is_common(field) && !key.contains(field)).cloned().collect();
    RowFields { key, cells }
}

type Reading = JoinHandle<Result<u64, ImportError>>;

/// Starts to read a module of one backup.
fn start(module: Option<SideModule>, fields: &RowFields) -> (Receiver<RowBatch>, Reading) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let (sources, columns) = module.map_or_else(Default::default, |module| {
        let places =
            |names: &[String]| names.iter().filter_map(|name| module.fields.iter().position(|field| field == name)).collect();
        let columns = Columns { key: places(&fields.key), cells: places(&fields.cells), all: module.fields.len() };
        (module.sources, columns)
    });
    (receiver, tokio::spawn(read_rows(sources, columns, sender)))
}
