//! Writing files into the folder of a CRM, as [`crate::folder`] reads them: below the folder, or nowhere.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::TryStreamExt;
use hozon_shared::domain::digest::Digester;
use hozon_shared::domain::file_place::path_below;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::ports::{FileBytes, SourceError};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, fstat, mkdirat, openat, renameat, statat, unlinkat};
use rustix::io::Errno;

/// Rights of files and folders, from which the process's mask takes some.
const FILE: Mode = Mode::from_raw_mode(0o666);
const FOLDER: Mode = Mode::from_raw_mode(0o777);

/// Writes a file below `folder`, whole or not at all, and makes the folders on its way. Symbolic links are not followed. What the folder
/// does not admit is refused.
pub(crate) async fn write_below(folder: PathBuf, path: &str, bytes: &FileBytes) -> Result<WriteOutcome, SourceError> {
    let Some(parts) = path_below(path) else { return Ok(refused(Refusal::Unsupported)) };
    let parts: Vec<String> = parts.into_iter().map(str::to_owned).collect();
    let made = blocking(move || Unfinished::begin(&folder, &parts)).await?;
    let unfinished = match made {
        Ok(unfinished) => Arc::new(unfinished),
        Err(error) => return refusal(error),
    };
    let mut pieces = bytes.read();
    while let Some(piece) = pieces.try_next().await? {
        let file = unfinished.clone();
        if let Err(error) = blocking(move || (&file.file).write_all(&piece)).await? {
            return refusal(error);
        }
    }
    match blocking(move || unfinished.finish()).await? {
        Ok(()) => Ok(WriteOutcome::Written { new_id: None }),
        Err(error) => refusal(error),
    }
}

/// A file that has no name of its own yet. Dropped unfinished, it is deleted. A process that is killed leaves it; whoever writes the file again
/// deletes it then.
struct Unfinished {
    folder: OwnedFd,
    file: File,
    /// Name until it is finished.
    meanwhile: String,
    name: String,
}

impl Unfinished {
    fn begin(folder: &Path, parts: &[String]) -> io::Result<Self> {
        let (name, folders) = parts.split_last().ok_or(io::ErrorKind::InvalidInput)?;
        let directory = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut at = openat(CWD, folder, directory, Mode::empty())?;
        for folder in folders {
            match mkdirat(&at, folder.as_str(), FOLDER) {
                Ok(()) | Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            at = openat(&at, folder.as_str(), directory | OFlags::NOFOLLOW, Mode::empty())?;
        }
        let meanwhile = name_meanwhile(name);
        match unlinkat(&at, meanwhile.as_str(), AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
        }
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(openat(&at, meanwhile.as_str(), flags, FILE)?);
        Ok(Self { folder: at, file, meanwhile, name: name.clone() })
    }

    fn finish(&self) -> io::Result<()> {
        self.file.sync_all()?;
        let (own, found) = (fstat(&self.file)?, statat(&self.folder, self.meanwhile.as_str(), AtFlags::SYMLINK_NOFOLLOW)?);
        if (own.st_dev, own.st_ino) != (found.st_dev, found.st_ino) {
            return Err(io::Error::other("another process writes the same file"));
        }
        Ok(renameat(&self.folder, self.meanwhile.as_str(), &self.folder, self.name.as_str())?)
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // A finished file has lost this name.
        let _ = unlinkat(&self.folder, self.meanwhile.as_str(), AtFlags::empty());
    }
}

/// The name of a file until it is finished: always the same, and short even if its own is not.
fn name_meanwhile(name: &str) -> String {
    let mut digester = Digester::default();
    digester.update(name.as_bytes());
    format!(".hozon-{}", &digester.finish().sha256[..32])
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SourceError> {
    let failed = |error| SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) };
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

fn refused(reason: Refusal) -> WriteOutcome {
    WriteOutcome::Refused { reason }
}

/// What a folder refuses about one file. Without room, and on damaged disks, no other file would be written either.
fn refusal(error: io::Error) -> Result<WriteOutcome, SourceError> {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Ok(refused(Refusal::NoPermission)),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::InvalidFilename => {
            Ok(refused(Refusal::Unsupported))
        }
        // A symbolic link where a folder should be.
        _ if error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) => Ok(refused(Refusal::Unsupported)),
        _ => Err(SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt, stream};

    fn bytes(pieces: &'static [&'static [u8]]) -> FileBytes {
        FileBytes::new(move || stream::iter(pieces).map(|piece| Ok(bytes::Bytes::from_static(piece))).boxed())
    }

    #[tokio::test]
    async fn a_file_is_written_below_the_folder_or_nowhere() {
        let outside = tempfile::tempdir().expect("a folder");
        let root = outside.path().join("media");
        std::fs::create_dir(&root).expect("a folder");
        std::fs::write(outside.path().join("secret"), "secret").expect("a file");
        std::os::unix::fs::symlink(outside.path(), root.join("out")).expect("a link");
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("link")).expect("a link");
        let write = async |path: &str| write_below(root.clone(), path, &bytes(&[b"ab", b"c"])).await.expect("an outcome");
        for path in ["a/b/見積.pdf", "a/b/見積.pdf", "top", "link"] {
            assert_eq!(write(path).await, WriteOutcome::Written { new_id: None }, "{path}");
            assert_eq!(std::fs::read(root.join(path)).expect("a file"), b"abc", "{path}");
        }
        let absolute = outside.path().join("secret").display().to_string();
        for path in ["../secret", "a/../../secret", "out/secret", "out/x/y", "a", "", "top/x", absolute.as_str(), "a\0b"] {
            assert!(matches!(write(path).await, WriteOutcome::Refused { .. }), "{path}");
        }
        assert_eq!(std::fs::read(outside.path().join("secret")).expect("a file"), b"secret");
        let names = std::fs::read_dir(&root).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        assert!(names.into_iter().all(|name| !name.to_string_lossy().starts_with(".hozon")), "nothing unfinished stays");
    }

    #[tokio::test]
    async fn what_a_killed_process_has_left_is_gone_once_the_file_is_written() {
        let root = tempfile::tempdir().expect("a folder");
        let begun = Unfinished::begin(root.path(), &["a".to_owned()]).expect("a file");
        (&begun.file).write_all(b"half").expect("writes");
        let killed = std::mem::ManuallyDrop::new(begun);
        assert_eq!(std::fs::read_dir(root.path()).expect("a folder").count(), 1);
        let written = write_below(root.path().to_owned(), "a", &bytes(&[b"whole"])).await.expect("an outcome");
        assert_eq!(written, WriteOutcome::Written { new_id: None });
        assert_eq!(std::fs::read(root.path().join("a")).expect("a file"), b"whole");
        assert_eq!(std::fs::read_dir(root.path()).expect("a folder").count(), 1);
        assert!(killed.finish().is_err(), "a process that goes on all the same does not replace it");
    }

    #[tokio::test]
    async fn a_file_whose_bytes_fail_leaves_the_one_before() {
        let root = tempfile::tempdir().expect("a folder");
        std::fs::write(root.path().join("a"), "before").expect("a file");
        let failing = FileBytes::new(|| {
            stream::iter([Ok(bytes::Bytes::from_static(b"new")), Err(SourceErrorKind::Interrupted.into())]).boxed()
        });
        assert!(write_below(root.path().to_owned(), "a", &failing).await.is_err());
        assert_eq!(std::fs::read(root.path().join("a")).expect("a file"), b"before");
        assert_eq!(std::fs::read_dir(root.path()).expect("a folder").count(), 1);
    }
}
