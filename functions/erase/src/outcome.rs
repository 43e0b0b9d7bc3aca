//! What the state machine does after a call.

use serde_json::{Value, json};

/// What the state machine does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextCall {
    /// It ends: there is nothing to do for now.
    Done,
    /// It calls again at once.
    Again,
}

impl NextCall {
    pub fn to_json(self) -> Value {
        let outcome = match self {
            Self::Done => "done",
            Self::Again => "again",
        };
        json!({ "outcome": outcome })
    }
}
