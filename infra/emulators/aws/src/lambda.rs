//! A Lambda function as the emulated services call it.

use async_trait::async_trait;
use serde_json::Value;

/// A function that is called with an event.
#[async_trait]
pub trait Function: Send + Sync {
    /// Calls the function; an error is one that the caller may try again.
    async fn invoke(&self, event: Value) -> anyhow::Result<Value>;
}
