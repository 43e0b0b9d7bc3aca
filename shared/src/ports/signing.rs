//! Signing of statements.

use async_trait::async_trait;

use super::PortError;
use crate::domain::statement::StatementKey;

/// Signs statements with a private key that nobody can read.
#[async_trait]
pub trait Signer: Send + Sync {
    /// Signs a text of at most [`crate::domain::statement::MAX_STATEMENT_BYTES`]. Fails with `Refused` if it is longer.
    async fn sign(&self, text: &[u8]) -> Result<Vec<u8>, PortError>;
    /// Returns the public key that verifies the signatures.
    async fn public_key(&self) -> Result<StatementKey, PortError>;
}
