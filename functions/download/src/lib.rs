//! Links to a backup's files, for the time left until seven days after its creation (R6).

mod links;

use axum::Router;
use axum::routing::{get, post};
use hozon_shared::api::with_versions;
use hozon_shared::ports::Ports;

/// The routes of this function.
pub fn router(ports: Ports) -> Router {
    let routes = Router::new()
        .route("/crm/bulk/{v}/backup/urls", get(links::all))
        .route("/crm/bulk/{v}/backup/{id}/files/{name}/actions/download", post(links::one));
    with_versions(routes).with_state(ports)
}
