//! The chain of statements in the table. Statements do not expire.

use async_trait::async_trait;

use super::keys;
use super::table::{PrefixQuery, Table};
use crate::domain::id::OrgId;
use crate::domain::statement::SignedStatement;
use crate::ports::{PortError, Statements};

#[async_trait]
impl Statements for Table {
    async fn statement(&self, org: OrgId, number: u64) -> Result<Option<SignedStatement>, PortError> {
        self.read(keys::organisation(org), keys::statement(number)).await
    }

    async fn statements(&self, org: OrgId, limit: usize) -> Result<Vec<SignedStatement>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::STATEMENTS, before: None, newest_first: true, limit: Some(limit) }).await
    }
}
