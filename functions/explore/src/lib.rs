//! The `explore` function: what the snapshots of backups contain. Whatever is shown is recorded in the history first.

mod attachments;
mod compare;
mod modules;
mod opened;
mod ports;
mod record;
mod record_history;
mod records;
mod search;
mod shown;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
pub use ports::ExplorePorts;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: ExplorePorts) -> Documented {
    let routes = Documented::new()
        .routes(routes!(modules::list))
        .routes(routes!(compare::modules::list))
        .routes(routes!(compare::records::list))
        .routes(routes!(compare::attachments::list))
        .routes(routes!(records::list))
        .routes(routes!(record::get))
        .routes(routes!(record_history::get))
        .routes(routes!(attachments::list))
        .routes(routes!(attachments::link))
        .routes(routes!(search::handle));
    with_idempotency(with_versions(routes), &ports.once).with_state(ports)
}
