//! The local program: S3, DynamoDB, the state machine, the token issuer and all functions in one process, on one data folder.

mod access_events;
mod asl;
mod clock;
mod console;
mod disk;
mod downloads;
pub mod emulators;
mod executions;
mod folder;
mod functions;
mod gateway;
pub mod housekeeping;
pub mod import;
mod listening;
mod local;
mod mail;
mod origins;
mod recovery;
mod registry;
mod s3;
pub mod sample;
mod scheduler;
mod secrets;
mod secrets_api;
pub mod serving;
mod settings;
mod states;
mod stream;
pub mod stripe;
mod table;
mod ticker;
pub mod tokens;
pub mod verify;

pub use clock::FastClock;
pub use local::{Local, Options, PRICES, require_name};
