//! What an import reads from: the files of folders and zips, by their path inside. A zip is read in place, entry by entry.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_zip::base::read1::seek::{ZipArchiveInner, ZipArchiveReader};
use async_zip::error::ZipError;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_shared::ports::ObjectBody;
use hozon_shared::sources::native_writer::unreadable;
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, BufReader};
use tokio_util::compat::{FuturesAsyncReadCompatExt, TokioAsyncReadCompatExt};

use super::error::ImportError;

const BUFFER: usize = 256 << 10;

/// A file's bytes.
pub type Reader = Box<dyn AsyncRead + Send + Unpin>;

/// A folder, a zip, or a single CSV file.
pub struct Input {
    /// How messages call it.
    pub name: String,
    /// Whether its name says that it holds attachments only.
    pub attachments_only: bool,
    /// Its files.
    pub files: Vec<InputFile>,
}

/// One file of an input.
#[derive(Clone)]
pub struct InputFile {
    /// Path inside the input, with `/`; no part of it is empty, `.` or `..`.
    pub path: String,
    /// How messages call it.
    pub name: String,
    /// Bytes.
    pub size: u64,
    place: Place,
}

#[derive(Clone)]
enum Place {
    Disk(PathBuf),
    Zip { archive: PathBuf, inner: Arc<ZipArchiveInner>, index: usize },
}

impl InputFile {
    /// Opens the file. A zip's entry that is damaged fails while it is read, at the latest at its end.
    pub async fn open(&self) -> Result<Reader, ImportError> {
        match &self.place {
            Place::Disk(path) => {
                let file = File::open(path).await.map_err(|source| self.unreadable(source))?;
                Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
            }
            Place::Zip { archive, inner, index } => {
                let file = File::open(archive).await.map_err(|source| self.unreadable(source))?;
                let file = BufReader::with_capacity(BUFFER, file).compat();
                let archive = ZipArchiveReader::new_with_inner(file, inner.clone());
                let entry = archive.file_oneshot(*index).await.map_err(|source| zip_error(&self.name, source))?;
                Ok(Box::new(entry.compat()))
            }
        }
    }

    /// Opens the file as a body to store.
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

    /// Reads a small file whole.
    pub async fn read(&self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::new();
        self.open().await?.read_to_end(&mut bytes).await.map_err(|source| self.unreadable(source))?;
        Ok(bytes)
    }

    /// The error of this file's reading.
    pub fn unreadable(&self, source: std::io::Error) -> ImportError {
        ImportError::Unreadable { file: self.name.clone(), source }
    }

    /// Whether it is a zip's entry whose sizes stand behind its data.
    pub fn has_data_descriptor(&self) -> bool {
        match &self.place {
            Place::Disk(_) => false,
            Place::Zip { inner, index, .. } => inner.cdrs().get(*index).is_some_and(|record| record.cdrh.gpf.data_descriptor()),
        }
    }

    /// Whether it is what systems put beside a user's files.
    pub fn is_hidden(&self) -> bool {
        let hidden =
            |part: &str| matches!(part, "__MACOSX" | ".DS_Store" | "Thumbs.db" | "desktop.ini") || part.starts_with("._");
        self.path.split('/').any(hidden)
    }

    /// The last part of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The file name without `.csv`, when it is a CSV file's.
    pub fn csv_stem(&self) -> Option<&str> {
        strip_extension(self.file_name(), "csv")
    }
}

/// Opens all inputs. A folder with `Data_….zip` or `Attachments_….zip` at its top stands for these zips.
pub async fn open_all(from: &[PathBuf]) -> Result<Vec<Input>, ImportError> {
    let mut inputs = Vec::new();
    for path in from {
        let told = tokio::fs::metadata(path).await.map_err(|source| unreadable_path(path, source))?;
        if told.is_dir() {
            let (zips, folder) = open_folder(path).await?;
            for zip in zips {
                inputs.push(open_zip(&zip).await?);
            }
            inputs.push(folder);
        } else if strip_extension(&file_name(path), "zip").is_some() {
            inputs.push(open_zip(path).await?);
        } else if strip_extension(&file_name(path), "csv").is_some() {
            inputs.push(single_file(path, told.len()));
        } else {
            return Err(ImportError::NotAnInput { path: path.clone() });
        }
    }
    Ok(inputs)
}

fn single_file(path: &Path, size: u64) -> Input {
    let name = path.display().to_string();
    let file = InputFile { path: file_name(path), name: name.clone(), size, place: Place::Disk(path.to_owned()) };
    Input { name, attachments_only: false, files: vec![file] }
}

async fn open_folder(root: &Path) -> Result<(Vec<PathBuf>, Input), ImportError> {
    let (mut zips, mut files) = (Vec::new(), Vec::new());
    let mut folders = vec![(root.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let mut entries = tokio::fs::read_dir(&folder).await.map_err(|source| unreadable_path(&folder, source))?;
        while let Some(entry) = entries.next_entry().await.map_err(|source| unreadable_path(&folder, source))? {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let told = entry.metadata().await.map_err(|source| unreadable_path(&path, source))?;
            if told.is_symlink() {
                continue;
            }
            let inside = format!("{prefix}{name}");
            if told.is_dir() {
                folders.push((path, format!("{inside}/")));
            } else if prefix.is_empty() && is_backup_zip(&name) {
                zips.push(path);
            } else {
                let name = path.display().to_string();
                files.push(InputFile { path: inside, name, size: told.len(), place: Place::Disk(path) });
            }
        }
    }
    zips.sort();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok((zips, Input { name: root.display().to_string(), attachments_only: false, files }))
}

/// Opens a zip.
pub async fn open_zip(path: &Path) -> Result<Input, ImportError> {
    let zip = path.display().to_string();
    let file = File::open(path).await.map_err(|source| unreadable_path(path, source))?;
    let reader = BufReader::with_capacity(BUFFER, file).compat();
    let archive = ZipArchiveReader::open(reader).await.map_err(|source| zip_error(&zip, source))?;
    let inner = archive.inner().clone();
    let mut files = Vec::new();
    for (index, record) in inner.cdrs().iter().enumerate() {
        let inside = entry_name(record.insecure_file_name.as_bytes(), &zip)?;
        if inside.ends_with('/') {
            continue;
        }
        let size = record.uncompressed_size().map_err(|source| zip_error(&zip, source))?;
        let name = format!("{zip}: {inside}");
        let place = Place::Zip { archive: path.to_owned(), inner: inner.clone(), index };
        files.push(InputFile { path: inside, name, size, place });
    }
    let attachments_only = file_name(path).to_lowercase().starts_with("attachments");
    Ok(Input { name: zip, attachments_only, files })
}

/// An entry's name as text; zips that Windows made in Japan have it in Shift_JIS.
fn entry_name(bytes: &[u8], zip: &str) -> Result<String, ImportError> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::SHIFT_JIS.decode_without_bom_handling(bytes).0.into_owned(),
    };
    let inside = text.strip_suffix('/').unwrap_or(&text);
    let safe = !inside.contains(['\\', '\0', '\u{FFFD}'])
        && inside.split('/').all(|part| !matches!(part, "" | "." | ".."))
        && !inside.as_bytes().get(1).is_some_and(|&second| second == b':' && inside.as_bytes()[0].is_ascii_alphabetic());
    if safe { Ok(text) } else { Err(ImportError::UnsafeName { zip: zip.to_owned(), entry: text.escape_debug().to_string() }) }
}

fn is_backup_zip(name: &str) -> bool {
    let name = name.to_lowercase();
    name.ends_with(".zip") && (name.starts_with("data_") || name.starts_with("attachments_"))
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

fn zip_error(file: &str, source: ZipError) -> ImportError {
    ImportError::Zip { file: file.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_out_of_a_zip_are_refused() {
        for name in ["../x.csv", "a/../../x", "/etc/x", "C:/x", "a\\b", "a//b", "./a"] {
            assert!(entry_name(name.as_bytes(), "x.zip").is_err(), "{name}");
        }
    }

    #[test]
    fn names_in_utf_8_and_shift_jis_are_read() {
        assert_eq!(entry_name("見込み客.csv".as_bytes(), "x.zip").expect("safe"), "見込み客.csv");
        assert_eq!(entry_name(b"\x8A\x94.csv", "x.zip").expect("safe"), "株.csv");
    }
}
