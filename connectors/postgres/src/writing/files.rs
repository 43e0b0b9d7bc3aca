//! Writing attached files where a profile says that they lie: into a column of bytes, a large object, or a file outside the database.

use hozon_connector_database::OutsideFiles;
use hozon_shared::domain::profile::{FileSource, PathTemplate};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::ports::{FileWrite, SourceError};
use tokio_postgres::{Error, Row};

use super::large_objects::{FileFailure, put, stage};
use super::refusals::refusal;
use super::session::Session;
use crate::errors::about;
use crate::names::{literal, quoted};
use crate::tables::{Table, Tables};

/// Where the columns of the path begin in the row.
const PATHS: usize = 2;
const BEGIN: &str = "begin isolation level read committed read write";

/// Without a profile, bytes are cells of their record, and no files.
pub(crate) fn without_place(module: &str) -> WriteOutcome {
    tracing::warn!(module, "a file has no place in the database");
    WriteOutcome::Refused { reason: Refusal::Unsupported }
}

/// Writes a file in one transaction.
pub(crate) async fn write(
    session: &Session,
    (source, tables): (&FileSource, &Tables),
    outside: Option<&OutsideFiles>,
    file: &FileWrite,
) -> Result<WriteOutcome, SourceError> {
    let table = tables.named(&source.table).ok_or_else(|| SourceErrorKind::Changed(source.table.clone()))?;
    let path = source.bytes.path.as_deref().and_then(|path| PathTemplate::parse(path).ok());
    let writing = Writing { session, source, table, path, file };
    match writing.write(outside).await {
        Ok(outcome) => {
            let end = if matches!(outcome, WriteOutcome::Refused { .. }) { "rollback" } else { "commit" };
            session.client.batch_execute(end).await.map_err(|error| about(error, &source.table))?;
            Ok(outcome)
        }
        Err(FileFailure::Bytes(error)) => Err(error),
        Err(FileFailure::Server(error)) => match refusal(&error) {
            Some(reason) => {
                session.client.batch_execute("rollback").await.map_err(|error| about(error, &source.table))?;
                Ok(WriteOutcome::Refused { reason })
            }
            None => Err(about(error, &source.table)),
        },
    }
}

struct Writing<'a> {
    session: &'a Session,
    source: &'a FileSource,
    table: &'a Table,
    path: Option<PathTemplate>,
    file: &'a FileWrite,
}

impl Writing<'_> {
    async fn write(&self, outside: Option<&OutsideFiles>) -> Result<WriteOutcome, FileFailure> {
        let client = &self.session.client;
        client.batch_execute(&format!("{BEGIN}; {}", self.session.as_the_crm())).await?;
        let Some(row) = client.query_opt(&self.find(), &[]).await? else {
            return Ok(WriteOutcome::Refused { reason: Refusal::Reference { rule: None } });
        };
        let in_column: Option<String> = row.try_get(0)?;
        if let Some(column) = self.source.bytes.column.as_ref().filter(|_| in_column.is_some()) {
            return match self.file.hashes.leave(in_column.as_deref()) {
                Some(left) => Ok(left),
                None => self.write_column(column).await,
            };
        }
        if let Some(object) = row.try_get::<_, Option<u32>>(1)? {
            return put(client, object, self.file).await;
        }
        match (self.path_of(&row)?, outside, &self.source.bytes.column) {
            (Some(path), Some(outside), _) => {
                outside.write(&path, &self.file.hashes, &self.file.bytes).await.map_err(FileFailure::Bytes)
            }
            (None, _, Some(column)) => self.write_column(column).await,
            // The CRM would look for the file outside, where nobody can write it.
            _ => Ok(WriteOutcome::Refused { reason: Refusal::Unsupported }),
        }
    }

    /// The row that describes the file, locked: SHA-256 of the bytes in its column, its large object, and the columns of its path.
    fn find(&self) -> String {
        let bytes = &self.source.bytes;
        let hash = |name: &String| format!("pg_catalog.encode(pg_catalog.sha256(f.{}), 'hex')", quoted(name));
        let in_column = bytes.column.as_ref().map_or_else(|| "null::text".to_owned(), hash);
        let object = bytes
            .large_object
            .as_ref()
            .map_or_else(|| "null::oid".to_owned(), |name| format!("nullif(f.{}::oid, 0)", quoted(name)));
        let paths: String =
            self.path.iter().flat_map(PathTemplate::columns).map(|name| format!(", f.{}::text", quoted(name))).collect();
        format!("select {in_column}, {object}{paths} from {} f where {} for update", self.table.source(), self.is_file())
    }

    /// The server gives the id the column's type, so that it finds the row by an index.
    fn is_file(&self) -> String {
        let (column, id) = (quoted(&self.source.id), literal(&self.file.id));
        format!("f.{column} = {id} and f.{column}::text = {id}")
    }

    fn path_of(&self, row: &Row) -> Result<Option<String>, Error> {
        let Some(path) = &self.path else { return Ok(None) };
        let columns = path.columns();
        let cells: Vec<Option<String>> = (0..columns.len()).map(|at| row.try_get(PATHS + at)).collect::<Result<_, Error>>()?;
        Ok(path.fill(|name| cells[columns.iter().position(|column| *column == name)?].as_deref()))
    }

    /// Writes a column of bytes. The server gathers the pieces in a large object, since a column takes its bytes at once.
    async fn write_column(&self, column: &str) -> Result<WriteOutcome, FileFailure> {
        let client = &self.session.client;
        let staged = stage(client, self.file).await?;
        let column = quoted(column);
        let update = format!("update {} f set {column} = pg_catalog.lo_get($1) where {}", self.table.source(), self.is_file());
        client.execute(&update, &[&staged]).await?;
        client.execute("select pg_catalog.lo_unlink($1)", &[&staged]).await?;
        Ok(WriteOutcome::Written { new_id: None })
    }
}
