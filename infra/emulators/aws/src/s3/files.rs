//! Files of the S3 emulator. An object's data is in a file below its bucket's folder, and its metadata (type,
//! checksums) in files beside the buckets. Deleting an object deletes all of these files and empty folders, which
//! `s3s-fs` itself would leave behind.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hozon_shared::telemetry::Causes;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, DeletedObject, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsV2Input, ListObjectsV2Output, Object, ObjectVersion,
    PutObjectInput, PutObjectOutput, UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result};
use tokio::sync::{Mutex, RwLock, RwLockWriteGuard};

use super::deletions;
use super::disk::Disk;

/// Suffixes of the metadata files of an object.
const SIDECARS: [&str; 2] = [".metadata.json", CHECKSUMS];
/// Suffix of the one with the checksums.
const CHECKSUMS: &str = ".internal.json";
/// Number of locks among which the objects are divided.
const LOCKS: usize = 64;
/// Prefix of the files of unfinished uploads.
const UPLOADS: &str = ".upload";

type Answer<T> = S3Result<S3Response<T>>;

/// The S3 emulator on files.
pub struct Files {
    s3: Disk,
    root: PathBuf,
    /// Held for reading while an object is written, so that its folder is not deleted between creation and use.
    folders: RwLock<()>,
    /// Folders of deleted objects that could not be examined yet because an object was being written.
    emptied: Arc<Mutex<BTreeSet<PathBuf>>>,
    /// One of them is held for reading while an object is opened, and for writing while the object is replaced: its data and its checksum
    /// are in different files, and nobody may see those of different writes.
    replaced: [RwLock<()>; LOCKS],
}

impl Files {
    /// Opens the folder with the given buckets, and deletes what a killed process left: unfinished uploads, which
    /// nobody can complete (on AWS a lifecycle rule does this), metadata files without an object, and empty folders.
    pub fn open(root: &Path, buckets: &[&str]) -> Result<Self> {
        for bucket in buckets {
            fs::create_dir_all(root.join(bucket))?;
        }
        delete_orphans(root).context("clean the folder of the S3 emulator")?;
        for bucket in buckets {
            delete_empty_below(&root.join(bucket)).context("clean a bucket's folder")?;
        }
        let s3 = Disk::new(root)?;
        let replaced = std::array::from_fn(|_| RwLock::default());
        Ok(Self { s3, root: root.to_owned(), folders: RwLock::default(), emptied: Arc::default(), replaced })
    }

    fn lock_of(&self, bucket: &str, key: &str) -> &RwLock<()> {
        &self.replaced[crc32fast::hash(format!("{bucket}/{key}").as_bytes()) as usize % LOCKS]
    }

    /// Prepares to write over an object, if there is one. Its checksum goes first, so that a process that is killed in between leaves the old
    /// object or the new one, and never one of them with the checksum of the other.
    async fn replacing(&self, bucket: &str, key: &str) -> S3Result<Option<RwLockWriteGuard<'_, ()>>> {
        if !self.root.join(bucket).join(key).is_file() {
            return Ok(None);
        }
        let replaced = self.lock_of(bucket, key).write().await;
        unless_absent(fs::remove_file(self.root.join(sidecar_name(bucket, key, CHECKSUMS)))).map_err(S3Error::internal_error)?;
        Ok(Some(replaced))
    }

    /// Deletes what belonged to a deleted object.
    async fn forget(&self, bucket: &str, key: &str) -> io::Result<()> {
        let object = self.root.join(bucket).join(key);
        for sidecar in SIDECARS {
            unless_absent(fs::remove_file(self.root.join(sidecar_name(bucket, key, sidecar))))?;
        }
        let mut emptied = self.emptied.lock().await;
        emptied.extend(object.parent().map(Path::to_owned));
        if let Ok(_nobody_writes) = self.folders.try_write() {
            for folder in std::mem::take(&mut *emptied) {
                delete_while_empty(&folder, &self.root)?;
            }
        }
        Ok(())
    }
}

#[async_trait::async_trait]
impl S3 for Files {
    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let _whole = self.lock_of(&request.input.bucket, &request.input.key).read().await;
        self.s3.get_object(request).await
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let _whole = self.lock_of(&request.input.bucket, &request.input.key).read().await;
        self.s3.head_object(request).await
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        self.s3.list_objects_v2(request).await
    }

    /// Lists each object as its own current version, as S3 does in a bucket without versions (S3 API reference: ListObjectVersions).
    async fn list_object_versions(&self, request: S3Request<ListObjectVersionsInput>) -> Answer<ListObjectVersionsOutput> {
        let (bucket, prefix) = (request.input.bucket.clone(), request.input.prefix.clone());
        let listed = ListObjectsV2Input { bucket, prefix, start_after: request.input.key_marker.clone(), ..Default::default() };
        let listed = self.s3.list_objects_v2(request.map_input(|_| listed)).await?.output;
        let objects = listed.contents.unwrap_or_default();
        let is_truncated = listed.is_truncated;
        let next_key_marker = objects.last().and_then(|last| last.key.clone()).filter(|_| is_truncated == Some(true));
        let version = |object: Object| ObjectVersion {
            key: object.key,
            version_id: Some("null".to_owned()),
            is_latest: Some(true),
            size: object.size,
            ..Default::default()
        };
        let versions = Some(objects.into_iter().map(version).collect());
        Ok(S3Response::new(ListObjectVersionsOutput { versions, is_truncated, next_key_marker, ..Default::default() }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let _writing = self.folders.read().await;
        let _replacing = self.replacing(&request.input.bucket, &request.input.key).await?;
        self.s3.put_object(request).await
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        let (bucket, key) = (request.input.bucket.clone(), request.input.key.clone());
        // Only other objects' keys continue this one, so that it is absent.
        if !key.ends_with('/') && self.root.join(&bucket).join(&key).is_dir() {
            return Ok(S3Response::new(DeleteObjectOutput::default()));
        }
        let deleted = self.s3.delete_object(request).await?;
        self.forget(&bucket, &key).await.map_err(not_forgotten)?;
        Ok(deleted)
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        deletions::check(&request)?;
        let (bucket, delete) = (&request.input.bucket, &request.input.delete);
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for object in &delete.objects {
            let one = DeleteObjectInput { bucket: bucket.clone(), key: object.key.clone(), ..Default::default() };
            match self.delete_object(deletions::single(&request, one)).await {
                Ok(_) => deleted.push(DeletedObject { key: Some(object.key.clone()), ..Default::default() }),
                Err(error) => errors.push(deletions::refused(&object.key, &error)),
            }
        }
        let deleted = (!delete.quiet.unwrap_or_default()).then_some(deleted);
        Ok(S3Response::new(DeleteObjectsOutput { deleted, errors: Some(errors), ..Default::default() }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        self.s3.create_multipart_upload(request).await
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        self.s3.upload_part(request).await
    }

    async fn upload_part_copy(&self, request: S3Request<UploadPartCopyInput>) -> Answer<UploadPartCopyOutput> {
        self.s3.upload_part_copy(request).await
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let _writing = self.folders.read().await;
        let _replacing = self.replacing(&request.input.bucket, &request.input.key).await?;
        self.s3.complete_multipart_upload(request).await
    }

    async fn abort_multipart_upload(&self, request: S3Request<AbortMultipartUploadInput>) -> Answer<AbortMultipartUploadOutput> {
        self.s3.abort_multipart_upload(request).await
    }
}

/// The next deletion of the object, or the next start, deletes what was left.
fn not_forgotten(error: io::Error) -> S3Error {
    tracing::error!(error = %Causes(&error), "the files of a deleted object could not all be deleted");
    S3Error::internal_error(error)
}

fn sidecar_name(bucket: &str, key: &str, sidecar: &str) -> String {
    let [bucket, key] = [bucket, key].map(|text| URL_SAFE_NO_PAD.encode(text));
    format!(".bucket-{bucket}.object-{key}{sidecar}")
}

/// Returns bucket and key of the object of a metadata file; `None` for the file of an upload.
fn owner(name: &str) -> Option<(String, String)> {
    let rest = SIDECARS.iter().find_map(|sidecar| name.strip_suffix(sidecar))?;
    let (bucket, key) = rest.strip_prefix(".bucket-")?.split_once(".object-")?;
    let text = |encoded: &str| String::from_utf8(URL_SAFE_NO_PAD.decode(encoded).ok()?).ok();
    Some((text(bucket)?, text(key)?))
}

fn delete_orphans(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_file() && is_orphan(root, &name) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn is_orphan(root: &Path, name: &str) -> bool {
    match owner(name) {
        Some((bucket, key)) => !root.join(bucket).join(key).exists(),
        None => name.starts_with(UPLOADS) || (name.starts_with(".bucket-") && name.contains(".upload-")),
    }
}

/// Recursively deletes empty folders below a folder.
fn delete_empty_below(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            delete_empty_below(&entry.path())?;
            unless_in_use(fs::remove_dir(entry.path()))?;
        }
    }
    Ok(())
}

/// Deletes an empty folder and every parent that becomes empty, but never a bucket's folder.
fn delete_while_empty(folder: &Path, root: &Path) -> io::Result<()> {
    let is_below_a_bucket = |folder: &Path| folder.strip_prefix(root).is_ok_and(|rest| rest.components().count() > 1);
    for folder in folder.ancestors().take_while(|folder| is_below_a_bucket(folder)) {
        if !unless_in_use(fs::remove_dir(folder))? {
            break;
        }
    }
    Ok(())
}

/// Returns whether the folder was deleted; a folder with contents stays.
fn unless_in_use(removed: io::Result<()>) -> io::Result<bool> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(false),
        other => unless_absent(other).map(|()| true),
    }
}

fn unless_absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_left_is_deleted_and_the_rest_stays() {
        let root = tempfile::tempdir().expect("a folder");
        let touch = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes it");
            fs::write(path, "{}").expect("writes");
        };
        touch("archives/a/b.zip");
        touch(&sidecar_name("archives", "a/b.zip", ".internal.json"));
        for orphan in [
            sidecar_name("archives", "a/gone.zip", ".internal.json"),
            sidecar_name("archives", "a/gone.zip", ".metadata.json"),
            format!("{}.upload-7.metadata.json", sidecar_name("archives", "a/b.zip", "")),
            ".upload-7.json".to_owned(),
            ".upload_id-7.part-1".to_owned(),
        ] {
            touch(&orphan);
        }
        fs::create_dir_all(root.path().join("archives/empty/deep")).expect("makes it");
        Files::open(root.path(), &["archives", "crm"]).expect("opens");
        assert!(root.path().join("archives/a/b.zip").exists() && root.path().join("crm").exists());
        assert!(!root.path().join("archives/empty").exists());
        let kept = fs::read_dir(root.path()).expect("reads").map(|entry| entry.expect("an entry").file_name());
        let kept: BTreeSet<_> = kept.map(|name| name.to_string_lossy().into_owned()).collect();
        let wanted = ["archives".to_owned(), "crm".to_owned(), sidecar_name("archives", "a/b.zip", ".internal.json")];
        assert_eq!(kept, BTreeSet::from(wanted));
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_deleted_is_named_and_the_others_are_gone() {
        let root = tempfile::tempdir().expect("a folder");
        let files = Files::open(root.path(), &["archives"]).expect("opens");
        for object in ["a/b", "c", "d"] {
            let path = root.path().join("archives").join(object);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes it");
            fs::write(path, "x").expect("writes");
        }
        // A folder cannot be deleted as a file.
        fs::create_dir(root.path().join(sidecar_name("archives", "c", SIDECARS[0]))).expect("makes it");
        let answer = files.delete_objects(deletions::tests::request(&["a/b", "c", "a", "d", "absent"])).await;
        let answer = answer.expect("answers").output;
        let refused: Vec<_> = answer.errors.expect("errors").into_iter().map(|error| (error.key, error.code)).collect();
        assert_eq!(refused, [(Some("c".to_owned()), Some("InternalError".to_owned()))]);
        assert_eq!(answer.deleted, None, "the request is quiet");
        assert_eq!(fs::read_dir(root.path().join("archives")).expect("reads").count(), 0);
    }

    #[tokio::test]
    async fn an_object_whose_replacement_is_broken_off_has_no_checksum_of_another() {
        let root = tempfile::tempdir().expect("a folder");
        let files = Files::open(root.path(), &["archives"]).expect("opens");
        let [object, checksums] = ["archives/a", &sidecar_name("archives", "a", CHECKSUMS)].map(|name| root.path().join(name));
        fs::write(&object, "old").expect("writes");
        fs::write(&checksums, "{}").expect("writes");
        drop(files.replacing("archives", "a").await.expect("prepares").expect("an object"));
        assert!(object.exists() && !checksums.exists());
        assert!(files.replacing("archives", "b").await.expect("prepares").is_none(), "there is nothing to replace");
    }

    #[test]
    fn a_folder_goes_with_the_last_file_in_it_and_its_bucket_stays() {
        let root = tempfile::tempdir().expect("a folder");
        let deep = root.path().join("archives/a/b/c");
        fs::create_dir_all(&deep).expect("makes it");
        fs::write(root.path().join("archives/a/kept"), "x").expect("writes");
        delete_while_empty(&deep, root.path()).expect("deletes");
        assert!(!root.path().join("archives/a/b").exists() && root.path().join("archives/a/kept").exists());
        fs::remove_file(root.path().join("archives/a/kept")).expect("deletes");
        delete_while_empty(&root.path().join("archives/a"), root.path()).expect("deletes");
        assert!(root.path().join("archives").exists() && !root.path().join("archives/a").exists());
    }
}
