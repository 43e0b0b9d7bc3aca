//! Objects as files, to measure the engine without a store. Rows and files are read in place. Of the bytes that a store
//! would receive, only small objects are written; large ones become sparse files of the same size.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_shared::ports::{Bucket, ErrorKind, ObjectBody, ObjectHead, ObjectRef, Objects, PartTag, PortError, UploadId, Uploads};

const CHUNK: u64 = 64 << 10;
/// Larger than the functions' own documents, and smaller than parts.
const SMALL: usize = 4 << 20;

/// Reads the CRM bucket of a data folder as files, and writes to another folder.
pub struct Disk {
    /// Folder of the S3 emulator.
    pub s3: PathBuf,
    /// Folder for new objects.
    pub scratch: PathBuf,
}

impl Disk {
    fn path(&self, at: &ObjectRef) -> PathBuf {
        match at.bucket {
            Bucket::Crm => self.s3.join("crm").join(&at.key),
            Bucket::Archives => self.scratch.join(&at.key),
        }
    }

    fn part_path(&self, upload: &UploadId, number: i32) -> PathBuf {
        self.scratch.join(format!("upload-{}-{number}", upload.0))
    }
}

fn failed(error: std::io::Error) -> PortError {
    let kind = if error.kind() == std::io::ErrorKind::NotFound { ErrorKind::NotFound } else { ErrorKind::Unavailable };
    PortError::with(kind, "use a file", error)
}

fn write(path: &Path, body: &[u8]) -> Result<(), PortError> {
    fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    if body.len() < SMALL { fs::write(path, body).map_err(failed) } else { hole(path, body.len() as u64) }
}

fn hole(path: &Path, bytes: u64) -> Result<(), PortError> {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|file| file.set_len(file.metadata()?.len() + bytes))
        .map_err(failed)
}

#[async_trait]
impl Objects for Disk {
    async fn put(&self, at: &ObjectRef, body: Bytes, _: &str) -> Result<(), PortError> {
        write(&self.path(at), &body)
    }

    async fn get(&self, at: &ObjectRef, range: Option<Range<u64>>) -> Result<ObjectBody, PortError> {
        let mut file = File::open(self.path(at)).map_err(failed)?;
        let range = range.unwrap_or(0..u64::MAX);
        file.seek(SeekFrom::Start(range.start)).map_err(failed)?;
        let rest = file.take(range.end - range.start);
        let chunks = stream::unfold(rest, |mut rest| async move {
            let mut chunk = Vec::with_capacity(CHUNK as usize);
            match rest.by_ref().take(CHUNK).read_to_end(&mut chunk) {
                Ok(0) => None,
                Ok(_) => Some((Ok(Bytes::from(chunk)), rest)),
                Err(error) => Some((Err(failed(error)), rest)),
            }
        });
        Ok(chunks.boxed())
    }

    async fn head(&self, at: &ObjectRef) -> Result<Option<ObjectHead>, PortError> {
        let Ok(found) = fs::metadata(self.path(at)) else { return Ok(None) };
        Ok(Some(ObjectHead { size: found.len(), etag: String::new(), modified: Default::default() }))
    }

    async fn delete(&self, at: &ObjectRef) -> Result<(), PortError> {
        fs::remove_file(self.path(at)).map_err(failed)
    }

    async fn delete_all(&self, bucket: Bucket, keys: &[String]) -> Result<(), PortError> {
        for key in keys {
            match self.delete(&ObjectRef { bucket, key: key.clone() }).await {
                Err(error) if error.kind != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    async fn list(&self, bucket: Bucket, prefix: &str) -> Result<Vec<String>, PortError> {
        let root = self.path(&ObjectRef { bucket, key: String::new() });
        let mut folders = vec![root.join(prefix)];
        let mut keys = Vec::new();
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(folder) else { continue };
            for entry in entries {
                let path = entry.map_err(failed)?.path();
                match path.strip_prefix(&root) {
                    _ if path.is_dir() => folders.push(path),
                    Ok(key) => keys.push(key.to_string_lossy().into_owned()),
                    Err(_) => {}
                }
            }
        }
        Ok(keys)
    }
}

#[async_trait]
impl Uploads for Disk {
    async fn begin(&self, at: &ObjectRef, _: &str) -> Result<UploadId, PortError> {
        Ok(UploadId(at.key.replace('/', "_")))
    }

    async fn part(&self, _: &ObjectRef, upload: &UploadId, number: i32, body: Bytes) -> Result<PartTag, PortError> {
        write(&self.part_path(upload, number), &body)?;
        Ok(PartTag { etag: String::new(), crc32: None })
    }

    async fn copy_part(
        &self,
        _: &ObjectRef,
        upload: &UploadId,
        number: i32,
        _: &ObjectRef,
        range: Range<u64>,
    ) -> Result<PartTag, PortError> {
        hole(&self.part_path(upload, number), range.end - range.start)?;
        Ok(PartTag { etag: String::new(), crc32: None })
    }

    async fn complete(&self, at: &ObjectRef, upload: &UploadId, parts: Vec<PartTag>, _: Option<u32>) -> Result<(), PortError> {
        write(&self.path(at), &[])?;
        for number in (1..).take(parts.len()) {
            let part = self.part_path(upload, number);
            hole(&self.path(at), fs::metadata(&part).map_err(failed)?.len())?;
            fs::remove_file(part).map_err(failed)?;
        }
        Ok(())
    }

    async fn abort(&self, _: &ObjectRef, _: &UploadId) -> Result<(), PortError> {
        Ok(())
    }
}
