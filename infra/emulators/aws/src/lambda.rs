//! Lambda functions as the emulated services invoke them.

use async_trait::async_trait;
use serde_json::Value;

/// A function that is invoked with an event.
#[async_trait]
pub trait Function: Send + Sync {
    /// Invokes the function. The caller may retry after an error.
    async fn invoke(&self, event: Value) -> anyhow::Result<Value>;
}
