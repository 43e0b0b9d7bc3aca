//! Runner for the deployed state machine file. It supports the parts of the Amazon States Language (JSONPath) that the
//! file uses, and rejects everything else when it loads the file, so that a local run never behaves differently from
//! one on AWS.

mod definition;
mod paths;
mod run;

pub use definition::{Definition, load};
pub use run::{Interpreter, ServiceIntegrations, StateError};
