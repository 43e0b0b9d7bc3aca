//! Sessions that write.

use hozon_shared::ports::SourceError;

use crate::connect::{Connection, Postgres};
use crate::names::literal;

/// A session that writes.
pub(crate) struct Session {
    pub client: Connection,
    /// Where statements of the CRM's own triggers look for names: the user's default.
    search_path: String,
}

impl Session {
    pub(crate) async fn begin(postgres: &Postgres) -> Result<Self, SourceError> {
        let (client, search_path) = postgres.connect_for_writing().await?;
        Ok(Self { client, search_path })
    }

    /// Lets triggers find what they name, until the transaction ends.
    pub(crate) fn as_the_crm(&self) -> String {
        format!("select pg_catalog.set_config('search_path', {}, true)", literal(&self.search_path))
    }
}
