//! Files attached to records: columns of bytes, large objects, and paths to files outside the database.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_connector_database::{OutsideFiles, time_of};
use hozon_shared::domain::profile::{FileSource, PathTemplate, RecordId, RowCondition};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{FileBytes, FilesReading, SourceBytes, SourceError, SourceFile};
use tokio_postgres::{Row, Statement};

use crate::errors::about;
use crate::names::{literal, quoted};
use crate::tables::{Table, Tables};
use crate::workers::Worker;

/// Bytes that are read at a time.
const PIECE: i32 = 4 << 20;
/// Number of files that are listed at a time.
const LISTED: usize = 500;

/// Where the columns of the path begin in a row of the list.
const PATHS: usize = 9;

/// Whether the user may read a large object. `lo_get` checks the same, but its error would end the transaction.
const MAY_READ_OBJECT: &str = "
select exists (select from pg_catalog.pg_largeobject_metadata m where m.oid = $1 and (pg_catalog.pg_has_role(m.lomowner, 'USAGE')
    or exists (select from pg_catalog.aclexplode(m.lomacl) a
               where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_catalog.pg_has_role(a.grantee, 'USAGE')))))";

/// Distinguishes cursors of one connection.
static CURSORS: AtomicU64 = AtomicU64::new(0);

/// Statements that list and read the files of a table.
struct Query<'a> {
    source: &'a FileSource,
    table: &'a Table,
    tables: &'a Tables,
    path: Option<PathTemplate>,
}

impl Query<'_> {
    fn list(&self) -> String {
        let (source, record) = (self.source, self.record());
        let optional = |column: &Option<String>| column.as_ref().map_or_else(|| "null".to_owned(), |name| column_text(name));
        let bytes = source
            .bytes
            .column
            .as_ref()
            .map_or_else(|| "null::int8".to_owned(), |name| format!("pg_catalog.octet_length(f.{}::bytea)::int8", quoted(name)));
        let object = source
            .bytes
            .large_object
            .as_ref()
            .map_or_else(|| "null::oid".to_owned(), |name| format!("nullif(f.{}::oid, 0)", quoted(name)));
        let paths: String =
            self.path.iter().flat_map(PathTemplate::columns).map(|name| format!(", {}", column_text(name))).collect();
        format!(
            "select f.ctid::text, f.tableoid, coalesce({}, ''), {record}, {}, {}, {}, {bytes}, {object}{paths} {} order by {record} collate \"C\", {} collate \"C\"",
            column_text(&source.id),
            optional(&source.name),
            optional(&source.media_type),
            optional(&source.created),
            self.rows(),
            column_text(&source.id),
        )
    }

    /// The rows that have a file of the module.
    fn rows(&self) -> String {
        let bytes = &self.source.bytes;
        let column = bytes.column.iter().map(|name| format!("f.{} is not null", quoted(name)));
        // No large object has the number 0.
        let columns = column.chain(bytes.large_object.iter().map(|name| format!("f.{}::oid <> 0", quoted(name))));
        let path = self.path.as_ref().map(|path| {
            let filled = |columns: Vec<&str>| format!("({})", columns.into_iter().map(filled).collect::<Vec<_>>().join(" or "));
            path.required().into_iter().map(filled).collect::<Vec<_>>().join(" and ")
        });
        let has_bytes = columns.chain(path).collect::<Vec<_>>().join(" or ");
        let conditions: String =
            self.source.conditions.iter().map(|condition| format!(" and {}", self.condition(condition))).collect();
        format!("from {} f where {} is not null and ({has_bytes}){conditions}", self.table.source(), self.record())
    }

    fn record(&self) -> String {
        record(&self.source.record)
    }

    fn condition(&self, condition: &RowCondition) -> String {
        match condition {
            RowCondition::Is { column, value } => format!("coalesce({} = {}, false)", column_text(column), literal(value)),
            RowCondition::Filled(column) => filled(column),
            RowCondition::StartsWith { column, text } => {
                format!("coalesce(pg_catalog.starts_with({}, {}), false)", column_text(column), literal(text))
            }
            RowCondition::Named { column, kinds, value } => {
                let names = kinds.names.iter().map(|name| format!("k.{}", quoted(name))).collect::<Vec<_>>().join(", ");
                let table = self.tables.named(&kinds.table).map_or_else(|| quoted(&kinds.table), Table::source);
                format!(
                    "exists (select from {table} k where k.{} = f.{} and pg_catalog.concat_ws('.', {names}) = {})",
                    quoted(&kinds.key),
                    quoted(column),
                    literal(value)
                )
            }
            RowCondition::HasRecord(id) => format!("coalesce({}, '') <> ''", record(id)),
            RowCondition::All(others) => {
                format!("({})", others.iter().map(|other| self.condition(other)).collect::<Vec<_>>().join(" and "))
            }
            RowCondition::Neither(others) if others.is_empty() => "true".to_owned(),
            RowCondition::Neither(others) => {
                let any = others.iter().map(|other| self.condition(other)).collect::<Vec<_>>().join(" or ");
                format!("not ({any})")
            }
        }
    }
}

fn record(record: &RecordId) -> String {
    match record {
        RecordId::Column(name) => column_text(name),
        RecordId::AfterComma(name) => format!("pg_catalog.split_part({}, ',', 2)", column_text(name)),
    }
}

fn column_text(name: &str) -> String {
    format!("f.{}::text", quoted(name))
}

fn filled(column: &str) -> String {
    format!("coalesce({}, '') <> ''", column_text(column))
}

/// A table of files that is being read. The cursor ends with the table's savepoint.
struct Reading {
    worker: Worker,
    table: String,
    cursor: String,
    piece: Option<Statement>,
    path: Option<PathTemplate>,
    outside: Option<OutsideFiles>,
    listed: VecDeque<Row>,
}

/// Begins to read files.
pub(crate) async fn read(
    worker: Worker,
    source: &FileSource,
    table: &Table,
    tables: &Tables,
    outside: Option<OutsideFiles>,
) -> Result<FilesReading, SourceError> {
    let failed = |error| about(error, &source.table);
    let path = source.bytes.path.as_deref().and_then(|path| PathTemplate::parse(path).ok());
    let query = Query { source, table, tables, path: path.clone() };
    let counted: i64 = worker.client.query_one(&format!("select count(*) {}", query.rows()), &[]).await.map_err(failed)?.get(0);
    let cursor = format!("hozon_files_{}", CURSORS.fetch_add(1, Ordering::Relaxed));
    worker.client.batch_execute(&format!("declare {cursor} no scroll cursor for {}", query.list())).await.map_err(failed)?;
    let piece = match &source.bytes.column {
        Some(column) => {
            let piece = format!(
                "select pg_catalog.substring(f.{}::bytea, $1, $2) from {} f where f.ctid = $3::text::tid and f.tableoid = $4",
                quoted(column),
                table.source()
            );
            Some(worker.client.prepare(&piece).await.map_err(failed)?)
        }
        None => None,
    };
    let reading = Reading { worker, table: source.table.clone(), cursor, piece, path, outside, listed: VecDeque::new() };
    Ok(FilesReading { counted: Some(counted.unsigned_abs()), files: reading.files() })
}

impl Reading {
    fn files(self) -> stream::BoxStream<'static, Result<SourceFile, SourceError>> {
        stream::try_unfold(self, |mut reading| async {
            if reading.listed.is_empty() {
                reading.list().await?;
            }
            match reading.listed.pop_front() {
                Some(row) => Ok(Some((reading.file(&row).await?, reading))),
                None => {
                    let close = format!("close {}", reading.cursor);
                    reading.worker.client.batch_execute(&close).await.map_err(|error| about(error, &reading.table))?;
                    reading.worker.release().await?;
                    Ok(None)
                }
            }
        })
        .boxed()
    }

    async fn list(&mut self) -> Result<(), SourceError> {
        let fetch = format!("fetch {LISTED} from {}", self.cursor);
        self.listed = self.worker.client.query(&fetch, &[]).await.map_err(|error| about(error, &self.table))?.into();
        Ok(())
    }

    async fn file(&self, row: &Row) -> Result<SourceFile, SourceError> {
        let text = |at| self.text(row, at);
        let (id, record_id) = (text(2)?.unwrap_or_default(), text(3)?.unwrap_or_default());
        let name = text(4)?.filter(|name| !name.is_empty()).unwrap_or_else(|| id.clone());
        let created = text(6)?.as_deref().and_then(time_of);
        let media_type = text(5)?.filter(|media_type| !media_type.is_empty());
        Ok(SourceFile {
            id,
            is_fixed: false,
            size: None,
            is_link: false,
            record_id,
            name,
            media_type,
            created,
            bytes: self.bytes(row).await?,
        })
    }

    /// Reads a text, which is not UTF-8 in a database that declares no encoding.
    fn text(&self, row: &Row, at: usize) -> Result<Option<String>, SourceError> {
        row.try_get(at).map_err(|error| {
            let kind = SourceErrorKind::Unreadable(self.table.clone());
            SourceError { kind, source: Some(Box::new(error)) }
        })
    }

    async fn bytes(&self, row: &Row) -> Result<Option<FileBytes>, SourceError> {
        if let (Some(size), Some(piece)) = (row.get::<_, Option<i64>>(7), &self.piece) {
            let at = (row.get::<_, String>(0), row.get::<_, u32>(1));
            return Ok(Some(column_bytes(self, piece.clone(), at, size)));
        }
        if let Some(object) = row.get::<_, Option<u32>>(8) {
            let may_read = self.worker.client.query_one(MAY_READ_OBJECT, &[&object]).await;
            let may_read: bool = may_read.map_err(|error| about(error, &self.table))?.get(0);
            return Ok(may_read.then(|| object_bytes(self, object)));
        }
        let (Some(outside), Some(path)) = (&self.outside, self.path_of(row)?) else { return Ok(None) };
        outside.open(&path).await
    }

    fn path_of(&self, row: &Row) -> Result<Option<String>, SourceError> {
        let Some(path) = &self.path else { return Ok(None) };
        let columns = path.columns();
        let cells: Result<Vec<_>, _> = (0..columns.len()).map(|at| self.text(row, PATHS + at)).collect();
        let cells = cells?;
        Ok(path.fill(|name| cells[columns.iter().position(|column| *column == name)?].as_deref()))
    }
}

fn column_bytes(reading: &Reading, statement: Statement, (row, part): (String, u32), size: i64) -> FileBytes {
    let (client, table) = (reading.worker.client.clone(), reading.table.clone());
    bytes_of(move |from| {
        let (client, statement, row, table) = (client.clone(), statement.clone(), row.clone(), table.clone());
        async move {
            if from >= size {
                return Ok(Vec::new());
            }
            let from = i32::try_from(from + 1).unwrap_or(i32::MAX);
            let found = client.query_one(&statement, &[&from, &PIECE, &row, &part]).await;
            Ok(found.map_err(|error| about(error, &table))?.get(0))
        }
    })
}

fn object_bytes(reading: &Reading, object: u32) -> FileBytes {
    let (client, table) = (reading.worker.client.clone(), reading.table.clone());
    bytes_of(move |from| {
        let (client, table) = (client.clone(), table.clone());
        async move {
            let found = client.query_one("select pg_catalog.lo_get($1, $2, $3)", &[&object, &from, &PIECE]).await;
            Ok(found.map_err(|error| about(error, &table))?.get(0))
        }
    })
}

/// Reads from the position that `read` is given, piece after piece, until one is empty.
fn bytes_of<F, R>(read: F) -> FileBytes
where
    F: Fn(i64) -> R + Clone + Send + Sync + 'static,
    R: Future<Output = Result<Vec<u8>, SourceError>> + Send,
{
    FileBytes::new(move || pieces(read.clone()))
}

fn pieces<F, R>(read: F) -> SourceBytes
where
    F: Fn(i64) -> R + Send + 'static,
    R: Future<Output = Result<Vec<u8>, SourceError>> + Send,
{
    stream::try_unfold((0, read), |(from, read)| async move {
        let piece = read(from).await?;
        let next = from + piece.len() as i64;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (next, read))))
    })
    .boxed()
}
