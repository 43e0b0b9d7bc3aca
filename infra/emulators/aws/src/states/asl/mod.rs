//! Runs the deployed state-machine file: the parts of the Amazon States Language (JSONPath) that it uses. What it does not know it
//! refuses when it loads the file, so that a run here never means something else than a run on AWS.

mod definition;
mod paths;
mod run;

pub use definition::{Definition, load};
pub use run::{Failed, Run, Services};
