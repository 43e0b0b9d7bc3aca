//! Reading zips with Info-ZIP.

use std::path::Path;
use std::process::Command;

/// Returns an entry of a zip.
pub fn unzip(zip: &Path, entry: &str) -> Vec<u8> {
    let output = Command::new("unzip").arg("-p").arg(zip).arg(entry).output().expect("unzip");
    assert!(output.status.success(), "{entry} is not in {}", zip.display());
    output.stdout
}
