//! CSV exports and attachments on disk, to be imported.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder as a CRM's export would leave it.
pub struct Crm {
    folder: TempDir,
}

impl Default for Crm {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }
}

impl Crm {
    /// A small CRM of two modules and three attachments.
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
        std::fs::write(path, bytes).expect("writes");
        self
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where it is, as inputs of an import.
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
