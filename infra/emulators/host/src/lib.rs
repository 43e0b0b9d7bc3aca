//! What every emulator needs of its machine: a port that stays the same, a guard against web pages, and files written whole or not at all.

pub mod files;
pub mod listening;
pub mod origins;
