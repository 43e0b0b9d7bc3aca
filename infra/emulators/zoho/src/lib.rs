//! A small Zoho CRM for tests: accounts (OAuth) and API v8 on one loopback address, with Zoho's limits, and faults on
//! request. Its records follow from their numbers, so that several modules can have hundreds of thousands of them. It knows
//! nothing about Hozon.

mod admin;
mod asked;
mod backup_calls;
mod backups;
mod bulk;
mod checks;
mod conditions;
mod consent;
mod coql;
mod csv;
mod faults;
mod files;
mod jobs;
mod metadata;
mod modules;
mod multipart;
mod oauth;
mod options;
mod organisation;
mod people;
mod query_words;
mod records;
mod recycle_bin;
mod refusal;
mod routes;
mod rows;
mod schema;
mod server;
mod state;
mod table;
mod tokens;
mod usage;
mod words;
mod writes;

pub use faults::Fault;
pub use oauth::{BACKUP_SCOPE, FULL_SCOPE};
pub use options::{Options, SampleSize};
pub use server::ZohoServer;
pub use state::{AttachmentInfo, State};
pub use usage::Usage;

#[cfg(test)]
mod tests;
