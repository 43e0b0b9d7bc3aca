//! The backup that a drill restores.

use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::drill::Drill;
use hozon_shared::domain::structure::TableKind;
use hozon_shared::ports::{Objects, PortError};
use hozon_shared::snapshots::of_backup::{module_of, snapshot_of};
use hozon_shared::snapshots::reader::StoredModule;

use super::record_table::{RecordTable, RecordTables};

/// The backup that a drill restores.
pub(crate) struct DrilledBackup {
    /// Modules that are restored, in the order of the snapshot.
    pub tables: Vec<StoredModule>,
    /// The tables that are made for them where the source has none; empty otherwise.
    pub record_tables: Vec<RecordTable>,
    /// API names of other modules.
    pub left_out: Vec<String>,
}

impl DrilledBackup {
    /// Reads it. `made` says how tables are made where the source has none: then all modules are restored. `None` if the snapshot is not kept
    /// any more.
    pub(super) async fn read(
        objects: &dyn Objects,
        drill: &Drill,
        made: Option<&RecordTables>,
    ) -> Result<Option<Self>, PortError> {
        let Some(snapshot) = snapshot_of(objects, drill.org, drill.backup).await? else { return Ok(None) };
        let mut backup = Self { tables: Vec::new(), record_tables: Vec::new(), left_out: Vec::new() };
        for module in &snapshot.modules {
            let stored = module_of(objects, drill.org, module).await?;
            if stored.module.contents != DataCategory::Crm {
                continue;
            }
            if let Some(made) = made {
                backup.record_tables.push(made.table(&stored.module, backup.tables.len()));
                backup.tables.push(stored);
                continue;
            }
            match stored.module.structure.as_ref().map(|structure| structure.kind) {
                Some(TableKind::Table) => backup.tables.push(stored),
                Some(TableKind::View) | None => backup.left_out.push(stored.module.api_name),
            }
        }
        Ok(Some(backup))
    }
}
