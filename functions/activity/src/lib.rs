//! The `activity` function: what has happened. History and notifications are views of the event log; beside them are the
//! backups, with their files and contents, what is kept of them, and what is erased from them.

mod backups;
mod contents;
mod contents_changes;
mod erasures;
mod history;
mod notifications;
mod ports;
mod retention;
mod statements;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
pub use ports::ActivityPorts;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: ActivityPorts) -> Documented {
    let routes = Documented::new()
        .routes(routes!(backups::list))
        .routes(routes!(backups::contents))
        .routes(routes!(statements::list))
        .routes(routes!(statements::key))
        .routes(routes!(retention::read))
        .routes(routes!(retention::hold, retention::unhold))
        .routes(routes!(statements::of_backup))
        .routes(routes!(history::handle))
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::mark_read));
    let erasures = Documented::new()
        .routes(routes!(erasures::list, erasures::add))
        .routes(routes!(erasures::get))
        .routes(routes!(erasures::statement::of_erasure))
        .routes(routes!(erasures::actions::confirm))
        .routes(routes!(erasures::actions::cancel));
    let erasures = with_idempotency(with_versions(erasures), &ports.once);
    with_versions(routes).merge(erasures).with_state(ports)
}
