//! History, and notifications with a read mark; both are views of the event log.

mod history;
mod notifications;

use hozon_shared::api::{Documented, with_versions};
use hozon_shared::ports::Ports;
use utoipa_axum::routes;

/// The routes of this function.
pub fn router(ports: Ports) -> Documented {
    let routes = Documented::new()
        .routes(routes!(history::handle))
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::mark_read));
    with_versions(routes).with_state(ports)
}
