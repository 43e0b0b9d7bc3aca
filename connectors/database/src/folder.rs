//! Files in the folder of a CRM. A path from the database leads to a file below the folder, or nowhere.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_shared::domain::file_place::path_below;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{FileBytes, SourceBytes, SourceError};
use rustix::fs::{CWD, FileType, Mode, OFlags, fstat, openat};

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// Opens a file below `folder`; `None` if it is not there, cannot be read, or is no regular file. Symbolic links below the folder are
/// not followed, and `..` and absolute paths lead nowhere.
pub(crate) async fn open_below(folder: PathBuf, path: String) -> Option<FileBytes> {
    let opened = tokio::task::spawn_blocking(move || open(&folder, &path)).await;
    let file = Arc::new(opened.ok()??);
    Some(FileBytes::new(move || pieces(file.clone())))
}

fn open(folder: &Path, path: &str) -> Option<File> {
    let parts = path_below(path)?;
    let (name, folders) = parts.split_last()?;
    let directory = OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut at = openat(CWD, folder, directory, Mode::empty()).ok()?;
    for folder in folders {
        at = openat(&at, *folder, directory | OFlags::NOFOLLOW, Mode::empty()).ok()?;
    }
    // Without NONBLOCK, opening a pipe would wait for somebody who writes to it.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = openat(&at, *name, flags, Mode::empty()).ok()?;
    let is_file = fstat(&file).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile);
    is_file.then(|| File::from(file))
}

/// The bytes of an open file, up to its end as it is then.
fn pieces(file: Arc<File>) -> SourceBytes {
    stream::try_unfold((file, 0), |(file, from)| async move {
        let read = tokio::task::spawn_blocking(move || read_piece(&file, from).map(|piece| (piece, file)));
        let (piece, file) = read.await.map_err(interrupted)?.map_err(interrupted)?;
        let next = from + piece.len() as u64;
        Ok((!piece.is_empty()).then(|| (Bytes::from(piece), (file, next))))
    })
    .boxed()
}

/// Reads up to [`PIECE`] bytes; none at the end.
fn read_piece(file: &File, from: u64) -> io::Result<Vec<u8>> {
    let mut piece = vec![0; PIECE];
    loop {
        match file.read_at(&mut piece, from) {
            Ok(read) => {
                piece.truncate(read);
                return Ok(piece);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn interrupted(error: impl std::error::Error + Send + Sync + 'static) -> SourceError {
    SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::TryStreamExt;

    async fn read(folder: &std::path::Path, path: &str) -> Option<Vec<u8>> {
        let bytes = open_below(folder.to_owned(), path.to_owned()).await?;
        let pieces: Vec<Bytes> = bytes.read().try_collect().await.expect("reads");
        let again: Vec<Bytes> = bytes.read().try_collect().await.expect("reads again");
        assert_eq!(pieces, again);
        Some(pieces.concat())
    }

    #[tokio::test]
    async fn a_path_leads_to_a_file_below_the_folder_or_nowhere() {
        let outside = tempfile::tempdir().expect("a folder");
        let root = outside.path().join("media");
        std::fs::create_dir_all(root.join("a/b")).expect("folders");
        std::fs::write(outside.path().join("secret"), "secret").expect("a file");
        let large: Vec<u8> = (0..PIECE * 2 + 3).map(|at| at as u8).collect();
        std::fs::write(root.join("a/b/見積.pdf"), &large).expect("a file");
        std::fs::write(root.join("empty"), "").expect("a file");
        std::os::unix::fs::symlink(outside.path(), root.join("out")).expect("a link");
        std::os::unix::fs::symlink(outside.path().join("secret"), root.join("link")).expect("a link");
        assert_eq!(read(&root, "a/b/見積.pdf").await.as_deref(), Some(&*large));
        assert_eq!(read(&root, "a//./b/見積.pdf").await.map(|read| read.len()), Some(large.len()));
        assert_eq!(read(&root, "empty").await.as_deref(), Some(&b""[..]));
        let absolute = outside.path().join("secret").display().to_string();
        for path in ["../secret", "a/../../secret", "out/secret", "link", "a", "gone", "", ".", absolute.as_str(), "a\0b"] {
            assert!(read(&root, path).await.is_none(), "{path}");
        }
    }
}
