//! Stripe's REST API as the implementation of the ports `Payments` and `Renewals`. Only this module calls Stripe; it
//! makes no decisions about orders.
//!
//! There is no official Rust SDK, and `async-stripe` is still a release candidate; see ADR 10.

mod amount;
mod client;
mod form;
mod keys;
mod renewals;
mod signature;
mod states;
mod stripe;
mod wire;

pub use amount::{from_stripe, to_stripe};
pub use keys::PaymentKeys;
pub use stripe::Stripe;
