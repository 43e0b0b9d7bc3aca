//! What the state machine does after a call that may be one of several.

use serde_json::{Value, json};

/// Shortest wait in seconds for a source that takes no more calls: each wait is one more call of the state machine.
const SHORTEST_WAIT: u64 = 60;
/// Longest wait in seconds. Whoever waits keeps a lease, which lasts a day.
const LONGEST_WAIT: u64 = 6 * 60 * 60;

/// How a call has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallOutcome {
    /// There is nothing more to do, or nothing for now.
    Done,
    /// Another call goes on.
    Again,
    /// Another call goes on after that many seconds.
    Wait(u64),
}

/// Seconds to wait for a source that takes no more calls for so many.
pub fn wait_within_limits(seconds: u64) -> u64 {
    seconds.clamp(SHORTEST_WAIT, LONGEST_WAIT)
}

impl From<CallOutcome> for Value {
    fn from(outcome: CallOutcome) -> Self {
        let (outcome, seconds) = match outcome {
            CallOutcome::Done => ("done", 0),
            CallOutcome::Again => ("again", 0),
            CallOutcome::Wait(seconds) => ("wait", seconds),
        };
        json!({ "outcome": outcome, "seconds": seconds })
    }
}
