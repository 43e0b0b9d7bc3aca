//! Reads what snapshots consist of.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::Arc;

use bytes::Bytes;
use flate2::write::DeflateDecoder;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use super::keys;
use super::stores::stored_object;
use crate::archive::cells::undo;
use crate::archive::csv::{is_null, kept_columns};
use crate::archive::csv_rows::{CsvRows, Row};
use crate::domain::crm::Module;
use crate::domain::id::OrgId;
use crate::domain::rows::{Cell, RowPage};
use crate::domain::snapshot::{Block, FileRun, Pack, StoredFile};
use crate::ports::{ErrorKind, ObjectBody, Objects, PortError, read_all};

/// Value of [`StoredModule::version`].
pub const VERSION: u32 = 4;
/// Text size in bytes of a page.
const PAGE_BYTES: usize = 256 << 10;

/// The document that lists what a version of a module consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredModule {
    /// [`VERSION`] at the time of writing.
    pub version: u32,
    pub module: Module,
    /// Blocks of rows in order; none if backups leave the module out.
    pub blocks: Vec<Block>,
    /// SHA-256 of the module's CSV file with the default options, if there is one block.
    pub sha256: Option<String>,
    /// Attachments in order.
    pub files: Vec<FileRun>,
}

/// Reads a version of a module. Fails with `Outdated` if an older version of Hozon wrote it.
pub async fn stored_module(objects: &dyn Objects, org: OrgId, module: &Module) -> Result<StoredModule, PortError> {
    let bytes = read_all(objects, &keys::stored_module(org, &module.api_name, &module.version)).await?;
    parse(&bytes)
}

/// Reads the version that came before; `None` for one that cannot be read any more.
pub(super) async fn module_before(objects: &dyn Objects, org: OrgId, before: &Module) -> Result<Option<StoredModule>, PortError> {
    if_readable(stored_module(objects, org, before).await)
}

/// Makes `None` of a failure that says that what was stored cannot be read any more.
pub(super) fn if_readable<T>(read: Result<T, PortError>) -> Result<Option<T>, PortError> {
    match read {
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Corrupt | ErrorKind::Outdated) => Ok(None),
        read => read.map(Some),
    }
}

pub(super) fn parse(bytes: &[u8]) -> Result<StoredModule, PortError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: Option<u32>,
    }
    let corrupt = |error| PortError::with(ErrorKind::Corrupt, "read what a module consists of", error);
    let Versioned { version } = serde_json::from_slice(bytes).map_err(corrupt)?;
    if version != Some(VERSION) {
        return Err(PortError::new(ErrorKind::Outdated, "read a module that another version of Hozon has stored"));
    }
    serde_json::from_slice(bytes).map_err(corrupt)
}

/// Rows in snapshot order, with a cell for each field that is backed up.
pub type RowStream = BoxStream<'static, Result<RowPage, PortError>>;

/// Reads the rows of blocks.
pub fn rows(objects: Arc<dyn Objects>, org: OrgId, module: &Module, blocks: Vec<Block>) -> RowStream {
    let columns = kept_columns(&module.fields).len();
    let opened = stream::iter(blocks).then(move |block| {
        let objects = objects.clone();
        async move {
            let body = objects.get(&stored_object(org, &block.object), Some(0..block.bytes)).await?;
            Ok::<_, PortError>(BlockRows::new(body, block, columns).pages())
        }
    });
    opened.try_flatten().boxed()
}

/// Reads the attachments of a run in order.
pub async fn files(objects: &dyn Objects, org: OrgId, run: &FileRun) -> Result<Vec<StoredFile>, PortError> {
    let pack = match run {
        FileRun::Large(large) => return Ok(vec![large.file.clone()]),
        FileRun::Pack(pack) => pack,
    };
    let mut body = objects.get(&stored_object(org, &pack.object), Some(pack.bytes..pack.bytes + pack.list_bytes)).await?;
    let mut list = Vec::new();
    while let Some(chunk) = body.try_next().await? {
        list.extend_from_slice(&chunk);
    }
    pack_list(pack, &list)
}

/// Decodes the list of a pack.
pub(super) fn pack_list(pack: &Pack, list: &[u8]) -> Result<Vec<StoredFile>, PortError> {
    let files: Vec<StoredFile> =
        serde_json::from_slice(list).map_err(|error| PortError::with(ErrorKind::Corrupt, "read the list of a pack", error))?;
    if files.len() as u64 == pack.count { Ok(files) } else { Err(damaged()) }
}

fn damaged() -> PortError {
    PortError::new(ErrorKind::Corrupt, "decode a stored block or pack")
}

/// Decodes a block as its bytes arrive.
struct BlockRows {
    body: ObjectBody,
    block: Block,
    columns: usize,
    inflater: DeflateDecoder<Vec<u8>>,
    /// The beginning of a character whose end has not arrived.
    rest: Vec<u8>,
    csv: CsvRows,
    crc: crc32fast::Hasher,
    rows: u64,
    ready: VecDeque<RowPage>,
}

impl BlockRows {
    fn new(body: ObjectBody, block: Block, columns: usize) -> Self {
        let (inflater, csv, crc) = (DeflateDecoder::new(Vec::new()), CsvRows::of_blocks(), crc32fast::Hasher::new());
        Self { body, block, columns, inflater, rest: Vec::new(), csv, crc, rows: 0, ready: VecDeque::new() }
    }

    fn pages(self) -> impl stream::Stream<Item = Result<RowPage, PortError>> {
        stream::try_unfold(self, |mut rows| async {
            let next = rows.next().await?;
            Ok(next.map(|page| (page, rows)))
        })
    }

    async fn next(&mut self) -> Result<Option<RowPage>, PortError> {
        while self.ready.is_empty() {
            let Some(chunk) = self.body.try_next().await? else {
                let is_whole = self.rows == self.block.rows && self.crc.clone().finalize() == self.block.crc32;
                return if is_whole { Ok(None) } else { Err(damaged()) };
            };
            self.push(chunk).map_err(|error| PortError::with(ErrorKind::Corrupt, "decode a stored block", error))?;
        }
        Ok(self.ready.pop_front())
    }

    fn push(&mut self, chunk: Bytes) -> io::Result<()> {
        // In pieces, because a little of deflate may be a lot of text.
        for piece in chunk.chunks(PAGE_BYTES / 4) {
            self.inflater.write_all(piece)?;
            self.inflater.flush()?;
            let text = std::mem::take(self.inflater.get_mut());
            self.crc.update(&text);
            self.read(text)?;
        }
        Ok(())
    }

    fn read(&mut self, text: Vec<u8>) -> io::Result<()> {
        self.rest.extend(text);
        let whole = match simdutf8::compat::from_utf8(&self.rest) {
            Ok(text) => text.len(),
            Err(cut) if cut.error_len().is_none() => cut.valid_up_to(),
            Err(error) => return Err(io::Error::other(error)),
        };
        let rest = self.rest.split_off(whole);
        let text = std::mem::replace(&mut self.rest, rest);
        self.csv.push(simdutf8::basic::from_utf8(&text).map_err(io::Error::other)?);
        let mut page = RowPage::new(self.columns);
        while let Some(row) = self.csv.next_row(false).map_err(io::Error::other)? {
            append(row, &mut page)?;
            self.rows += 1;
            if page.size() >= PAGE_BYTES {
                self.ready.push_back(std::mem::replace(&mut page, RowPage::new(self.columns)));
            }
        }
        self.ready.extend((page.rows() > 0).then_some(page));
        Ok(())
    }
}

fn append(row: &Row, page: &mut RowPage) -> io::Result<()> {
    let is_only = page.columns() == 1;
    let cells: Vec<_> =
        row.cells().zip(row.quoted()).map(|(cell, is_quoted)| (!is_null(cell, is_quoted, is_only)).then(|| undo(cell))).collect();
    let cells: Vec<Cell<'_>> = cells.iter().map(Option::as_deref).collect();
    page.push(&cells).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::crm::{DataCategory, Field};
    use crate::domain::cutting::Cutting;
    use crate::snapshots::blocks::{BlockEncoder, EncodedBlock};
    use proptest::prelude::*;

    type RowOf = Vec<Option<String>>;

    fn fields(columns: usize) -> Vec<Field> {
        let kinds = ["text", "number", "datetime"];
        let field = |at: usize| Field {
            api_name: format!("f{at}"),
            label: String::new(),
            data_type: kinds[at % kinds.len()].to_owned(),
            contents: DataCategory::Crm,
        };
        (0..columns).map(field).collect()
    }

    fn encode(rows: &[RowOf], columns: usize) -> EncodedBlock {
        let mut encoder = BlockEncoder::new(&fields(columns), &["f0".to_owned()], Cutting::STORED);
        for row in rows {
            encoder.row(&row.iter().map(Option::as_deref).collect::<Vec<_>>()).expect("encodes");
        }
        encoder.end().expect("encodes").expect("a block")
    }

    async fn decode(encoded: &EncodedBlock, columns: usize, chunk: usize) -> Result<Vec<RowOf>, PortError> {
        let deflated = encoded.body.slice(..encoded.block.bytes as usize);
        let chunks: Vec<_> = deflated.chunks(chunk).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect();
        let pages: Vec<RowPage> =
            BlockRows::new(stream::iter(chunks).boxed(), encoded.block.clone(), columns).pages().try_collect().await?;
        let mut rows = Vec::new();
        for page in pages {
            page.for_each(|cells| {
                rows.push(cells.iter().map(|cell| cell.map(str::to_owned)).collect());
                Ok::<(), PortError>(())
            })?;
        }
        Ok(rows)
    }

    fn wait<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
    }

    proptest! {
        #[test]
        fn any_rows_come_back_in_chunks_of_any_size(
            columns in 1usize..4,
            cells in proptest::collection::vec(any::<Option<String>>(), 3..60),
            chunk in 1usize..200,
        ) {
            let rows: Vec<RowOf> = cells.chunks_exact(columns).map(<[_]>::to_vec).collect();
            let encoded = encode(&rows, columns);
            prop_assert_eq!(wait(decode(&encoded, columns, chunk)).expect("valid"), rows);
        }

        #[test]
        fn a_damaged_block_is_refused(at in 0usize..200, flip in 1u8..) {
            let rows: Vec<RowOf> = (0..50).map(|row| vec![Some(format!("row {row}")), None]).collect();
            let mut encoded = encode(&rows, 2);
            let mut body = encoded.body.to_vec();
            let at = at % encoded.block.bytes as usize;
            body[at] ^= flip;
            encoded.body = body.into();
            if let Ok(read) = wait(decode(&encoded, 2, usize::MAX)) {
                prop_assert_eq!(read, rows);
            }
        }
    }

    #[test]
    fn a_cell_of_ten_megabytes_comes_back_between_its_neighbours() {
        let big = "あ=\"\r".repeat(10_000_000 / 6);
        let rows = [vec![Some("1".to_owned()), Some(big), None], vec![Some("2".to_owned()), Some(String::new()), None]];
        assert!(wait(decode(&encode(&rows, 3), 3, 10_007)).expect("valid") == rows);
    }

    #[test]
    fn equal_rows_make_equal_blocks_and_a_key_makes_others() {
        let rows: Vec<RowOf> = (0..9).map(|row| vec![Some(row.to_string()), Some("x".to_owned())]).collect();
        let (one, same) = (encode(&rows, 2), encode(&rows, 2));
        assert_eq!((&one.block, &one.body), (&same.block, &same.body));
        let mut keyless = BlockEncoder::new(&fields(2), &[], Cutting::STORED);
        for row in &rows {
            keyless.row(&row.iter().map(Option::as_deref).collect::<Vec<_>>()).expect("encodes");
        }
        let other = keyless.end().expect("encodes").expect("a block");
        assert_eq!(other.block.sha256, one.block.sha256);
        assert_ne!(other.block.object, one.block.object, "its index differs");
    }

    #[test]
    fn what_an_older_version_has_stored_is_outdated() {
        let outdated = parse(br#"{"encoding":3,"rows":[{"count":1,"bytes":9}],"attachments":[]}"#).expect_err("outdated");
        assert_eq!(outdated.kind, ErrorKind::Outdated);
        assert_eq!(parse(b"{\"version\":4").expect_err("cut off").kind, ErrorKind::Corrupt);
    }
}
