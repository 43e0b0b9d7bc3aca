//! Emulator for the parts of Step Functions that the functions use: one state machine, read from its Amazon States
//! Language file, executions stored in files, and the call `StartExecution`.

mod api;
pub mod asl;
mod executions;

pub use api::{STATE_MACHINE, router};
pub use executions::{Execution, ExecutionStatus, Executions, NotStarted};
