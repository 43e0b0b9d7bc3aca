//! The local program: emulators for AWS and Stripe, the token issuer and all functions in one process, on one data
//! folder.

mod api;
mod background;
mod clock;
pub mod compare;
mod console;
mod csv_output;
mod deliveries;
mod downloads;
mod folder;
mod functions;
mod gateway;
pub mod housekeeping;
pub mod import {
    //! Loading files into the native CRM store.

    pub use hozon_files::*;
}
pub mod japanese;
pub mod language;
mod listening;
mod local;
mod mail;
mod organisations;
mod public_url;
mod recovery;
mod registry;
pub mod restoring;
pub mod sample;
mod secrets;
pub mod serving;
mod settings;
mod ticker;
pub mod tokens;
pub mod verify;

pub use clock::FastClock;
pub use functions::connectors;
pub use hozon_emulator_host::origins::{AllowedHost, AllowedHosts, NoHost};
pub use local::{Local, LocalOptions, PRICES, ZohoOptions};
pub use public_url::{NoPublicUrl, PublicUrl};
pub use registry::{no_organisation, require_name};
