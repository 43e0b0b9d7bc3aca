//! Snapshots: what was captured of a CRM, or what a platform has written. A snapshot names the version of each of its
//! modules, and a version names the blocks, packs and files that make it up ([`crate::domain::snapshot`]). Objects are
//! named by what they contain, so that snapshots share what they have in common; [`sweep`] deletes what none needs.

pub mod amend;
mod block_text;
mod blocks;
mod compared_block;
pub mod differences;
pub mod document;
pub mod erase;
pub mod error;
pub mod file_bytes;
mod file_differences;
pub mod file_pages;
mod files;
pub mod find;
mod found_snapshots;
pub mod input;
pub mod kept_bytes;
mod keys;
mod known_blocks;
mod known_files;
mod large_files;
pub mod leases;
pub mod native;
pub mod of_backup;
pub mod of_restore;
mod packed;
pub mod pages;
mod raw_row;
pub mod reader;
pub mod records;
pub mod restoring;
pub mod retained;
mod row_blocks;
mod row_group;
pub mod row_ids;
mod row_index;
mod row_index_reader;
mod row_key;
mod row_sink;
pub mod row_values;
pub mod search;
pub mod session;
pub mod single_file;
pub mod stores;
pub mod sweep;
pub mod writer;
mod written_ids;

#[cfg(test)]
mod tests;
