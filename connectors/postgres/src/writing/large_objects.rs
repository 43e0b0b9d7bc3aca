//! Large objects: bytes that columns name by their OID (PostgreSQL documentation, "Large Objects").

use bytes::Bytes;
use futures_util::TryStreamExt;
use hozon_shared::domain::writing::WriteOutcome;
use hozon_shared::ports::{FileWrite, SourceBytes, SourceError};
use tokio_postgres::{Client, Error};

/// Opens a large object for reading and writing.
const OPEN: &str = "select pg_catalog.lo_open($1, x'60000'::int4)";
const SIZE: &str = "select pg_catalog.lo_lseek64($1, 0, 2)";
const PUT: &str = "select pg_catalog.lo_put($1, $2, $3)";
const IS_THERE: &str = "select exists (select from pg_catalog.pg_largeobject_metadata where oid = $1)";

/// Errors of writing a file: of the database, or of whoever gives the bytes.
pub(crate) enum FileFailure {
    Server(Error),
    Bytes(SourceError),
}

impl From<Error> for FileFailure {
    fn from(error: Error) -> Self {
        Self::Server(error)
    }
}

/// Makes a large object of a file's bytes, which the transaction must delete.
pub(crate) async fn stage(client: &Client, file: &FileWrite) -> Result<u32, FileFailure> {
    let object: u32 = client.query_one("select pg_catalog.lo_create(0)", &[]).await?.get(0);
    let put = client.prepare(PUT).await?;
    let (mut pieces, mut from) = (file.bytes.read(), 0_i64);
    while let Some(piece) = next_piece(&mut pieces).await? {
        client.execute(&put, &[&object, &from, &&*piece]).await?;
        from += piece.len() as i64;
    }
    Ok(object)
}

/// Writes a file's bytes into the large object of that number, which is made if it is not there. Pieces that are equal stay as they are.
pub(crate) async fn put(client: &Client, object: u32, file: &FileWrite) -> Result<WriteOutcome, FileFailure> {
    let is_there: bool = client.query_one(IS_THERE, &[&object]).await?.get(0);
    if !is_there {
        client.execute("select pg_catalog.lo_create($1)", &[&object]).await?;
    }
    let mut is_same = is_there;
    let (mut pieces, mut from) = (file.bytes.read(), 0_i64);
    while let Some(piece) = next_piece(&mut pieces).await? {
        let length = i32::try_from(piece.len()).unwrap_or(i32::MAX);
        let found: Vec<u8> = client.query_one("select pg_catalog.lo_get($1, $2, $3)", &[&object, &from, &length]).await?.get(0);
        if found != *piece {
            client.execute(PUT, &[&object, &from, &&*piece]).await?;
            is_same = false;
        }
        from += piece.len() as i64;
    }
    let opened: i32 = client.query_one(OPEN, &[&object]).await?.get(0);
    let size: i64 = client.query_one(SIZE, &[&opened]).await?.get(0);
    if size != from {
        client.execute("select pg_catalog.lo_truncate64($1, $2)", &[&opened, &from]).await?;
        is_same = false;
    }
    Ok(if is_same { WriteOutcome::AlreadyThere } else { WriteOutcome::Written { new_id: None } })
}

/// The next piece of a file's bytes.
async fn next_piece(pieces: &mut SourceBytes) -> Result<Option<Bytes>, FileFailure> {
    pieces.try_next().await.map_err(FileFailure::Bytes)
}
