//! History, and notifications with a read mark; both are views of the event log.

mod history;
mod notifications;

use axum::Router;
use axum::routing::{get, put};
use hozon_shared::api::with_versions;
use hozon_shared::ports::Ports;

/// The routes of this function.
pub fn router(ports: Ports) -> Router {
    let routes = Router::new()
        .route("/crm/bulk/{v}/backup/history", get(history::handle))
        .route("/crm/bulk/{v}/backup/notifications", get(notifications::list))
        .route("/crm/bulk/{v}/backup/notifications/actions/mark_read", put(notifications::mark_read));
    with_versions(routes).with_state(ports)
}
