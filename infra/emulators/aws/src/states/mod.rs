//! Step Functions, as far as the functions use it: one state machine, read from its Amazon States Language file, its executions kept in
//! files, and `StartExecution`.

mod api;
pub mod asl;
mod executions;

pub use api::{STATE_MACHINE, router};
pub use executions::{Execution, ExecutionStatus, Executions, NotStarted};
