//! `AUTO_INCREMENT` after a restore. The server itself never gives a number up to the greatest that a row has had; what it had given when
//! the backup was made is set here.

use hozon_shared::domain::crm::Module;
use hozon_shared::ports::SourceError;
use mysql_async::Conn;
use mysql_async::prelude::Queryable;

use crate::errors::{about, code};
use crate::names::quoted;

const NEXT: &str = "select AUTO_INCREMENT from information_schema.TABLES
where TABLE_SCHEMA = database() and TABLE_NAME = ? and AUTO_INCREMENT is not null";

/// The server's number for a missing right on a table.
const NO_PERMISSION: u16 = 1142;

/// Raises the next number of a module's table to that of the backup. A user who may not alter the table leaves it: no row has that number.
pub(crate) async fn raise(conn: &mut Conn, module: &Module) -> Result<(), SourceError> {
    let failed = |error| about(error, &module.api_name);
    let captured = module.structure.as_ref().and_then(|structure| Some((&structure.table.name, structure.auto_increment?)));
    let Some((table, wanted)) = captured else { return Ok(()) };
    let next: Option<u64> = conn.exec_first(NEXT, (table,)).await.map_err(failed)?;
    if next.is_none_or(|next| next >= wanted) {
        return Ok(());
    }
    match conn.query_drop(format!("alter table {} auto_increment = {wanted}", quoted(table))).await {
        Err(error) if code(&error) == Some(NO_PERMISSION) => {
            tracing::info!(module = module.api_name, "the next number stays as it is, since the user may not alter the table");
            Ok(())
        }
        ended => ended.map_err(failed),
    }
}
