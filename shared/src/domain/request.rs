//! Requests with an idempotency key: each has one effect and one answer, however often it is sent within a day.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use super::id::UserId;

/// How long an answer is kept.
pub const KEPT: TimeDelta = TimeDelta::days(1);

/// How long a request may be in flight. Longer than any function of the API may run, so that a request that was cut short can be
/// sent again, and one that still runs cannot be overtaken.
pub const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A request as it is known by its key. `token` tells the attempt that carries it out from others with the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who sent it.
    pub user: UserId,
    /// Digest of its route and key.
    pub name: String,
    /// Digest of its path and body.
    pub digest: String,
    /// The attempt that carries it out.
    pub token: u64,
    /// Until when it counts, in seconds since 1970.
    pub kept_until: i64,
    /// What it was answered with; `None` while it is in flight.
    pub answer: Option<Answer>,
}

/// The answer of a request that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Status of HTTP.
    pub status: u16,
    /// JSON; `None` where the answer showed a secret, which is never stored.
    pub body: Option<String>,
}

/// What a request with a known key comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Repeat {
    /// The first one is still in flight.
    InFlight,
    /// The key stands for another request.
    Different,
    /// It was carried out.
    Answered(Answer),
}

impl Request {
    /// A request that begins now.
    pub fn begin(user: UserId, name: String, digest: String, token: u64, now: DateTime<Utc>) -> Self {
        Self { user, name, digest, token, kept_until: (now + LEASE).timestamp(), answer: None }
    }

    /// The request with its answer.
    #[must_use]
    pub fn answered(self, answer: Answer, now: DateTime<Utc>) -> Self {
        Self { kept_until: (now + KEPT).timestamp(), answer: Some(answer), ..self }
    }

    /// The request as one that was never sent.
    #[must_use]
    pub fn released(self) -> Self {
        Self { kept_until: 0, answer: None, ..self }
    }

    /// What another request with this key comes to.
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
        let answer = Answer { status: 201, body: Some("{}".to_owned()) };
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
