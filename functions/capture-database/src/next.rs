//! What the state machine does after a call.

use std::time::Duration;

use serde_json::{Value, json};

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
