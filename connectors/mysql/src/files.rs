//! Files attached to records: columns of bytes, and paths to files outside the database.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_connector_database::{OutsideFiles, time_of};
use hozon_shared::domain::profile::{FileSource, PathTemplate, RecordId, RowCondition};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{FileBytes, FilesReading, Protection, SourceBytes, SourceError, SourceFile};
use mysql_async::prelude::Queryable;
use mysql_async::{Params, Row, Value};
use tokio::sync::Mutex;

use crate::errors::{about, source_error};
use crate::names::quoted;
use crate::workers::Worker;

/// Bytes that are read at a time; less than the smallest usual `max_allowed_packet`.
const PIECE: u64 = 2 << 20;
/// Number of files that are listed at a time.
const LISTED: usize = 2_000;

/// Statements that list and read the files of a table.
struct Query<'a> {
    source: &'a FileSource,
    path: Option<PathTemplate>,
}

impl Query<'_> {
    /// Lists files in the order of records and ids, behind the pair that the parameters name.
    fn list(&self, is_first: bool) -> String {
        let (source, record) = (self.source, self.record());
        let id = text(&source.id);
        let optional = |column: &Option<String>| column.as_ref().map_or_else(|| "null".to_owned(), |name| text(name));
        let bytes = source.bytes.column.as_ref().map_or_else(|| "null".to_owned(), |name| format!("length({})", quoted(name)));
        let paths: String = self.path.iter().flat_map(PathTemplate::columns).map(|name| format!(", {}", text(name))).collect();
        let behind =
            if is_first { String::new() } else { format!(" and (cast({record} as binary), cast({id} as binary)) > (?, ?)") };
        format!(
            "select {id}, {record}, {}, {}, {}, {bytes}{paths} {}{behind} order by cast({record} as binary), cast({id} as binary) limit {LISTED}",
            optional(&source.name),
            optional(&source.media_type),
            optional(&source.created),
            self.rows(),
        )
    }

    /// The rows that have a file of the module.
    fn rows(&self) -> String {
        let column = self.source.bytes.column.as_ref().map(|name| format!("{} is not null", quoted(name)));
        let path = self.path.as_ref().map(|path| {
            let filled = |columns: Vec<&str>| format!("({})", columns.into_iter().map(filled).collect::<Vec<_>>().join(" or "));
            path.required().into_iter().map(filled).collect::<Vec<_>>().join(" and ")
        });
        let has_bytes: Vec<_> = column.into_iter().chain(path).collect();
        let has_bytes = if has_bytes.is_empty() { "false".to_owned() } else { has_bytes.join(" or ") };
        let conditions: String = self.source.conditions.iter().map(|is| format!(" and {}", condition(is))).collect();
        let (table, id) = (quoted(&self.source.table), quoted(&self.source.id));
        format!("from {table} f where {} is not null and {id} is not null and ({has_bytes}){conditions}", self.record())
    }

    fn record(&self) -> String {
        record(&self.source.record)
    }

    /// Reads a piece of a file.
    fn piece(&self) -> Option<String> {
        let (column, id, id_text) = (quoted(self.source.bytes.column.as_ref()?), quoted(&self.source.id), text(&self.source.id));
        let table = quoted(&self.source.table);
        Some(format!("select substring({column}, ?, {PIECE}) from {table} f where {id} = ? and cast({id_text} as binary) = ?"))
    }
}

fn record(record: &RecordId) -> String {
    match record {
        RecordId::Column(name) => text(name),
        RecordId::AfterComma(name) => format!("substring_index({}, ',', -1)", text(name)),
    }
}

fn condition(condition: &RowCondition) -> String {
    let is = |column: &str, value: &str| format!("coalesce(cast({} as binary) = {}, false)", text(column), literal(value));
    match condition {
        RowCondition::Is { column, value } => is(column, value),
        RowCondition::Filled(column) => filled(column),
        RowCondition::StartsWith { column, text: start } => {
            let length = start.len();
            format!("coalesce(left(cast({} as binary), {length}) = {}, false)", text(column), literal(start))
        }
        RowCondition::Named { column, kinds, value } => {
            let names = kinds.names.iter().map(|name| format!("k.{}", quoted(name))).collect::<Vec<_>>().join(", ");
            format!(
                "exists (select 1 from {} k where k.{} = f.{} and cast(concat_ws('.', {names}) as binary) = {})",
                quoted(&kinds.table),
                quoted(&kinds.key),
                quoted(column),
                literal(value)
            )
        }
        RowCondition::HasRecord(id) => format!("coalesce({}, '') <> ''", record(id)),
        RowCondition::All(others) => format!("({})", others.iter().map(self::condition).collect::<Vec<_>>().join(" and ")),
        RowCondition::Neither(others) if others.is_empty() => "true".to_owned(),
        RowCondition::Neither(others) => {
            format!("not ({})", others.iter().map(self::condition).collect::<Vec<_>>().join(" or "))
        }
    }
}

fn text(column: &str) -> String {
    format!("cast(f.{} as char character set utf8mb4)", quoted(column))
}

fn filled(column: &str) -> String {
    format!("coalesce({}, '') <> ''", text(column))
}

/// The bytes of a text as SQL has them, whatever the server's settings.
fn literal(text: &str) -> String {
    if text.is_empty() { "''".to_owned() } else { format!("x'{}'", hex::encode(text)) }
}

/// A connection that reads files. The files' bytes are read on it as well.
type Shared = Arc<Mutex<Worker>>;

/// A table of files that is being read.
struct Reading {
    worker: Shared,
    protection: Protection,
    table: String,
    /// Statements of the first list, and of those behind it.
    lists: [String; 2],
    piece: Option<String>,
    path: Option<PathTemplate>,
    outside: Option<OutsideFiles>,
    listed: VecDeque<Listed>,
    /// Record and id of the last file; `None` before the first.
    last: Option<(String, String)>,
    is_over: bool,
}

/// A row of the list.
struct Listed {
    file: SourceFile,
    size: Option<u64>,
    path: Option<String>,
}

/// Begins to read the files of an open table.
pub(crate) async fn read(
    mut worker: Worker,
    source: &FileSource,
    outside: Option<OutsideFiles>,
    protection: Protection,
) -> Result<FilesReading, SourceError> {
    let path = source.bytes.path.as_deref().and_then(|path| PathTemplate::parse(path).ok());
    let query = Query { source, path: path.clone() };
    let count = format!("select count(*) {}", query.rows());
    let counted: Option<u64> = worker.conn.query_first(count).await.map_err(|error| about(error, &source.table))?;
    let reading = Reading {
        worker: Arc::new(Mutex::new(worker)),
        protection,
        table: source.table.clone(),
        lists: [query.list(true), query.list(false)],
        piece: query.piece(),
        path,
        outside,
        listed: VecDeque::new(),
        last: None,
        is_over: false,
    };
    Ok(FilesReading { counted: Some(counted.unwrap_or_default()), files: reading.files() })
}

impl Reading {
    fn files(self) -> stream::BoxStream<'static, Result<SourceFile, SourceError>> {
        stream::try_unfold(self, |mut reading| async {
            if reading.listed.is_empty() && !reading.is_over {
                reading.list().await?;
            }
            match reading.listed.pop_front() {
                Some(listed) => Ok(Some((reading.with_bytes(listed).await?, reading))),
                None => {
                    reading.end().await?;
                    Ok(None)
                }
            }
        })
        .boxed()
    }

    async fn list(&mut self) -> Result<(), SourceError> {
        let failed = |error| about(error, &self.table);
        let (statement, parameters) = match &self.last {
            None => (&self.lists[0], Params::Empty),
            Some((record, id)) => (&self.lists[1], (record.as_bytes(), id.as_bytes()).into()),
        };
        let rows: Vec<Row> = self.worker.lock().await.conn.exec(statement, parameters).await.map_err(failed)?;
        self.is_over = rows.len() < LISTED;
        for row in rows {
            let listed = listed(row, self.path.as_ref()).ok_or_else(|| SourceErrorKind::Unreadable(self.table.clone()))?;
            self.last = Some((listed.file.record_id.clone(), listed.file.id.clone()));
            self.listed.push_back(listed);
        }
        Ok(())
    }

    async fn with_bytes(&mut self, Listed { file, size, path }: Listed) -> Result<SourceFile, SourceError> {
        let bytes = match (size, &self.piece, &self.outside, path) {
            (Some(size), Some(piece), _, _) => {
                let (worker, table, piece, id) = (self.worker.clone(), self.table.clone(), piece.clone(), file.id.clone());
                Some(FileBytes::new(move || pieces((worker.clone(), table.clone()), piece.clone(), id.clone(), size)))
            }
            (_, _, Some(outside), Some(path)) => outside.open(&path).await?,
            _ => None,
        };
        Ok(SourceFile { bytes, ..file })
    }

    /// Frees the table, and leaves the connection to others.
    async fn end(self) -> Result<(), SourceError> {
        let worker = Arc::into_inner(self.worker).ok_or(SourceErrorKind::Interrupted)?;
        let mut worker = worker.into_inner();
        worker.end_table(self.protection).await.map_err(source_error)?;
        worker.give_back();
        Ok(())
    }
}

/// Reads the bytes of a column, `size` of them. A row that is gone meanwhile has changed: its engine has no transactions.
fn pieces((worker, table): (Shared, String), statement: String, id: String, size: u64) -> SourceBytes {
    stream::try_unfold((0, worker, table, statement, id), move |(from, worker, table, statement, id)| async move {
        if from >= size {
            return Ok(None);
        }
        let parameters = (from + 1, id.as_str(), id.as_bytes());
        let found = worker.lock().await.conn.exec_first(&statement, parameters).await;
        let piece: Option<Option<Vec<u8>>> = found.map_err(|error| about(error, &table))?;
        let piece = piece.flatten().filter(|piece| !piece.is_empty()).ok_or_else(|| SourceErrorKind::Changed(table.clone()))?;
        let next = from + piece.len() as u64;
        Ok(Some((Bytes::from(piece), (next, worker, table, statement, id))))
    })
    .boxed()
}

/// Reads a row of the list; `None` if a text is not UTF-8.
fn listed(row: Row, path: Option<&PathTemplate>) -> Option<Listed> {
    let mut cells = Vec::new();
    for value in row.unwrap() {
        cells.push(match value {
            Value::NULL => None,
            Value::Bytes(bytes) => Some(String::from_utf8(bytes).ok()?),
            Value::Int(number) => Some(number.to_string()),
            Value::UInt(number) => Some(number.to_string()),
            _ => return None,
        });
    }
    let cell = |at: usize| cells.get(at).and_then(Option::as_deref).filter(|cell| !cell.is_empty());
    let id = cells.first()?.clone()?;
    let path = path.and_then(|path| {
        let columns = path.columns();
        path.fill(|name| cell(6 + columns.iter().position(|column| *column == name)?))
    });
    let size = cell(5).and_then(|size| size.parse().ok());
    let file = SourceFile {
        name: cell(2).unwrap_or(&id).to_owned(),
        media_type: cell(3).map(str::to_owned),
        created: cell(4).and_then(time_of),
        record_id: cells.get(1)?.clone()?,
        bytes: None,
        is_fixed: false,
        size: None,
        is_link: false,
        id,
    };
    Some(Listed { file, size, path })
}
