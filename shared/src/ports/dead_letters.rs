//! What could not be handled, kept for the operator.

use async_trait::async_trait;

use super::PortError;

/// A queue that nothing takes from but a person.
#[async_trait]
pub trait DeadLetters: Send + Sync {
    /// Keeps a text, for two weeks at least. A repeat is kept again.
    async fn keep(&self, letter: &str) -> Result<(), PortError>;
}
