//! Host services for all emulators: a stable port, protection against web pages, and atomic file writes.

pub mod files;
pub mod listening;
pub mod origins;
