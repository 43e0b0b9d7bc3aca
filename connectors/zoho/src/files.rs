//! Files of a module's records: attachments, links, photos, and files in fields. Bytes are read when they are asked for.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{FileBytes, FilesReading, SourceBytes, SourceError, SourceFile};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::attachments::{Attachment, of_record};
use crate::call::Call;
use crate::catalog::Table;
use crate::client::{Client, Failed};
use crate::columns::ColumnKind;
use crate::errors::ApiError;
use crate::listing::{KnownFiles, value_of};
use crate::names::Names;
use crate::records::id_of;
use crate::values::text;
use crate::walk::Walk;

/// Media type of a link, which is kept as a shortcut.
const SHORTCUT: &str = "application/internet-shortcut";

/// Number of further tries of a download that breaks off.
const TRIES: u32 = 3;

/// Where a file's bytes are.
#[derive(Debug, Clone)]
enum Place {
    /// Path and query of a download.
    Download(String, Vec<(&'static str, String)>),
    /// What a link leads to.
    Link(String),
}

/// A file of a record.
#[derive(Debug, Clone)]
struct File {
    id: String,
    record: u64,
    name: String,
    size: Option<u64>,
    created: Option<DateTime<Utc>>,
    place: Place,
}

/// Reads the files of a module's records, in the order of the records and of their own ids.
pub(crate) async fn read(
    client: Arc<Client>,
    known: &KnownFiles,
    table: &Table,
    names: &Names,
) -> Result<FilesReading, SourceError> {
    let module = table.api_name.as_str();
    let listing = known.listing(&client).await?;
    known.give(module, &listing);
    let mut files: Vec<File> = in_fields(&client, known, table, names).await?;
    let open = |client: Arc<Client>, module: String| move |file: File| Ok(file.open(&client, &module));
    let Some(attached) = listing.of(module) else {
        let records = ids(&client, table, names).await?;
        return Ok(FilesReading { counted: None, files: one_by_one(client, table, records, files) });
    };
    files.extend(attached.iter().cloned().map(|attachment| File::of(module, attachment)));
    files.sort_by_key(|file| file.record);
    let counted = Some(files.len() as u64);
    Ok(FilesReading { counted, files: stream::iter(files).map(open(client, module.to_owned())).boxed() })
}

/// Lists the attachments of each record on its own.
fn one_by_one(
    client: Arc<Client>,
    table: &Table,
    records: Vec<u64>,
    in_fields: Vec<File>,
) -> stream::BoxStream<'static, Result<SourceFile, SourceError>> {
    let module = table.api_name.clone();
    let of = move |record: u64| {
        let (client, module) = (client.clone(), module.clone());
        let own: Vec<File> = in_fields.iter().filter(|file| file.record == record).cloned().collect();
        async move {
            let attached = of_record(&client, &module, record).await?;
            let attached = attached.into_iter().map(|attachment| File::of(&module, attachment));
            let files: Vec<_> = own.into_iter().chain(attached).map(|file| Ok(file.open(&client, &module))).collect();
            Ok::<_, SourceError>(stream::iter(files))
        }
    };
    stream::iter(records).then(of).try_flatten().boxed()
}

/// Ids of all records of a module.
async fn ids(client: &Client, table: &Table, names: &Names) -> Result<Vec<u64>, SourceError> {
    let bare = Table { columns: table.columns.iter().take(1).cloned().collect(), subforms: Vec::new(), ..table.clone() };
    let (mut walk, mut ids) = (Walk::new(&bare, names, None), Vec::new());
    while let Some(rows) = walk.next(client).await? {
        ids.extend(rows.into_iter().map(|(id, _)| id));
    }
    Ok(ids)
}

/// Files in fields of the records themselves. Where another process has read the rows, the fields are read once more.
async fn in_fields(client: &Client, known: &KnownFiles, table: &Table, names: &Names) -> Result<Vec<File>, SourceError> {
    let columns: Vec<_> = table.file_columns().cloned().collect();
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    if known.rows(&table.api_name).is_none() {
        known.begin_rows(&table.api_name);
        let columns = table.columns.iter().take(1).chain(table.file_columns()).cloned().collect();
        let bare = Table { columns, subforms: Vec::new(), ..table.clone() };
        let mut walk = Walk::new(&bare, names, None);
        while let Some(rows) = walk.next(client).await? {
            for (id, cells) in &rows {
                known.add_row(&bare, *id, cells);
            }
        }
        known.end_rows(&table.api_name);
    }
    let mut files = Vec::new();
    for (record, cells) in known.rows(&table.api_name).unwrap_or_default() {
        for (column, cell) in columns.iter().zip(&cells) {
            let value = cell.as_deref().map(|cell| value_of(&column.kind, cell)).unwrap_or_default();
            match column.kind {
                ColumnKind::Photo => files.extend(photo(&table.api_name, record, &value)),
                _ => files.extend(value.as_array().into_iter().flatten().filter_map(|file| in_field(table, record, file))),
            }
        }
    }
    Ok(files)
}

impl File {
    fn of(module: &str, attachment: Attachment) -> Self {
        let Attachment { record, id, name, size, created, link } = attachment;
        let (name, size, place) = match link {
            Some(link) => (format!("{name}.url"), Some(shortcut(&link).len() as u64), Place::Link(link)),
            None => (name, size, Place::Download(format!("{module}/{record}/Attachments/{id}"), Vec::new())),
        };
        Self { id: id.to_string(), record, name, size, created, place }
    }

    /// The file for whoever stores it.
    fn open(self, client: &Arc<Client>, module: &str) -> SourceFile {
        let (bytes, media_type) = match &self.place {
            Place::Link(link) => {
                let bytes = Bytes::from(shortcut(link));
                (FileBytes::new(move || stream::iter([Ok(bytes.clone())]).boxed()), Some(SHORTCUT.to_owned()))
            }
            Place::Download(path, query) => (download(client, module, path, query), None),
        };
        let is_link = matches!(self.place, Place::Link(_));
        let Self { id, record, name, size, created, .. } = self;
        SourceFile {
            id,
            is_fixed: true,
            size,
            is_link,
            record_id: record.to_string(),
            name,
            media_type,
            created,
            bytes: Some(bytes),
        }
    }
}

/// The bytes of a file. The call is made when they are read.
fn download(client: &Arc<Client>, module: &str, path: &str, query: &[(&'static str, String)]) -> FileBytes {
    let download = Download { client: client.clone(), module: module.to_owned(), path: path.to_owned(), query: query.to_vec() };
    FileBytes::new(move || {
        let reading = Reading { download: download.clone(), bytes: None, read: 0, tries: 0 };
        let pieces = stream::try_unfold(reading, |mut reading| async {
            let piece = reading.piece().await?;
            Ok(piece.map(|piece| (piece, reading)))
        });
        pieces.boxed()
    })
}

#[derive(Clone)]
struct Download {
    client: Arc<Client>,
    module: String,
    path: String,
    query: Vec<(&'static str, String)>,
}

/// A download. One that breaks off goes on where it was: files never change.
struct Reading {
    download: Download,
    bytes: Option<SourceBytes>,
    /// Number of bytes that were read.
    read: usize,
    tries: u32,
}

impl Reading {
    async fn piece(&mut self) -> Result<Option<Bytes>, SourceError> {
        loop {
            let bytes = match &mut self.bytes {
                Some(bytes) => bytes,
                None => self.bytes.insert(self.download.begin(self.read).await?),
            };
            match bytes.try_next().await {
                Ok(piece) => {
                    self.read += piece.as_ref().map_or(0, Bytes::len);
                    return Ok(piece);
                }
                Err(error) if self.tries == TRIES => return Err(error),
                Err(_) => (self.bytes, self.tries) = (None, self.tries + 1),
            }
        }
    }
}

impl Download {
    /// Begins a download, without the bytes that were read before.
    async fn begin(&self, read: usize) -> Result<SourceBytes, SourceError> {
        let query: Vec<(&str, &str)> = self.query.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let bytes = self.client.download(Call::get(&self.module, &self.path, &query)).await;
        let mut left = read;
        let rest = bytes.map_err(|failed| gone_or(failed, &self.module))?.map_ok(move |mut piece| {
            let known = left.min(piece.len());
            left -= known;
            piece.split_off(known)
        });
        Ok(rest.boxed())
    }
}

/// A file that was listed, and that is gone or may not be downloaded.
fn gone_or(failed: Failed, module: &str) -> SourceError {
    const GONE: [&str; 4] = ["DOWNLOAD_NOT_ALLOWED", "INVALID_DATA", "NOT_FOUND", "RESOURCE_NOT_FOUND"];
    let is_gone = |error: &ApiError| error.status == 404 || GONE.contains(&error.code.as_str());
    match failed.filter(is_gone) {
        Ok(error) => SourceError { kind: SourceErrorKind::FileGone, source: Some(Box::new(error)) },
        Err(failed) => failed.about(module),
    }
}

fn photo(module: &str, record: u64, value: &Value) -> Option<File> {
    // The value changes with the photo.
    let version = hex::encode(&Sha256::digest(value.as_str()?)[..8]);
    let place = Place::Download(format!("{module}/{record}/photo"), Vec::new());
    Some(File { id: format!("photo-{record}-{version}"), record, name: "photo.png".to_owned(), size: None, created: None, place })
}

fn in_field(table: &Table, record: u64, file: &Value) -> Option<File> {
    let id = [text(file, "id"), text(file, "attachment_Id")].into_iter().find(|id| !id.is_empty())?;
    let name = [text(file, "File_Name__s"), text(file, "file_Name"), id].into_iter().find(|name| !name.is_empty())?;
    let size = file.get("Size__s").or_else(|| file.get("file_Size")).and_then(id_of);
    let path = format!("{}/{record}/actions/download_fields_attachment", table.api_name);
    let place = Place::Download(path, vec![("fields_attachment_id", id.to_owned())]);
    Some(File { id: format!("field-{record}-{id}"), record, name: name.to_owned(), size, created: None, place })
}

/// A link as a file that Windows and macOS open.
fn shortcut(link: &str) -> String {
    let link: String = link.chars().filter(|sign| !sign.is_control()).collect();
    format!("[InternetShortcut]\r\nURL={link}\r\n")
}
