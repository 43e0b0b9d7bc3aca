//! The `download` function: links to the files of backups, until seven days after its zips were made.

mod links;
mod ports;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
pub use ports::DownloadPorts;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: DownloadPorts) -> Documented {
    let routes = Documented::new().routes(routes!(links::all)).routes(routes!(links::one));
    with_idempotency(with_versions(routes), &ports.once).with_state(ports)
}
