//! Backups with their files, what they hold, and links to a backup's files, for the time left until seven days after its creation (R6).

mod backups;
mod contents;
mod links;
mod stored;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
use hozon_shared::ports::Ports;
use utoipa_axum::routes;

/// The routes of this function.
pub fn router(ports: Ports) -> Documented {
    let routes = Documented::new()
        .routes(routes!(links::all))
        .routes(routes!(links::one))
        .routes(routes!(backups::list))
        .routes(routes!(backups::contents));
    with_idempotency(with_versions(routes), &ports).with_state(ports)
}
