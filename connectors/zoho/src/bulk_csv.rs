//! Results of Bulk Read: a zip with one CSV file, read while it comes. Lookups are shown by their ids, and several values are joined by
//! semicolons (Zoho CRM API v8, "Bulk Read").

use std::io::{BufReader, Error, ErrorKind, Read};

use bytes::{Buf, Bytes};
use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use futures_util::TryStreamExt;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{SourceBytes, SourceError};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};

use crate::catalog::Table;
use crate::columns::{Column, ColumnKind, Record, split_values};
use crate::names::Names;
use crate::records::cells;
use crate::spill::Spill;

/// Pieces of a result that wait to be read.
const WAITING: usize = 8;
/// Signatures of a local header and of a data descriptor (APPNOTE.TXT 6.3, sections 4.3.7 and 4.3.9).
const LOCAL_HEADER: [u8; 4] = *b"PK\x03\x04";
const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
const DEFLATED: [u8; 2] = [8, 0];

/// Writes all rows of a result to disk.
pub(crate) async fn read(mut result: SourceBytes, table: Table, names: Names) -> Result<Spill, SourceError> {
    let (pieces, received) = channel(WAITING);
    let reading = tokio::task::spawn_blocking(move || rows(received, &table, &names));
    let mut failure = None;
    loop {
        let piece = result.try_next().await;
        let is_last = !matches!(piece, Ok(Some(_)));
        let piece = match piece {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Ok(Bytes::new()),
            Err(error) => {
                failure = Some(error);
                Err(ErrorKind::UnexpectedEof)
            }
        };
        if pieces.send(piece).await.is_err() || is_last {
            break;
        }
    }
    drop(pieces);
    let read = reading.await.map_err(|error| unreadable(Error::other(error)))?;
    match failure {
        Some(failure) => Err(failure),
        None => read,
    }
}

/// A result that ends early or is no zip was interrupted.
fn unreadable(error: Error) -> SourceError {
    SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) }
}

fn rows(pieces: Receiver<Result<Bytes, ErrorKind>>, table: &Table, names: &Names) -> Result<Spill, SourceError> {
    let mut zip = BufReader::new(Pieces { pieces, piece: Bytes::new() });
    let expected = local_header(&mut zip).map_err(unreadable)?;
    let inner = CrcReader::new(DeflateDecoder::new(&mut zip));
    let mut csv = csv::Reader::from_reader(inner);
    let header = csv.headers().map_err(|error| unreadable(error.into()))?.clone();
    let mut spill = Spill::new()?;
    for row in csv.records() {
        let row = row.map_err(|error| unreadable(error.into()))?;
        let (id, record) = record(table, names, header.iter().zip(row.iter()));
        spill.push(id, id, &cells(table, &record))?;
    }
    let found = csv.get_ref().crc().sum();
    drop(csv);
    let expected = match expected {
        Some(crc) => crc,
        None => descriptor(&mut zip).map_err(unreadable)?,
    };
    if expected != found {
        return Err(unreadable(Error::new(ErrorKind::InvalidData, "the checksum of a result differs")));
    }
    Ok(spill)
}

/// Reads the header of the only file. Returns its checksum, unless that follows the file.
fn local_header(zip: &mut impl Read) -> Result<Option<u32>, Error> {
    let mut header = [0; 30];
    zip.read_exact(&mut header)?;
    if header[..4] != LOCAL_HEADER || header[8..10] != DEFLATED {
        return Err(Error::new(ErrorKind::InvalidData, "a result is no zip of a deflated file"));
    }
    let number = |at: usize| u16::from_le_bytes([header[at], header[at + 1]]);
    let has_descriptor = number(6) & 8 != 0;
    let mut names = vec![0; usize::from(number(26)) + usize::from(number(28))];
    zip.read_exact(&mut names)?;
    let crc = u32::from_le_bytes([header[14], header[15], header[16], header[17]]);
    Ok(if has_descriptor { None } else { Some(crc) })
}

fn descriptor(zip: &mut impl Read) -> Result<u32, Error> {
    let mut number = [0; 4];
    zip.read_exact(&mut number)?;
    if number == DESCRIPTOR {
        zip.read_exact(&mut number)?;
    }
    Ok(u32::from_le_bytes(number))
}

/// A row as the record that the record API would give.
fn record<'a>(table: &Table, names: &Names, row: impl Iterator<Item = (&'a str, &'a str)>) -> (u64, Record) {
    let mut cells: Record = Record::new();
    for (name, cell) in row.filter(|(_, cell)| !cell.is_empty()) {
        let name = if name.eq_ignore_ascii_case("id") { "id" } else { name };
        cells.insert(name.to_owned(), Value::from(cell));
    }
    let id = cells.get("id").and_then(Value::as_str).and_then(|id| id.parse().ok()).unwrap_or_default();
    for column in &table.columns {
        if let Some(value) = value(column, names, &cells) {
            cells.insert(column.api_name.clone(), value);
        }
    }
    (id, cells)
}

/// The value of a column that a row shows in another way than the record API.
fn value(column: &Column, names: &Names, cells: &Record) -> Option<Value> {
    let cell = cells.get(&column.api_name)?.as_str()?;
    match &column.kind {
        ColumnKind::User => Some(json!({ "id": cell, "name": names.user(cell) })),
        ColumnKind::Lookup(module) => {
            let name = cells.get(&format!("{}.{}", column.api_name, names.name_field(module)?));
            Some(json!({ "id": cell, "name": name }))
        }
        ColumnKind::AnyLookup | ColumnKind::Parent => Some(json!({ "id": cell })),
        ColumnKind::Several(known) => Some(split_values(cell, known)),
        ColumnKind::Tags => Some(split_values(cell, &[])),
        _ => None,
    }
}

/// What has come of a result.
struct Pieces {
    pieces: Receiver<Result<Bytes, ErrorKind>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, to: &mut [u8]) -> Result<usize, Error> {
        if self.piece.is_empty() {
            // An empty piece is the end; a sender that has gone without one has failed.
            self.piece = self.pieces.blocking_recv().unwrap_or(Err(ErrorKind::UnexpectedEof))?;
        }
        let length = self.piece.len().min(to.len());
        self.piece.copy_to_slice(&mut to[..length]);
        Ok(length)
    }
}
