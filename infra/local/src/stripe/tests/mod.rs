//! The adapter against the server over HTTP; the buyer is a browser that sends forms.

mod checkouts;
mod disputes;
mod messages;
mod renewals;
mod world;
