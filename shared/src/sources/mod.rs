//! CRM sources.

pub mod digest;
mod keys;
pub mod native;
mod native_index;
pub mod native_publish;
pub mod native_writer;
mod row_encoder;
pub mod rows;
