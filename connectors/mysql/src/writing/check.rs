//! What hinders writing modules, found before anything is written.

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::writing::{Hindrance, HindranceKind};
use hozon_shared::ports::SourceError;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use super::target::{TargetTable, contained};
use crate::errors::source_error;

/// Whether the server itself takes no changes, as a replica does not. Some versions answer with a number, others with a word.
const READ_ONLY: &str = "select concat(@@global.read_only) in ('1', 'ON')";

pub(crate) async fn hindrances(conn: &mut Conn, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
    let is_read_only: Option<bool> = conn.query_first(READ_ONLY).await.map_err(source_error)?;
    let mut found = Vec::new();
    for module in modules {
        let of_all = |kind| Hindrance { module: module.api_name.clone(), kind, field: None };
        match TargetTable::of_module(conn, module).await.map_err(source_error)? {
            None => found.push(of_all(HindranceKind::Gone)),
            Some(table) if !table.has_rows() => found.push(of_all(HindranceKind::NotATable)),
            Some(table) if is_read_only == Some(true) || table.columns.iter().all(|column| !column.may_write) => {
                found.push(of_all(HindranceKind::NoPermission));
            }
            Some(table) if table.key(module).is_none() => found.push(of_all(HindranceKind::NoKey)),
            Some(table) => found.extend(of_fields(module, &table)),
        }
    }
    Ok(found)
}

fn of_fields(module: &Module, table: &TargetTable) -> Vec<Hindrance> {
    let of = |kind, field: &str| Hindrance { module: module.api_name.clone(), kind, field: Some(field.to_owned()) };
    let own = contained(module).filter_map(|name| match table.column(name) {
        None => Some(of(HindranceKind::Gone, name)),
        Some(known) if !known.is_generated && !known.may_write => Some(of(HindranceKind::NoPermission, name)),
        Some(_) => None,
    });
    let is_contained = |name: &str| contained(module).any(|field| field == name);
    let required = table.columns.iter().filter(|known| known.is_required && !is_contained(&known.column.name));
    own.chain(required.map(|known| of(HindranceKind::RequiredField, &known.column.name))).collect()
}
