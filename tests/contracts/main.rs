//! What the ports promise, checked of the adapters on AWS's emulators: on those that the local program embeds, or, where
//! `HOZON_CONTRACTS_ENDPOINT` names it, on moto's server, which others have made (tests/deploy/contracts.py starts it). Checks speak
//! through the ports; [`emulators::Emulators`] looks at what no port tells.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod catalogue;
mod changes;
mod checksums;
mod emulators;
mod known;
mod links;
mod locks;
mod mailer;
mod objects;
mod outbox;
mod progress;
mod purchases;
mod requests;
mod samples;
mod schedules;
mod secrets;
mod store;
mod triggers;
mod uploads;
mod versions;
mod webhooks;
mod workflow;
