//! A connection to a database that is known from the start, in place of what an administrator has set.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_shared::domain::connection::{Connection, ConnectionRole, DatabaseSettings, SourceSettings};
use hozon_shared::domain::id::{ConnectionId, OrgId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::selection::Selection;
use hozon_shared::ports::{Connections, Credentials, CredentialsOf, PortError, SourceSecret};

/// The database of every organisation.
pub struct FixedSource {
    settings: DatabaseSettings,
    password: Option<String>,
}

impl FixedSource {
    /// Reads an address of PostgreSQL, for example `postgres://crm:secret@localhost/crm`.
    pub fn of(address: &str) -> anyhow::Result<Self> {
        let (settings, password) = DatabaseSettings::parse(address)?;
        Ok(Self { settings, password })
    }
}

#[async_trait]
impl Connections for FixedSource {
    async fn connection(&self, org: OrgId) -> Result<Option<Connection>, PortError> {
        Ok(Some(Connection {
            org,
            id: ConnectionId(1),
            role: ConnectionRole::Source,
            source: SourceSettings::Postgres(self.settings.clone()),
            selection: Selection::default(),
            drills: false,
            set_by: Person { id: UserId(1), name: "Bench".to_owned(), zuid: UserId(1) },
            set_at: DateTime::<Utc>::UNIX_EPOCH,
            version: 1,
        }))
    }

    async fn restore_target(&self, _: OrgId) -> Result<Option<Connection>, PortError> {
        Ok(None)
    }
}

#[async_trait]
impl Credentials for FixedSource {
    async fn put(&self, _: CredentialsOf, _: ConnectionId, _: &SourceSecret) -> Result<(), PortError> {
        Ok(())
    }

    async fn get(&self, _: CredentialsOf, _: ConnectionId) -> Result<SourceSecret, PortError> {
        Ok(SourceSecret { password: self.password.clone(), ..SourceSecret::default() })
    }

    async fn remove(&self, _: CredentialsOf) -> Result<(), PortError> {
        Ok(())
    }
}
