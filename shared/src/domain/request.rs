//! Requests with an idempotency key: however often a request is sent within a day, it has one effect and one answer.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::id::UserId;

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::days(1);

/// How long a request may be in flight. This exceeds the time limit of every API function, so that an interrupted
/// request can be sent again, but a running one is never overtaken.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A request identified by its key. `token` distinguishes the current attempt from others with the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The sender.
    pub user: UserId,
    /// Digest of route and key.
    pub name: String,
    /// Digest of path and body.
    pub digest: String,
    /// The attempt that carries the request out.
    pub token: u64,
    /// Expiry as Unix time in seconds.
    pub kept_until: i64,
    /// `None` while the request is in flight.
    pub answer: Option<StoredAnswer>,
}

/// The stored answer to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAnswer {
    /// HTTP status code.
    pub status: u16,
    /// JSON body; `None` if the answer contained a secret, which is never stored.
    pub body: Option<String>,
}

/// How to treat a request whose key is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// The first request is still in flight.
    InFlight,
    /// The key was used for a different request.
    Different,
    /// The request was carried out before.
    Answered(StoredAnswer),
}

impl Request {
    /// Starts a request now.
    pub fn begin(user: UserId, name: String, digest: String, token: u64, now: DateTime<Utc>) -> Self {
        Self { user, name, digest, token, kept_until: (now + LEASE).timestamp(), answer: None }
    }

    /// Adds the answer.
    #[must_use]
    pub fn answered(self, answer: StoredAnswer, now: DateTime<Utc>) -> Self {
        Self { kept_until: (now + KEPT).timestamp(), answer: Some(answer), ..self }
    }

    /// Resets the request as if it had never been sent.
    #[must_use]
    pub fn released(self) -> Self {
        Self { kept_until: 0, answer: None, ..self }
    }

    /// Decides how to treat another request with the same key.
    pub fn repeat(&self, other: &Self) -> Repeat {
        match &self.answer {
            _ if self.digest != other.digest => Repeat::Different,
            None => Repeat::InFlight,
            Some(answer) => Repeat::Answered(answer.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(digest: &str) -> Request {
        Request::begin(UserId(1), "name".to_owned(), digest.to_owned(), 7, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn a_repeat_is_in_flight_then_answered_and_another_body_is_different() {
        let answer = StoredAnswer { status: 201, body: Some("{}".to_owned()) };
        let first = request("a");
        assert_eq!(first.repeat(&request("a")), Repeat::InFlight);
        assert_eq!(first.repeat(&request("b")), Repeat::Different);
        let answered = first.answered(answer.clone(), DateTime::UNIX_EPOCH);
        assert_eq!(answered.repeat(&request("a")), Repeat::Answered(answer));
        assert_eq!(answered.repeat(&request("b")), Repeat::Different);
        assert_eq!(answered.kept_until, KEPT.num_seconds());
        assert_eq!(answered.released().kept_until, 0);
    }
}
