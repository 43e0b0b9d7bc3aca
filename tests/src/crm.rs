//! CSV exports and attachments on disk, as input for imports.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// Modification time of every file: 15 January 2027.
const MODIFIED: Duration = Duration::from_secs(1_800_000_000);

/// A folder such as a CRM's export.
pub struct Crm {
    folder: TempDir,
}

impl Default for Crm {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }
}

impl Crm {
    /// A small CRM with two modules and three attachments.
    pub fn small() -> Self {
        Self::default()
            .file("Leads.csv", &csv(&[&["Id", "Name", "Phone"], &["1", "山田 \"太郎\"", "+819012345678"], &["2", "=1+1", "-5"]]))
            .file("Deals.csv", &csv(&[&["Id", "Amount"], &["10", "-12.50"]]))
            .file("attachments/Leads/1/offer.txt", "hello".repeat(100).as_bytes())
            .file("attachments/Leads/1/empty.txt", b"")
            .file("attachments/Deals/10/見積.txt", "保存".as_bytes())
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, bytes: &[u8]) -> Self {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("makes folders");
        let mut file = std::fs::File::create(path).expect("makes a file");
        file.write_all(bytes).expect("writes");
        // An import preserves modification times, and the same CRM must give the same bytes.
        file.set_modified(SystemTime::UNIX_EPOCH + MODIFIED).expect("dates a file");
        self
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The folder as the input of an import.
    pub fn inputs(&self) -> Vec<PathBuf> {
        vec![self.path().to_owned()]
    }
}

/// Writes CSV with every cell quoted.
pub fn csv(rows: &[&[&str]]) -> Vec<u8> {
    let mut text = String::new();
    for row in rows {
        let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text.into_bytes()
}
