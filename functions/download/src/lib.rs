//! The `download` function: links to the files of backups, until seven days after the backup was requested.

mod links;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
use hozon_shared::ports::Ports;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: Ports) -> Documented {
    let routes = Documented::new().routes(routes!(links::all)).routes(routes!(links::one));
    with_idempotency(with_versions(routes), &ports).with_state(ports)
}
