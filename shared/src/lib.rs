//! What every function shares: decisions, ports, the AWS adapters behind them, CRM sources and the archive format.

pub mod api;
pub mod archive;
pub mod aws;
pub mod domain;
pub mod ending;
pub mod lambda;
pub mod notices;
pub mod ports;
pub mod settings;
pub mod sources;
pub mod telemetry;
