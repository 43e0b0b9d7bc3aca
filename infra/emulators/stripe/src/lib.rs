//! A Stripe emulator. It answers the REST calls that the functions make, serves the hosted pages, renews subscriptions
//! by the clock, and sends signed webhook messages. Its state is one file. It knows nothing about Hozon: customers,
//! sessions and subscriptions, but no orders.
//!
//! Not supported, and rejected when requested: proration other than a credit at the end, prices that are not monthly,
//! changing quantities of subscriptions, coupons, taxes, and asynchronous payments.

mod api;
mod cards;
mod charges;
mod checkouts;
mod deliveries;
mod error;
mod form;
mod keys;
mod months;
mod objects;
mod pages;
mod renewals;
mod server;
mod state;
mod subscriptions;

use axum::{Router, middleware};
use hozon_emulator_host::origins;

pub use keys::StripeKeys;
pub use server::StripeServer;

impl StripeServer {
    /// Returns the routes of the API and the hosted pages.
    pub fn router(&self) -> Router {
        let routes = api::router(self.clone()).merge(pages::router(self.clone()));
        routes.layer(middleware::from_fn_with_state(origins::AllowedHosts::default(), origins::own_pages))
    }
}

#[cfg(test)]
mod tests;
