//! What the connectors of databases have in common: where they may connect, whom they trust, and how tables are called.

mod certificates;
mod folder;
mod folder_writing;
mod labels;
mod network;
mod outside;
mod times;

pub use certificates::{authorities, not_trusted};
pub use labels::label;
pub use network::{CONNECT_TIMEOUT, KEEPALIVE, allowed_addresses};
pub use outside::OutsideFiles;
pub use times::time_of;

/// Text size in bytes at which a page of rows is full.
pub const PAGE_BYTES: usize = 256 << 10;
