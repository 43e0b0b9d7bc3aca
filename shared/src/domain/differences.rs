//! What differs between two snapshots: for each module the records that were added, changed and deleted, and the same of its
//! attachments. [`super::unusual_loss`] decides which of it is an unusual loss.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use super::crm::{DataCategory, Module};
use super::id::BackupId;

/// Maximum number of records that are named as examples of each kind.
pub const MAX_EXAMPLES: usize = 10;

/// What happened to a record or an attachment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    Added,
    Changed,
    Deleted,
}

/// A row that differs between two snapshots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowDifference {
    /// Id of the record, as the row index has it; the hash of the row where nothing identifies the rows of the module.
    pub id: Vec<u8>,
    pub kind: DifferenceKind,
    /// Number of the block that has the row in the first snapshot; `None` for an added row.
    pub before: Option<usize>,
    /// Number of the block that has the row in the second snapshot; `None` for a deleted row.
    pub after: Option<usize>,
}

/// How many there were and are, and how many of them differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub before: u64,
    pub after: u64,
    pub added: u64,
    pub changed: u64,
    pub deleted: u64,
}

impl Counted {
    /// Counts one difference.
    pub fn count(&mut self, kind: DifferenceKind) {
        match kind {
            DifferenceKind::Added => self.added += 1,
            DifferenceKind::Changed => self.changed += 1,
            DifferenceKind::Deleted => self.deleted += 1,
        }
    }

    /// Number of those that differ.
    pub fn differing(&self) -> u64 {
        self.added + self.changed + self.deleted
    }
}

impl Add for Counted {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            before: self.before + other.before,
            after: self.after + other.after,
            added: self.added + other.added,
            changed: self.changed + other.changed,
            deleted: self.deleted + other.deleted,
        }
    }
}

/// Ids of some records that differ, in the order of the row index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceExamples {
    pub added: Vec<String>,
    pub changed: Vec<String>,
    pub deleted: Vec<String>,
}

impl DifferenceExamples {
    /// Adds an example, unless there are enough of its kind.
    pub fn add(&mut self, kind: DifferenceKind, id: &[u8]) {
        let of_kind = match kind {
            DifferenceKind::Added => &mut self.added,
            DifferenceKind::Changed => &mut self.changed,
            DifferenceKind::Deleted => &mut self.deleted,
        };
        if of_kind.len() < MAX_EXAMPLES {
            of_kind.push(String::from_utf8_lossy(id).into_owned());
        }
    }
}

/// What happened to a module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModuleState {
    /// Neither records nor attachments differ.
    Same,
    Changed,
    /// Only the second snapshot has it.
    New,
    /// Only the first snapshot has it.
    Gone,
}

/// Why the rows of a module can be compared in part only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum PartlyCompared {
    /// The columns differ, and with them every row. Added and deleted records are counted, changed ones are not; where
    /// nothing identifies the records, none are.
    Columns { added: Vec<String>, removed: Vec<String> },
    /// Other fields identify a record. Only the number of records is compared.
    Key,
    /// Another version of Hozon has written the rows in another form. Otherwise as for columns.
    Format,
}

impl PartlyCompared {
    /// Name of the reason in the API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Columns { .. } => "columns",
            Self::Key => "key",
            Self::Format => "format",
        }
    }

    /// Compares the descriptions of two versions of a module. `None` if every row can be compared.
    pub fn of(before: &Module, after: &Module) -> Option<Self> {
        let kept = |module: &Module| -> Vec<(String, String)> {
            let kept = module.fields.iter().filter(|field| field.contents == DataCategory::Crm);
            kept.map(|field| (field.api_name.clone(), field.data_type.clone())).collect()
        };
        let (old, new) = (kept(before), kept(after));
        if before.key != after.key {
            return Some(Self::Key);
        }
        let names_without = |fields: &[(String, String)], others: &[(String, String)]| {
            let names = fields.iter().map(|(name, _)| name);
            names.filter(|name| others.iter().all(|(other, _)| other != *name)).cloned().collect()
        };
        (old != new).then(|| Self::Columns { added: names_without(&new, &old), removed: names_without(&old, &new) })
    }
}

/// What differs in a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModuleDifferences {
    pub api_name: String,
    pub label: String,
    pub state: ModuleState,
    /// Why not all differences of rows are counted; `None` if they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partly: Option<PartlyCompared>,
    pub rows: Counted,
    pub files: Counted,
    /// Examples of records; none where nothing identifies the records.
    #[serde(default)]
    pub examples: DifferenceExamples,
}

impl ModuleDifferences {
    /// Number of records that are known to be gone: the deleted ones, or by how many there are fewer where those are not counted.
    pub fn lost_rows(&self) -> u64 {
        self.rows.deleted.max(self.rows.before.saturating_sub(self.rows.after))
    }
}

/// Sums over all modules.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferenceTotals {
    pub rows: Counted,
    pub files: Counted,
    pub modules_new: u64,
    pub modules_gone: u64,
    /// Number of modules that were compared in part only.
    pub modules_partly: u64,
}

/// What differs between the snapshots of two backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// The earlier backup.
    pub since: BackupId,
    /// All modules of both, in the order of the later one; those that are gone come last.
    pub modules: Vec<ModuleDifferences>,
    pub totals: DifferenceTotals,
}

impl Differences {
    /// Sums up what differs in the modules.
    pub fn new(since: BackupId, modules: Vec<ModuleDifferences>) -> Self {
        let mut totals = DifferenceTotals::default();
        for module in &modules {
            totals.rows = totals.rows + module.rows;
            totals.files = totals.files + module.files;
            totals.modules_new += u64::from(module.state == ModuleState::New);
            totals.modules_gone += u64::from(module.state == ModuleState::Gone);
            totals.modules_partly += u64::from(module.partly.is_some());
        }
        Self { since, modules, totals }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::crm::Field;

    fn module(fields: &[(&str, &str, DataCategory)], key: &str) -> Module {
        let field = |(name, kind, contents): &(&str, &str, DataCategory)| Field {
            api_name: (*name).to_owned(),
            label: String::new(),
            data_type: (*kind).to_owned(),
            contents: *contents,
        };
        Module {
            api_name: "Leads".to_owned(),
            label: "Leads".to_owned(),
            order: 1,
            contents: DataCategory::Crm,
            version: "1".to_owned(),
            fields: fields.iter().map(field).collect(),
            key: vec![key.to_owned()],
            structure: None,
            rows: 0,
            row_bytes: 0,
            attachments: 0,
            attachment_bytes: 0,
        }
    }

    #[test]
    fn a_module_with_other_columns_or_another_key_is_compared_in_part() {
        const CRM: DataCategory = DataCategory::Crm;
        let before = module(&[("id", "text", CRM), ("name", "text", CRM), ("mail", "text", DataCategory::Mail)], "id");
        assert_eq!(PartlyCompared::of(&before, &before), None);
        let without_mail = module(&[("id", "text", CRM), ("name", "text", CRM)], "id");
        assert_eq!(PartlyCompared::of(&before, &without_mail), None, "backups leave it out anyway");
        let other = module(&[("id", "text", CRM), ("phone", "text", CRM)], "id");
        let (added, removed) = (vec!["phone".to_owned()], vec!["name".to_owned()]);
        assert_eq!(PartlyCompared::of(&before, &other), Some(PartlyCompared::Columns { added, removed }));
        let retyped = module(&[("id", "text", CRM), ("name", "number", CRM)], "id");
        let none = PartlyCompared::Columns { added: Vec::new(), removed: Vec::new() };
        assert_eq!(PartlyCompared::of(&before, &retyped), Some(none), "the escaping of cells follows the type");
        let keyed = module(&[("id", "text", CRM), ("name", "text", CRM)], "name");
        assert_eq!(PartlyCompared::of(&before, &keyed), Some(PartlyCompared::Key));
    }
}
