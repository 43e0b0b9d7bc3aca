//! Inputs of an import: the files in folders and zips, by path. Zip entries are read in place. Only regular files are
//! opened, because a named pipe or a device could block the import; anything else in a folder is reported.

use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use futures_util::{StreamExt, stream};
use hozon_shared::ports::ObjectBody;
use hozon_shared::snapshots::input::unreadable;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};

use super::error::ImportError;
use super::notes::{Note, SkipReason, Skipped};
use super::zip_directory::{self, ZipFault, ZipRecord};
use super::zip_entry::EntryReader;
use super::zip_names::{NameEncoding, code_page, is_safe};
use super::zip_place::{RemoteBytes, ZipPlace};

const BUFFER: usize = 256 << 10;
/// Maximum size of a document that is read whole.
const MAX_DOCUMENT: u64 = 256 << 20;

/// The bytes of a file.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// A folder, a zip, or a single file.
#[derive(Default)]
pub struct ImportInput {
    /// Name in messages.
    pub name: String,
    /// Whether the name says that it contains only attachments.
    pub attachments_only: bool,
    /// Whether it is a zip.
    pub is_zip: bool,
    pub files: Vec<InputFile>,
    /// Everything that is not a regular file.
    pub skipped: Vec<Skipped>,
    pub notes: Vec<Note>,
}

impl ImportInput {
    /// Returns the file name of a zip.
    pub fn zip_name(&self) -> Option<&str> {
        Path::new(&self.name).file_name().and_then(|name| name.to_str()).filter(|_| self.is_zip)
    }
}

/// A file of an input.
#[derive(Clone)]
pub struct InputFile {
    /// Path inside the input, with `/`; no component is empty, `.` or `..`.
    pub path: String,
    /// Name in messages.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// When the file was last modified, if known.
    pub modified: Option<DateTime<Utc>>,
    place: Location,
}

#[derive(Clone)]
enum Location {
    Disk(PathBuf),
    Zip { archive: ZipPlace, record: Arc<ZipRecord> },
}

/// How to read zips.
#[derive(Debug, Clone, Copy)]
pub struct ZipReading {
    /// Encoding of names that are not UTF-8, if the user chose one.
    pub names: Option<NameEncoding>,
    /// Time zone of times without one.
    pub zone: Tz,
}

impl InputFile {
    /// Opens the file. Reading a damaged zip entry fails at its end at the latest.
    pub async fn open(&self) -> Result<Reader, ImportError> {
        match &self.place {
            Location::Disk(path) => {
                let file = File::open(path).await.map_err(|source| self.unreadable(source))?;
                Ok(Box::new(BufReader::with_capacity(BUFFER.min(self.size as usize + 1), file)))
            }
            Location::Zip { archive, record } => {
                let entry = EntryReader::open(archive, record.clone()).await;
                Ok(Box::new(entry.map_err(|source| self.unreadable(source))?))
            }
        }
    }

    /// Opens the file as a body for the object store.
    pub async fn body(&self) -> Result<ObjectBody, ImportError> {
        let reader = self.open().await?;
        let chunks = stream::unfold(Some(reader), |reader| async {
            let mut reader = reader?;
            let mut chunk = Vec::with_capacity(BUFFER);
            match (&mut reader).take(BUFFER as u64).read_to_end(&mut chunk).await {
                Ok(0) => None,
                Ok(_) => Some((Ok(Bytes::from(chunk)), Some(reader))),
                Err(error) => Some((Err(unreadable(error)), None)),
            }
        });
        Ok(chunks.boxed())
    }

    /// Reads a document of up to 256 MiB.
    pub async fn read(&self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        let mut limited = self.open().await?.take(MAX_DOCUMENT + 1);
        limited.read_to_end(&mut bytes).await.map_err(|source| self.unreadable(source))?;
        if bytes.len() as u64 > MAX_DOCUMENT {
            return Err(ImportError::DocumentTooLarge { file: self.name.clone() });
        }
        Ok(bytes)
    }

    /// Reads the beginning of the file.
    pub async fn head(&self, bytes: usize) -> Result<Vec<u8>, ImportError> {
        let mut head = Vec::new();
        let mut limited = self.open().await?.take(bytes as u64);
        limited.read_to_end(&mut head).await.map_err(|source| self.unreadable(source))?;
        Ok(head)
    }

    /// Creates an error for a failed read of this file.
    pub fn unreadable(&self, source: std::io::Error) -> ImportError {
        ImportError::Unreadable { file: self.name.clone(), source }
    }

    /// Returns whether an operating system created the file.
    pub fn is_of_system(&self) -> bool {
        self.path.split('/').any(is_of_system)
    }

    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Returns the file name without extension if it is a CSV file.
    pub fn csv_stem(&self) -> Option<&str> {
        ["csv", "tsv", "tab"].iter().find_map(|extension| strip_extension(self.file_name(), extension))
    }

    /// Returns the path of a zip on disk; `None` for a zip inside another.
    pub fn zip_on_disk(&self) -> Option<&Path> {
        match &self.place {
            Location::Disk(path) if self.is_zip() => Some(path),
            _ => None,
        }
    }

    pub fn is_zip(&self) -> bool {
        strip_extension(self.file_name(), "zip").is_some()
    }

    /// Returns the zip's directory record of the file.
    pub fn zip_record(&self) -> Option<&ZipRecord> {
        match &self.place {
            Location::Disk(_) => None,
            Location::Zip { record, .. } => Some(record),
        }
    }
}

fn is_of_system(part: &str) -> bool {
    let known = [
        "__MACOSX",
        ".DS_Store",
        ".localized",
        ".Spotlight-V100",
        ".Trashes",
        ".fseventsd",
        "Thumbs.db",
        "ehthumbs.db",
        "desktop.ini",
        "$RECYCLE.BIN",
        "System Volume Information",
        "@eaDir",
    ];
    known.iter().any(|name| name.eq_ignore_ascii_case(part))
        || ["._", "~$", ".~lock."].iter().any(|start| part.starts_with(start))
}

/// Opens an input given by the user.
pub async fn open(path: &Path, zips: ZipReading) -> Result<ImportInput, ImportError> {
    let metadata = tokio::fs::metadata(path).await.map_err(|source| unreadable_path(path, source))?;
    if metadata.is_dir() {
        return open_folder(path).await;
    }
    let name = path.display().to_string();
    if let Some(reason) = special(metadata.file_type()) {
        let skipped = vec![Skipped { name: name.clone(), reason }];
        return Ok(ImportInput { name, skipped, ..ImportInput::default() });
    }
    if strip_extension(&file_name(path), "zip").is_some() {
        return open_zip(path, zips).await;
    }
    let file = disk_file(path, file_name(path), &metadata);
    Ok(ImportInput { name, files: vec![file], ..ImportInput::default() })
}

/// Finds a file in the folder of a file given by the user.
pub async fn sibling(path: &Path, inside: &str) -> Option<InputFile> {
    let path = path.parent()?.join(inside);
    let metadata = tokio::fs::metadata(&path).await.ok().filter(|metadata| metadata.is_file())?;
    Some(disk_file(&path, inside.to_owned(), &metadata))
}

fn disk_file(path: &Path, inside: String, metadata: &std::fs::Metadata) -> InputFile {
    let modified = metadata.modified().ok().map(DateTime::from);
    InputFile {
        path: inside,
        name: path.display().to_string(),
        size: metadata.len(),
        modified,
        place: Location::Disk(path.to_owned()),
    }
}

async fn open_folder(root: &Path) -> Result<ImportInput, ImportError> {
    let name = root.display().to_string();
    let attachments_only = file_name(&std::path::absolute(root).unwrap_or(root.to_owned())).eq_ignore_ascii_case("attachments");
    let mut input = ImportInput { name, attachments_only, ..ImportInput::default() };
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(|source| unreadable_path(&folder, source))?;
        while let Some(entry) = entries.next_entry().await.map_err(|source| unreadable_path(&folder, source))? {
            let path = entry.path();
            let metadata = entry.metadata().await.map_err(|source| unreadable_path(&path, source))?;
            let inside = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if metadata.is_dir() {
                folders.push((path, format!("{inside}/")));
            } else if let Some(reason) = special(metadata.file_type()) {
                input.skipped.push(Skipped { name: path.display().to_string(), reason });
            } else {
                input.files.push(disk_file(&path, inside, &metadata));
            }
        }
    }
    input.files.sort_by(|a, b| a.path.cmp(&b.path));
    input.skipped.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(input)
}

/// Returns why a folder item is not read; `None` for a regular file.
fn special(kind: FileType) -> Option<SkipReason> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some(SkipReason::Pipe);
        }
        if kind.is_socket() {
            return Some(SkipReason::Socket);
        }
        if kind.is_block_device() || kind.is_char_device() {
            return Some(SkipReason::Device);
        }
    }
    kind.is_symlink().then_some(SkipReason::Link)
}

pub async fn open_zip(path: &Path, zips: ZipReading) -> Result<ImportInput, ImportError> {
    open_place(path.display().to_string(), ZipPlace::Disk(path.into()), zips).await
}

/// Opens a zip that does not lie on disk. `name` is its file name.
pub async fn open_remote_zip(name: &str, bytes: Arc<dyn RemoteBytes>, zips: ZipReading) -> Result<ImportInput, ImportError> {
    open_place(name.to_owned(), ZipPlace::Remote(bytes), zips).await
}

async fn open_place(name: String, archive: ZipPlace, zips: ZipReading) -> Result<ImportInput, ImportError> {
    let reading = archive.clone();
    let records = tokio::task::spawn_blocking(move || zip_directory::read_place(&reading, zips.zone)).await;
    let records = records.unwrap_or_else(|stopped| Err(ZipFault::Damaged(stopped.to_string())));
    let records = records.map_err(|source| ImportError::Zip { file: name.clone(), source })?;
    let mut input = ImportInput {
        attachments_only: file_name(Path::new(&name)).to_lowercase().starts_with("attachments"),
        is_zip: true,
        ..ImportInput::default()
    };
    let foreign: Vec<_> = records.iter().map(|record| &record.name).filter(|name| name.text().is_none()).collect();
    let page = code_page(&foreign, zips.names);
    if let Some(first) = foreign.first() {
        let example = page.decode(&first.bytes).unwrap_or_default();
        input.notes.push(Note::ZipNames { zip: name.clone(), names: page.to_string(), example });
    }
    for record in records {
        add(&mut input, &name, &archive, record, page)?;
    }
    input.name = name;
    Ok(input)
}

fn add(input: &mut ImportInput, zip: &str, archive: &ZipPlace, record: ZipRecord, page: NameEncoding) -> Result<(), ImportError> {
    let text = record.name.text().or_else(|| page.decode(&record.name.bytes));
    let shown = || String::from_utf8_lossy(&record.name.bytes).escape_debug().to_string();
    let Some(text) = text else {
        return Err(ImportError::UnknownName { zip: zip.to_owned(), entry: shown(), encoding: page });
    };
    let path = record.name.path(&text);
    if path.is_empty() || (path.ends_with('/') && record.uncompressed == 0) {
        return Ok(());
    }
    if !is_safe(&path) || path.ends_with('/') {
        return Err(ImportError::UnsafeName { zip: zip.to_owned(), entry: path.escape_debug().to_string() });
    }
    let name = format!("{zip}: {path}");
    if record.is_link {
        input.skipped.push(Skipped { name, reason: SkipReason::Link });
        return Ok(());
    }
    let (size, modified) = (record.uncompressed, record.modified);
    let place = Location::Zip { archive: archive.clone(), record: Arc::new(record) };
    input.files.push(InputFile { path, name, size, modified, place });
    Ok(())
}

fn strip_extension<'a>(name: &'a str, extension: &str) -> Option<&'a str> {
    let (stem, found) = name.rsplit_once('.')?;
    found.eq_ignore_ascii_case(extension).then_some(stem)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn unreadable_path(path: &Path, source: std::io::Error) -> ImportError {
    ImportError::Unreadable { file: path.display().to_string(), source }
}
