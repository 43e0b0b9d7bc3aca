//! Runner for the deployed state machine file. It supports the parts of the Amazon States Language (JSONPath) that the
//! file uses, and rejects everything else when it loads the file, so that a local run never behaves differently from
//! one on AWS.

mod definition;
mod history;
mod load;
mod paths;
mod retries;
mod run;

pub use definition::Definition;
pub use load::load;
pub use retries::StateError;
pub use run::{Interpreter, ServiceIntegrations};

#[cfg(test)]
mod deployed_tests;
#[cfg(test)]
mod semantics_tests;
