//! The `download` function: backups with their files and contents, and links to the files until seven days after the
//! backup was requested.

mod backups;
mod contents;
mod links;
mod stored;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
use hozon_shared::ports::Ports;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: Ports) -> Documented {
    let routes = Documented::new()
        .routes(routes!(links::all))
        .routes(routes!(links::one))
        .routes(routes!(backups::list))
        .routes(routes!(backups::contents));
    with_idempotency(with_versions(routes), &ports).with_state(ports)
}
