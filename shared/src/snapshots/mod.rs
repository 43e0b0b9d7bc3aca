//! The native CRM store: each module's contents are an immutable *generation* of blocks and files in the CRM bucket; publishing makes
//! generations current. [`reader::NativeReader`] is the port [`crate::ports::SnapshotReader`] on it.

mod decoder;
mod encoder;
mod frames;
mod index;
mod keys;
pub mod publish;
pub mod reader;
pub mod writer;
