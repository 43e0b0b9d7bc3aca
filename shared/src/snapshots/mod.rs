//! The native CRM store. The contents of each module are an immutable *generation* of blocks and files in the CRM
//! bucket, and publishing makes generations current. [`reader::NativeReader`] implements
//! [`crate::ports::SnapshotReader`] on it.

mod decoder;
mod encoder;
mod frames;
mod index;
mod keys;
pub mod publish;
pub mod reader;
pub mod writer;
