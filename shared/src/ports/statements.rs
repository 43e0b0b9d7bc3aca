//! Signed statements.

use async_trait::async_trait;

use super::PortError;
use crate::domain::id::OrgId;
use crate::domain::statement::SignedStatement;

/// Reads an organisation's chain of statements. [`super::Store::commit`] writes it; a read sees every commit that was acknowledged
/// before it.
#[async_trait]
pub trait Statements: Send + Sync {
    /// Returns the statement with that number, or `None` if there is none.
    async fn statement(&self, org: OrgId, number: u64) -> Result<Option<SignedStatement>, PortError>;
    /// Returns the newest statements, newest first.
    async fn statements(&self, org: OrgId, limit: usize) -> Result<Vec<SignedStatement>, PortError>;
}
