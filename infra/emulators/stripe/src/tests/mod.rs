//! Tests of the Stripe adapter against the emulator over HTTP; the buyer is a browser that submits forms.

mod checkouts;
mod disputes;
mod failures;
mod messages;
mod renewals;
mod world;
