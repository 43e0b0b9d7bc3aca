//! Files of a data folder: written atomically, and set aside if they are damaged.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};

/// Writes a file atomically and durably.
pub fn write_whole(path: &Path, contents: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(contents)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // Renaming changes the folder, so the folder is synchronised too.
    #[cfg(unix)]
    fs::File::open(folder)?.sync_all()?;
    Ok(())
}

/// Renames a file that cannot be parsed, and logs that it was set aside.
pub fn set_aside(path: &Path, error: &anyhow::Error, what_now: &str) -> Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let free = (1..).map(|number| path.with_file_name(format!("{name}.damaged-{number}"))).find(|aside| !aside.exists());
    let aside = free.context("no name is free")?;
    fs::rename(path, &aside).with_context(|| format!("put {} aside", path.display()))?;
    tracing::error!(error = format!("{error:#}"), file = %aside.display(), "set aside a damaged file: {what_now}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        for contents in ["a longer text", "short"] {
            write_whole(&path, contents.as_bytes()).expect("writes");
            assert_eq!(fs::read_to_string(&path).expect("reads"), contents);
        }
        assert_eq!(fs::read_dir(folder.path()).expect("lists").count(), 1, "no temporary file is left");
    }

    #[test]
    fn damaged_files_of_the_same_name_are_all_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("state.json");
        for number in 1..=2 {
            fs::write(&path, format!("damaged {number}")).expect("writes");
            set_aside(&path, &anyhow::anyhow!("no JSON"), "it is made anew").expect("renames");
            let aside = folder.path().join(format!("state.json.damaged-{number}"));
            assert_eq!(fs::read_to_string(aside).expect("reads"), format!("damaged {number}"));
            assert!(!path.exists());
        }
    }
}
