//! What was sent, so that a stream record that is delivered twice is one message.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::domain::id::{EventId, OrgId};

/// Messages that have been handled, by event and receiver. Kept for a month; a stream repeats within a day.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Whether this event's message to this receiver has been handled.
    async fn is_done(&self, org: OrgId, event: EventId, receiver: &str) -> Result<bool, PortError>;
    /// Notes that it has been. May be repeated.
    async fn done(&self, org: OrgId, event: EventId, receiver: &str, at: DateTime<Utc>) -> Result<(), PortError>;
}
