//! What hinders writing modules, found before anything is written.

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::writing::{Hindrance, HindranceKind};
use hozon_shared::ports::SourceError;
use tokio_postgres::Client;

use super::table::{CellPlaces, WrittenTable, contained};
use crate::errors::source_error;

/// Whether the server itself takes no changes, as a standby does not.
const READ_ONLY: &str = "select pg_catalog.pg_is_in_recovery()";

pub(crate) async fn hindrances(client: &Client, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
    let is_read_only: bool = client.query_one(READ_ONLY, &[]).await.map_err(source_error)?.get(0);
    let tables = WrittenTable::of_modules(client, modules).await.map_err(source_error)?;
    let mut found = Vec::new();
    for (module, table) in modules.iter().zip(tables) {
        let of_all = |kind| Hindrance { module: module.api_name.clone(), kind, field: None };
        match table {
            None => found.push(of_all(HindranceKind::Gone)),
            Some(table) if !table.has_rows() => found.push(of_all(HindranceKind::NotATable)),
            Some(table) if is_read_only || !table.is_visible || !table.may_lock => {
                found.push(of_all(HindranceKind::NoPermission));
            }
            Some(table) if CellPlaces::of(module, &table).is_none() => found.push(of_all(HindranceKind::NoKey)),
            Some(table) => found.extend(of_fields(module, &table)),
        }
    }
    Ok(found)
}

fn of_fields(module: &Module, table: &WrittenTable) -> Vec<Hindrance> {
    let of = |kind, field: &str| Hindrance { module: module.api_name.clone(), kind, field: Some(field.to_owned()) };
    let own = contained(module).filter_map(|name| match table.column(name) {
        None => Some(of(HindranceKind::Gone, name)),
        Some(column) if !column.is_generated && !column.may_write => Some(of(HindranceKind::NoPermission, name)),
        Some(_) => None,
    });
    let required = table.columns.iter().filter(|column| column.is_required && !contained(module).any(|name| name == column.name));
    own.chain(required.map(|column| of(HindranceKind::RequiredField, &column.name))).collect()
}
