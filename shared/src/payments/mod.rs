//! The payment provider behind the ports `Payments` and `Renewals`: Stripe, by its REST API. The only place that speaks HTTP to it; it
//! decides nothing about orders.
//!
//! There is no official Rust SDK, and `async-stripe` is still a release candidate: see ADR 10.

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
