//! What the state machine does after a call.

use std::time::Duration;

use hozon_shared::call_outcome::{CallOutcome, wait_within_limits};
use serde_json::{Value, json};

use crate::error::CaptureError;
use crate::ports::CapturePorts;

/// What follows a call that captures, or begins an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// The run goes on.
    Done,
    /// An attempt to capture in several calls begins.
    InCalls,
    /// The run waits that long for the program beside the database, and calls again.
    Wait(Duration),
}

/// Why reading a module has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    AtItsEnd,
    /// The time of the call is over.
    ForTime,
    /// The source takes no more calls for that many seconds.
    For(u64),
}

/// Turns the failure of a source that takes no more calls for now into a wait.
pub(crate) fn or_wait(done: Result<CallOutcome, CaptureError>) -> Result<Value, CaptureError> {
    match done {
        Err(error) => wait_for(error).map(|seconds| CallOutcome::Wait(seconds).into()),
        Ok(outcome) => Ok(outcome.into()),
    }
}

/// Returns how many seconds to wait for a source that takes no more calls for now. Fails with every other error.
pub(crate) fn wait_for(error: CaptureError) -> Result<u64, CaptureError> {
    let wait = match &error {
        CaptureError::Source { source, .. } => source.kind.wait(),
        _ => None,
    };
    wait.map(wait_within_limits).ok_or(error)
}

/// Tells the state machine. All answers have the same fields, which it selects.
pub(crate) fn next(ports: &CapturePorts, next: Next, tries: u32) -> Value {
    let attempt = ports.ids.next(ports.clock.now()).to_string();
    let (outcome, seconds) = match next {
        Next::Done => ("done", 0),
        Next::InCalls => ("in_calls", 0),
        Next::Wait(time) => ("wait", time.as_secs()),
    };
    json!({ "outcome": outcome, "attempt": attempt, "tries": tries, "seconds": seconds })
}
