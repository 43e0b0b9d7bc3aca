//! Code shared by all functions: decisions, ports, the adapters for AWS and the payment provider, the native CRM store,
//! and the archive format.

pub mod allowance;
pub mod api;
pub mod archive;
pub mod aws;
pub mod call;
pub mod call_outcome;
pub mod captured;
pub mod connecting;
pub mod domain;
pub mod drilled;
pub mod ending;
pub mod erasing;
pub mod lambda;
pub mod looks;
pub mod notices;
pub mod payments;
pub mod ports;
pub mod restore_plan;
pub mod restore_search;
pub mod restore_start;
pub mod restored;
pub mod running;
pub mod settings;
pub mod snapshots;
pub mod stored;
pub mod telemetry;
mod wiring;
