//! Legal holds in the table.

use async_trait::async_trait;

use super::keys;
use super::table::{PrefixQuery, Table};
use crate::domain::hold::Hold;
use crate::domain::id::OrgId;
use crate::ports::{Holds, PortError};

#[async_trait]
impl Holds for Table {
    async fn holds(&self, org: OrgId) -> Result<Vec<Hold>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::HOLDS, before: None, newest_first: false, limit: None }).await
    }
}
