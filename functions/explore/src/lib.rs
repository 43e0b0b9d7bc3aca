//! The `explore` function: what the snapshots of backups contain.

mod compare;
mod modules;
mod opened;
mod ports;

use hozon_shared::api::{Documented, with_versions};
pub use ports::ExplorePorts;
use utoipa_axum::routes;

/// Returns the routes of this function.
pub fn router(ports: ExplorePorts) -> Documented {
    let routes = Documented::new()
        .routes(routes!(modules::list))
        .routes(routes!(compare::modules::list))
        .routes(routes!(compare::records::list));
    with_versions(routes).with_state(ports)
}
