//! Requests with an idempotency key.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::OrgId;
use crate::domain::request::Request;

/// Requests by their key. Answers are stored by [`super::Store::commit`], in the transaction of what they answer.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Begins a request: of many with one key at once, one does. Gives the request that has the key, where there is one that counts
    /// at `now` (seconds since 1970); rows that nobody has deleted yet do not.
    async fn begin(&self, org: OrgId, request: &Request, now: i64) -> Result<Option<Request>, PortError>;
    /// Ends an attempt that had no effect, so that the next one begins anew. Changes nothing where the request is answered, or another
    /// attempt has the key.
    async fn release(&self, org: OrgId, request: &Request) -> Result<(), PortError>;
    /// Ends an attempt whose effect was undone, answered or not. Changes nothing where another attempt has the key.
    async fn retract(&self, org: OrgId, request: &Request) -> Result<(), PortError>;
}
