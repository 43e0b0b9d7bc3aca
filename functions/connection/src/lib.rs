//! The `connection` function: reading, setting, checking and removing the connection to the CRM that is backed up, and the database
//! that restores may write into instead. Passwords
//! are written and never read back.

mod check;
mod connection;
mod consent;
mod database;
mod ports;
mod restore_target;
mod wanted;
mod zoho;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
pub use ports::ConnectionPorts;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: ConnectionPorts) -> Documented {
    let routes = Documented::new()
        .routes(routes!(connection::read, connection::set, connection::remove))
        .routes(routes!(check::handle))
        .routes(routes!(restore_target::read, restore_target::set, restore_target::remove))
        .routes(routes!(restore_target::check))
        .routes(routes!(consent::ask))
        .routes(routes!(consent::answer));
    with_idempotency(with_versions(routes), &ports.once).with_state(ports)
}
