//! What the state machine does after a call.

use serde_json::{Value, json};

/// Shortest and longest wait in seconds for a source that takes no more calls: each wait is one more call of the state machine.
const WAITS: (u64, u64) = (60, 6 * 60 * 60);

/// How a call has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallOutcome {
    Done,
    /// Another call goes on.
    Again,
    /// Another call goes on after that many seconds.
    Wait(u64),
}

impl From<CallOutcome> for Value {
    fn from(outcome: CallOutcome) -> Self {
        let (outcome, seconds) = match outcome {
            CallOutcome::Done => ("done", 0),
            CallOutcome::Again => ("again", 0),
            CallOutcome::Wait(seconds) => ("wait", seconds.clamp(WAITS.0, WAITS.1)),
        };
        json!({ "outcome": outcome, "seconds": seconds })
    }
}
