//! The `activity` function: history and notifications, which are both views of the event log, and webhooks.

mod app;
mod history;
mod notifications;
mod webhooks;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
use hozon_shared::domain::webhook::Addresses;
use hozon_shared::ports::Ports;
use utoipa_axum::routes;

use app::App;

/// Returns the routes of this function. `addresses` limits the URLs of webhooks.
pub fn router(ports: Ports, addresses: Addresses) -> Documented {
    let routes = Documented::new()
        .routes(routes!(history::handle))
        .routes(routes!(notifications::list))
        .routes(routes!(notifications::mark_read))
        .routes(routes!(webhooks::list, webhooks::add))
        .routes(routes!(webhooks::remove))
        .routes(routes!(webhooks::test));
    with_idempotency(with_versions(routes), &ports).with_state(App { ports, addresses })
}
