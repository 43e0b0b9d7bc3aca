//! Requests that carry an idempotency key.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::OrgId;
use crate::domain::request::Request;

/// Stores requests by idempotency key. [`super::Store::commit`] stores the answer, in the transaction of the request's
/// effect.
#[async_trait]
pub trait Requests: Send + Sync {
    /// Claims the key for a request; of concurrent requests with the same key exactly one succeeds. Returns the request
    /// that holds the key if one is valid at `now` (Unix seconds). Expired rows that have not been deleted yet do not
    /// count.
    async fn begin(&self, org: OrgId, request: &Request, now: i64) -> Result<Option<Request>, PortError>;
    /// Releases a request that had no effect, so that the client can retry. Does nothing if the request was answered or
    /// another attempt holds the key.
    async fn release(&self, org: OrgId, request: &Request) -> Result<(), PortError>;
    /// Deletes a request whose effect was undone, whether or not it was answered. Does nothing if another attempt holds
    /// the key.
    async fn retract(&self, org: OrgId, request: &Request) -> Result<(), PortError>;
}
