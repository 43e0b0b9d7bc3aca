//! The `purchase` function: the allowance and its ledger, prices, orders from summary to receipt, subscriptions, and the
//! payment provider's webhook. Prices come only from the price list. The state of a payment is read from the provider, never taken from its
//! messages (see `settle`).

mod allowance;
mod billing;
mod checkout;
mod ledger;
mod messages;
mod orders;
mod ports;
mod prices;
mod settle;
mod shop;
mod subscriptions;
mod wire;

use hozon_shared::api::{Documented, with_idempotency, with_versions};
use utoipa_axum::routes;

pub use billing::Billing;
pub use ports::PurchasePorts;
pub use shop::Shop;

/// Returns the routes of this function; without a shop, where nothing is sold, those of the allowance alone.
pub fn router(billing: Billing, shop: Option<Shop>) -> Documented {
    let routes = Documented::new().routes(routes!(allowance::handle)).routes(routes!(ledger::handle));
    let routes = with_versions(routes).with_state(billing);
    match shop {
        Some(shop) => routes.merge(routes_of_shop(shop)),
        None => routes,
    }
}

fn routes_of_shop(shop: Shop) -> Documented {
    let routes = Documented::new()
        .routes(routes!(prices::handle))
        .routes(routes!(orders::list, orders::place))
        .routes(routes!(orders::read))
        .routes(routes!(checkout::confirm))
        .routes(routes!(checkout::cancel))
        .routes(routes!(subscriptions::list))
        .routes(routes!(subscriptions::cancel))
        .routes(routes!(subscriptions::resume));
    // The provider's messages have their own ids, by which repeats are detected.
    with_idempotency(with_versions(routes), &shop.ports.once).routes(routes!(messages::handle)).with_state(shop)
}
