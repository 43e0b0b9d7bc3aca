//! CRM sources.

pub mod native;
pub mod rows;
