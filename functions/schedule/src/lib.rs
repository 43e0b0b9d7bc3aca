//! Backup now, the current backup, and its summary.

mod back_up_now;
mod current;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use hozon_shared::api::with_versions;
use hozon_shared::domain::allowance::Plans;
use hozon_shared::ports::Ports;

#[derive(Clone)]
struct App {
    ports: Ports,
    plans: Arc<Plans>,
}

/// The routes of this function.
pub fn router(ports: Ports, plans: Plans) -> Router {
    let app = App { ports, plans: Arc::new(plans) };
    let routes = Router::new()
        .route("/crm/bulk/{v}/backup", post(back_up_now::handle).get(current::backup))
        .route("/crm/bulk/{v}/backup/summary", get(current::summary));
    with_versions(routes).with_state(app)
}
