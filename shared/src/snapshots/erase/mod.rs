//! Erases records from all snapshots of an organisation. Blocks and packs never change: those that have one of the records are written
//! anew without it, under the name of their new contents, the documents that list them are written anew, and the sweep then deletes what no
//! document lists any more. What is not concerned stays as it is. Everything may be repeated, and stopped at any point: an object that is
//! written and not listed yet is deleted or found again, and documents that are written anew have nothing left to erase.
//!
//! Whoever erases has announced a sweep ([`super::leases`]), so that nobody writes a snapshot meanwhile.

mod exclusion;
mod kept;
mod look;
mod packs;
mod rewrite;
mod rows;
mod search;
mod wanted;

pub use exclusion::Exclusion;
pub use look::{Found, FoundModule, Looking};
pub use rewrite::Rewriting;
pub use search::{SearchPart, SearchedPart, search};
pub use wanted::WantedRecords;
