//! Differences between two backups.

/// What happened to a record or an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordEdit {
    Added,
    Changed,
    Deleted,
}

impl RecordEdit {
    /// Returns the name in CSV files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
        }
    }
}

/// A field of a record with its values, `None` for NULL. An added record has only values after, a deleted one only values
/// before.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EditedCell {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum BackupDifference {
    /// The module is only in the later backup.
    ModuleAdded,
    /// The module is only in the earlier backup.
    ModuleDeleted,
    /// The field is only in the later backup. Its values are not compared.
    FieldAdded(String),
    /// The field is only in the earlier backup. Its values are not compared.
    FieldDeleted(String),
    /// A record, or a row of a module without records' ids.
    Record {
        /// The record's key; empty for a row without one.
        record: String,
        edit: RecordEdit,
        /// Changed fields; of an added or deleted record all that are not NULL.
        cells: Vec<EditedCell>,
    },
    /// An attachment, with the SHA-256 of its contents.
    File { record: String, name: String, edit: RecordEdit, before: Option<String>, after: Option<String> },
}

/// Numbers of added, changed and deleted ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EditCounts {
    pub added: u64,
    pub changed: u64,
    pub deleted: u64,
}

impl EditCounts {
    pub fn total(self) -> u64 {
        self.added + self.changed + self.deleted
    }

    fn count(&mut self, edit: RecordEdit) {
        match edit {
            RecordEdit::Added => self.added += 1,
            RecordEdit::Changed => self.changed += 1,
            RecordEdit::Deleted => self.deleted += 1,
        }
    }
}

/// How a module differs between two backups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleComparison {
    pub api_name: String,
    pub rows_before: u64,
    pub rows_after: u64,
    pub records: EditCounts,
    pub files: EditCounts,
    pub fields_added: Vec<String>,
    pub fields_deleted: Vec<String>,
    /// Whether the module is only in the later backup.
    pub is_added: bool,
    /// Whether the module is only in the earlier backup.
    pub is_deleted: bool,
}

impl ModuleComparison {
    pub fn is_equal(&self) -> bool {
        let has_fields = self.fields_added.is_empty() && self.fields_deleted.is_empty();
        has_fields && self.records.total() + self.files.total() == 0 && !self.is_added && !self.is_deleted
    }

    pub(super) fn count(&mut self, difference: &BackupDifference) {
        match difference {
            BackupDifference::ModuleAdded => self.is_added = true,
            BackupDifference::ModuleDeleted => self.is_deleted = true,
            BackupDifference::FieldAdded(name) => self.fields_added.push(name.clone()),
            BackupDifference::FieldDeleted(name) => self.fields_deleted.push(name.clone()),
            BackupDifference::Record { edit, .. } => self.records.count(*edit),
            BackupDifference::File { edit, .. } => self.files.count(*edit),
        }
    }
}
