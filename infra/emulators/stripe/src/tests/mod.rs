//! The adapter against the server over HTTP; the buyer is a browser that sends forms.

mod checkouts;
mod disputes;
mod failures;
mod messages;
mod renewals;
mod world;
