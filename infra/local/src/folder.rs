//! The data folder, with its checks before it is opened. The folder is made private to its owner, and it is rejected if
//! the table is missing while data that belongs to it exists.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use hozon_emulator_aws::table;

use crate::language::say;
use crate::registry::Registry;
use crate::secrets::LocalSecrets;

/// The data folder, locked for this process.
pub struct OpenFolder {
    pub path: PathBuf,
    pub secrets: LocalSecrets,
    pub registry: Registry,
    _lock: File,
}

impl OpenFolder {
    /// Checks and locks the folder. It is created if it does not exist.
    pub fn open(path: &Path) -> Result<Self> {
        make_private(path)?;
        let lock = lock(path)?;
        require_state(path)?;
        delete_leftovers(path)?;
        let secrets = LocalSecrets::load(&path.join("secrets.json"))?;
        let registry = Registry::load(&path.join("organisations.json"))?;
        Ok(Self { path: path.to_owned(), secrets, registry, _lock: lock })
    }
}

/// Creates the data folder if it does not exist, and restricts it and its contents to the owner, because they hold
/// customer data and keys. Files that this process creates later are restricted too.
fn make_private(data: &Path) -> Result<()> {
    keep_files_private();
    fs::create_dir_all(data).with_context(|| format!("make the data folder {}", data.display()))?;
    close_to_others(data).with_context(|| format!("make the data folder {} private to its owner", data.display()))
}

/// Fails if the table or the stored files are missing while the other exists. A new table would forget every
/// organisation and backup, and delete the zips.
fn require_state(data: &Path) -> Result<()> {
    let table = data.join(table::FILE);
    let has_table = fs::metadata(&table).is_ok_and(|file| file.len() > 0);
    if has_table {
        return require_stored_files(data);
    }
    let Some(witness) = witness(data)? else { return Ok(()) };
    bail!(
        "the table {} is missing or empty, though {} is there, so it has been lost. Nothing was changed. Copy {} back from a backup of the \
         data folder, with its -wal and -shm files if there are any; or move the folder {} away to begin anew. The zips in {} can be \
         copied, and loaded into a new folder with `hozon import`.",
        table.display(),
        witness.display(),
        table::FILE,
        data.display(),
        data.join("s3/archives").display(),
    )
}

/// The table is created after the buckets' folders, so it never exists without them.
fn require_stored_files(data: &Path) -> Result<()> {
    let lost = ["s3/archives", "s3/crm"].map(|bucket| data.join(bucket)).into_iter().find(|folder| !folder.is_dir());
    let Some(lost) = lost else { return Ok(()) };
    bail!(
        "the folder {} is missing, though the table {} is there, so that stored records or zips have been lost. Nothing was changed. Copy \
         the folder back from a backup of the data folder; or make it, empty, to go on without what was in it.",
        lost.display(),
        data.join(table::FILE).display(),
    )
}

/// Locks the data folder against other programs until the file is closed.
fn lock(data: &Path) -> Result<File> {
    let file = File::options().create(true).truncate(false).write(true).open(data.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let data = data.display();
            bail!(say(
                format!("another hozon uses the data folder {data}; stop it first, or choose another with --data"),
                format!(
                    "データフォルダー {data} は別の hozon が使用中です。先に終了するか、--data で別のフォルダーを指定してください"
                )
            ))
        }
        Err(TryLockError::Error(error)) => Err(error).context("lock the data folder"),
    }
}

/// Deletes temporary files of atomic writes that a killed process has left.
fn delete_leftovers(data: &Path) -> Result<()> {
    for folder in [data.to_owned(), data.join("executions"), data.join("scheduler"), data.join("mail")] {
        for path in entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            // Temporary file names of the crate `tempfile`.
            if name.starts_with(".tmp") && path.is_file() {
                fs::remove_file(&path).with_context(|| format!("delete {}", path.display()))?;
            }
        }
    }
    Ok(())
}

/// Returns a file that is created only after the table exists.
fn witness(data: &Path) -> Result<Option<PathBuf>> {
    let list = data.join("organisations.json");
    let has_organisations = fs::read(&list).is_ok_and(|json| json.trim_ascii() != b"[]" && !json.is_empty());
    if has_organisations {
        return Ok(Some(list));
    }
    for folder in ["s3/archives", "s3/crm", "executions", "scheduler", "mail"] {
        if let Some(path) = entries(&data.join(folder))?.into_iter().next() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Lists a folder; an absent folder is empty.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = || format!("read the folder {}", folder.display());
    match fs::read_dir(folder) {
        Ok(found) => found.map(|entry| Ok(entry.with_context(failed)?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(failed),
    }
}

#[cfg(unix)]
fn keep_files_private() {
    use rustix::fs::Mode;
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

#[cfg(not(unix))]
fn keep_files_private() {}

/// A folder that others can access was created by an earlier version; everything in it is made private first.
#[cfg(unix)]
fn close_to_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()? {
            kind if kind.is_dir() => close_to_others(&entry.path())?,
            kind if kind.is_file() => fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o600))?,
            _ => {}
        }
    }
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a folder")
    }

    #[test]
    fn a_new_folder_needs_no_table() {
        let folder = folder();
        require_state(&folder.path().join("not there")).expect("a first start");
        // As if the process was killed before the table was created.
        for made_first in ["secrets.json", "lock", "s3.port"] {
            fs::write(folder.path().join(made_first), "1").expect("writes");
        }
        fs::write(folder.path().join("organisations.json"), "[]").expect("writes");
        fs::create_dir_all(folder.path().join("s3/archives")).expect("makes it");
        require_state(folder.path()).expect("a second first start");
    }

    #[test]
    fn a_folder_whose_table_is_gone_or_empty_is_refused_with_what_to_do() {
        for witness in ["organisations.json", "s3/archives/1/2/Data_001.zip", "s3/crm/1/rows", "executions/a.json", "mail/a.eml"]
        {
            let folder = folder();
            let path = folder.path().join(witness);
            fs::create_dir_all(path.parent().expect("a folder")).expect("makes it");
            fs::write(path, "[{}]").expect("writes");
            for is_there in [false, true] {
                if is_there {
                    fs::write(folder.path().join(table::FILE), "").expect("writes");
                }
                let refused = require_state(folder.path()).expect_err(witness).to_string();
                for part in ["dynamodb.sqlite", "from a backup of the data folder", "hozon import"] {
                    assert!(refused.contains(part), "{refused}");
                }
            }
        }
    }

    #[test]
    fn a_folder_whose_stored_files_are_gone_is_refused_with_what_to_do() {
        let folder = folder();
        fs::write(folder.path().join(table::FILE), "SQLite format 3").expect("writes");
        fs::create_dir_all(folder.path().join("s3/archives")).expect("makes it");
        let refused = require_state(folder.path()).expect_err("it is lost").to_string();
        assert!(refused.contains("s3/crm is missing") && refused.contains("from a backup of the data folder"), "{refused}");
        fs::create_dir_all(folder.path().join("s3/crm")).expect("makes it");
        require_state(folder.path()).expect("all is there");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_of_an_earlier_version_is_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let folder = folder();
        let data = folder.path().join("data");
        let file = data.join("s3/archives/Data_001.zip");
        fs::create_dir_all(file.parent().expect("a folder")).expect("makes it");
        fs::write(&file, "zip").expect("writes");
        for path in [&data, &file] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("opens it");
        }
        make_private(&data).expect("closes it");
        let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&file)), (0o700, 0o600));
    }

    #[test]
    fn what_a_kill_left_of_a_file_is_deleted() {
        let folder = folder();
        fs::create_dir_all(folder.path().join("mail")).expect("makes it");
        for name in [".tmpA1b2C3", "mail/.tmpZ9", "mail/kept.eml"] {
            fs::write(folder.path().join(name), "").expect("writes");
        }
        delete_leftovers(folder.path()).expect("deletes");
        assert!(folder.path().join("mail/kept.eml").exists() && !folder.path().join("mail/.tmpZ9").exists());
        assert!(!folder.path().join(".tmpA1b2C3").exists());
    }
}
