//! The backup that a drill restores.

use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::drill::Drill;
use hozon_shared::domain::structure::TableKind;
use hozon_shared::ports::{Objects, PortError};
use hozon_shared::snapshots::of_backup::{module_of, snapshot_of};
use hozon_shared::snapshots::reader::StoredModule;

/// The backup that a drill restores.
pub(crate) struct DrilledBackup {
    /// Modules that are tables, in the order of the snapshot.
    pub tables: Vec<StoredModule>,
    /// API names of other modules.
    pub left_out: Vec<String>,
}

impl DrilledBackup {
    /// Reads it. `None` if its snapshot is not kept any more.
    pub(crate) async fn read(objects: &dyn Objects, drill: &Drill) -> Result<Option<Self>, PortError> {
        let Some(snapshot) = snapshot_of(objects, drill.org, drill.backup).await? else { return Ok(None) };
        let mut backup = Self { tables: Vec::new(), left_out: Vec::new() };
        for module in &snapshot.modules {
            let stored = module_of(objects, drill.org, module).await?;
            if stored.module.contents != DataCategory::Crm {
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
