//! Writing attached files where a profile says that they lie: into a column of bytes, or a file outside the database.

use futures_util::TryStreamExt;
use hozon_connector_database::OutsideFiles;
use hozon_shared::domain::profile::{FileSource, PathTemplate};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::ports::{FileWrite, SourceError};
use mysql_async::prelude::Queryable;
use mysql_async::{Row, Value};

use super::refusals::refusal;
use super::session::{TOO_LONG, WritingSession};
use super::target::TargetTable;
use super::values::quoted_text;
use crate::errors::about;
use crate::names::quoted;

fn refused(reason: Refusal) -> WriteOutcome {
    WriteOutcome::Refused { reason }
}

/// Writes a file.
pub(crate) async fn write(
    session: &mut WritingSession,
    source: &FileSource,
    outside: Option<&OutsideFiles>,
    file: &FileWrite,
) -> Result<WriteOutcome, SourceError> {
    let failed = |error| about(error, &source.table);
    let table = TargetTable::named(&mut session.conn, &source.table).await.map_err(failed)?;
    let table = table.ok_or_else(|| SourceErrorKind::Changed(source.table.clone()))?;
    let id = table.column(&source.id).ok_or_else(|| SourceErrorKind::Changed(source.table.clone()))?;
    let path = source.bytes.path.as_deref().and_then(|path| PathTemplate::parse(path).ok());
    let of_file = format!(
        "f.{name} = {id} and cast(cast(f.{name} as char character set utf8mb4) as binary) = cast({text} as binary)",
        name = quoted(&source.id),
        id = id.column.constant(Some(&file.id)),
        text = quoted_text(&file.id),
    );
    let paths: String = path
        .iter()
        .flat_map(PathTemplate::columns)
        .map(|name| format!(", cast(f.{} as char character set utf8mb4)", quoted(name)))
        .collect();
    let hash = |name: &String| format!("sha2(f.{}, 256)", quoted(name));
    let hash = source.bytes.column.as_ref().map_or_else(|| "null".to_owned(), hash);
    let find = format!("select cast({hash} as char){paths} from {} f where {of_file}", quoted(&source.table));
    let Some(row) = session.conn.query_first::<Row, _>(find).await.map_err(failed)? else {
        return Ok(refused(Refusal::Reference { rule: None }));
    };
    let cells = cells(row);
    let in_column = cells.first().and_then(Option::as_deref);
    let path = path.and_then(|path| {
        let columns = path.columns();
        path.fill(|name| cells.get(1 + columns.iter().position(|column| *column == name)?)?.as_deref())
    });
    match (&source.bytes.column, path, outside) {
        (_, Some(path), Some(outside)) if in_column.is_none() => outside.write(&path, &file.hashes, &file.bytes).await,
        (Some(column), path, _) if in_column.is_some() || path.is_none() => match file.hashes.leave(in_column) {
            Some(left) => Ok(left),
            None => write_column(session, source, (column, &of_file, in_column), file).await,
        },
        // The CRM would look for the file outside, where nobody can write it.
        _ => Ok(refused(Refusal::Unsupported)),
    }
}

fn cells(row: Row) -> Vec<Option<String>> {
    let text = |value| match value {
        Value::Bytes(bytes) => String::from_utf8(bytes).ok(),
        _ => None,
    };
    row.unwrap().into_iter().map(text).collect()
}

/// Writes a column of bytes, if it still has those of the hash `now`. The server takes them at once, up to its longest statement.
async fn write_column(
    session: &mut WritingSession,
    source: &FileSource,
    (column, of_file, now): (&str, &str, Option<&str>),
    file: &FileWrite,
) -> Result<WriteOutcome, SourceError> {
    let (column, table) = (quoted(column), quoted(&source.table));
    let mut bytes = Vec::new();
    let mut pieces = file.bytes.read();
    while let Some(piece) = pieces.try_next().await? {
        if bytes.len() + piece.len() > session.longest {
            return Ok(refused(Refusal::Other { code: TOO_LONG.to_owned() }));
        }
        bytes.extend_from_slice(&piece);
    }
    let update = format!("update {table} f set f.{column} = ? where {of_file} and sha2(f.{column}, 256) <=> ?");
    match session.conn.exec_iter(update, (Value::Bytes(bytes), now)).await.map(|done| done.affected_rows()) {
        Ok(0) => Ok(WriteOutcome::ChangedMeanwhile),
        Ok(_) => Ok(WriteOutcome::Written { new_id: None }),
        Err(error) => match refusal(&error) {
            Some(reason) => Ok(refused(reason)),
            None => Err(about(error, &source.table)),
        },
    }
}
