//! Large objects: bytes that columns name by their OID (PostgreSQL documentation, "Large Objects").

use bytes::Bytes;
use futures_util::TryStreamExt;
use hozon_shared::domain::digest::Digester;
use hozon_shared::domain::writing::WriteOutcome;
use hozon_shared::ports::{FileWrite, SourceBytes, SourceError};
use tokio_postgres::{Client, Error};

/// Opens a large object for reading and writing.
const OPEN: &str = "select pg_catalog.lo_open($1, x'60000'::int4)";
const GET: &str = "select pg_catalog.lo_get($1, $2, $3)";
const PUT: &str = "select pg_catalog.lo_put($1, $2, $3)";
/// Number of bytes that are read at a time.
const PIECE: i32 = 1 << 20;
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

/// Writes a file's bytes into the large object of that number, which is made if it is not there. Bytes that the plan has not seen are left.
pub(crate) async fn put(client: &Client, object: u32, file: &FileWrite) -> Result<WriteOutcome, FileFailure> {
    let is_there: bool = client.query_one(IS_THERE, &[&object]).await?.get(0);
    let now = if is_there { Some(sha256(client, object).await?) } else { None };
    if let Some(left) = file.hashes.leave(now.as_deref()) {
        return Ok(left);
    }
    if !is_there {
        client.execute("select pg_catalog.lo_create($1)", &[&object]).await?;
    }
    let (mut pieces, mut from) = (file.bytes.read(), 0_i64);
    while let Some(piece) = next_piece(&mut pieces).await? {
        client.execute(PUT, &[&object, &from, &&*piece]).await?;
        from += piece.len() as i64;
    }
    let opened: i32 = client.query_one(OPEN, &[&object]).await?.get(0);
    client.execute("select pg_catalog.lo_truncate64($1, $2)", &[&opened, &from]).await?;
    Ok(WriteOutcome::Written { new_id: None })
}

/// SHA-256 of a large object as lower-case hexadecimal digits.
async fn sha256(client: &Client, object: u32) -> Result<String, FileFailure> {
    let (get, mut digester, mut from) = (client.prepare(GET).await?, Digester::default(), 0_i64);
    loop {
        let piece: Vec<u8> = client.query_one(&get, &[&object, &from, &PIECE]).await?.get(0);
        if piece.is_empty() {
            return Ok(digester.finish().sha256);
        }
        digester.update(&piece);
        from += piece.len() as i64;
    }
}

/// The next piece of a file's bytes.
async fn next_piece(pieces: &mut SourceBytes) -> Result<Option<Bytes>, FileFailure> {
    pieces.try_next().await.map_err(FileFailure::Bytes)
}
