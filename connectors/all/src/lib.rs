//! Opens the connector of a connection, for whoever captures or checks one.

use hozon_connector_mysql::Mysql;
use hozon_connector_postgres::Postgres;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::ports::{Connector, SourceSecret};

/// All connectors.
#[derive(Debug, Clone, Copy)]
pub struct Connectors {
    /// Addresses that sources may have.
    pub addresses: Addresses,
}

impl Connectors {
    /// Returns the connector of a source, which has not connected yet; `None` for the native store, which is not captured.
    pub fn open(self, source: &SourceSettings, secret: SourceSecret) -> Option<Box<dyn Connector>> {
        match source {
            SourceSettings::Native {} => None,
            SourceSettings::Mysql(settings) => Some(Box::new(Mysql::new(settings.clone(), secret.password, self.addresses))),
            SourceSettings::Postgres(settings) => {
                Some(Box::new(Postgres::new(settings.clone(), secret.password, self.addresses)))
            }
        }
    }
}
