//! The HTTP side that all API functions share: who is asking, and how errors look on the wire. Only this module knows status codes.

mod error;
mod extract;
mod identity;
mod openapi;
mod wire;

pub use error::{ApiError, Envelope};
pub use extract::{Body, Params, number};
pub use identity::{Administrator, AuthRefusal, Identity};
pub use openapi::{ApiVersion, Documented, ErrorOut, FailureOut, Refusals, document};
pub use wire::{BackupEnvelope, Changed, PersonOut, Success, local_time, with_fallbacks, with_versions};
