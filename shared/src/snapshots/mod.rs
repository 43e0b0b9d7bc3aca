//! Snapshots: what was captured of a CRM, or what a platform has written. A snapshot names the version of each of its
//! modules, and a version names the blocks, packs and files that make it up ([`crate::domain::snapshot`]). Objects are
//! named by what they contain, so that snapshots share what they have in common; [`sweep`] deletes what none needs.

pub mod amend;
mod blocks;
pub mod error;
mod files;
pub mod input;
pub mod kept_bytes;
mod keys;
mod known_files;
mod large_files;
pub mod leases;
pub mod of_backup;
mod packed;
pub mod reader;
pub mod retained;
mod row_index;
mod row_key;
mod row_sink;
pub mod session;
pub mod stores;
pub mod sweep;
pub mod writer;

#[cfg(test)]
mod tests;
