//! The `restore` function: restores are asked for, read, confirmed, cancelled and undone, and drills are asked for and read. The function `write-back` carries them out.

mod actions;
mod begin;
mod drill_out;
mod drills;
mod lists;
mod out;
mod plan;
mod ports;
mod report;
mod request;
mod undo;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
pub use ports::RestorePorts;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: RestorePorts) -> Documented {
    let routes = Documented::new()
        .routes(routes!(lists::list, request::create))
        .routes(routes!(lists::get))
        .routes(routes!(plan::list))
        .routes(routes!(actions::confirm))
        .routes(routes!(actions::cancel))
        .routes(routes!(undo::undo))
        .routes(routes!(drills::create))
        .routes(routes!(drills::get))
        .routes(routes!(drills::cancel))
        .routes(routes!(report::list))
        .routes(routes!(report::csv));
    with_idempotency(with_versions(routes), &ports.once).with_state(ports)
}
