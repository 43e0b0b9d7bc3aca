//! Links to a backup's files, for the time left until seven days after its creation (R6).

mod links;

use hozon_shared::api::{Documented, with_versions};
use hozon_shared::ports::Ports;
use utoipa_axum::routes;

/// The routes of this function.
pub fn router(ports: Ports) -> Documented {
    with_versions(Documented::new().routes(routes!(links::all)).routes(routes!(links::one))).with_state(ports)
}
