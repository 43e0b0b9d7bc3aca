//! Record of sent messages, so that a stream record that is delivered twice causes one message.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::domain::id::{EventId, OrgId};

/// Remembers handled messages by event and receiver. Entries are kept for a month; a stream repeats a record within a
/// day.
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Returns whether this event's message to this receiver was handled.
    async fn is_done(&self, org: OrgId, event: EventId, receiver: &str) -> Result<bool, PortError>;
    /// Marks the message as handled. Idempotent.
    async fn done(&self, org: OrgId, event: EventId, receiver: &str, at: DateTime<Utc>) -> Result<(), PortError>;
}
