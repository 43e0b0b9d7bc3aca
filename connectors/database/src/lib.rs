//! What the connectors of databases have in common: where they may connect, whom they trust, and how tables are called.

mod certificates;
mod labels;
mod network;

pub use certificates::{authorities, not_trusted};
pub use labels::label;
pub use network::{CONNECT_TIMEOUT, KEEPALIVE, allowed_addresses};

/// Text size in bytes at which a page of rows is full.
pub const PAGE_BYTES: usize = 256 << 10;
