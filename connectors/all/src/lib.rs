//! Opens the connector of a connection, for whoever captures or checks one.

use std::collections::BTreeMap;
use std::sync::Arc;

use hozon_connector_database::OutsideFiles;
use hozon_connector_mysql::Mysql;
use hozon_connector_postgres::Postgres;
use hozon_connector_zoho::{Zoho, ZohoAccess, ZohoBackup};
use hozon_shared::aws::{Aws, file_buckets};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::connection::{DatabaseSettings, SourceSettings};
use hozon_shared::domain::id::{BackupId, ConnectionId, OrgId};
use hozon_shared::ports::{Connector, FileBuckets, PortError, Ports, SourceSecret};
use hozon_shared::settings::{SettingsError, source_addresses, source_files, zoho_client, zoho_url};

/// All connectors.
#[derive(Clone)]
pub struct Connectors {
    /// Addresses that sources may have.
    pub addresses: Addresses,
    /// Buckets in which CRMs may keep attached files.
    pub buckets: Arc<dyn FileBuckets>,
    /// Where the operator says that the CRMs of organisations keep attached files.
    pub places: BTreeMap<OrgId, String>,
    /// `None` where no source is Zoho CRM.
    pub zoho: Option<ZohoAccess>,
}

/// Errors of what the connectors of a function on AWS need.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorsError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Connectors {
    /// The connectors of a function on AWS, as its environment says.
    pub async fn from_env(aws: &Aws, ports: &Ports) -> Result<Self, ConnectorsError> {
        let client = match zoho_client() {
            Some(secret) => Some(aws.keys(&secret).await?),
            None => None,
        };
        let zoho = Some(ZohoAccess::new(ports, zoho_url(), client));
        Ok(Self { addresses: source_addresses()?, buckets: file_buckets(), places: source_files()?, zoho })
    }

    /// Sets where the CRM of an organisation keeps attached files, if the operator says so.
    pub fn locate_files(&self, org: OrgId, source: &mut SourceSettings) {
        if let Some(place) = self.places.get(&org) {
            source.set_files(Some(place.clone()));
        }
    }

    /// Returns the connector of a source, which has not connected yet; `None` for the native store, which is not captured, and
    /// for kinds that this process does not read.
    /// `connection` names what workers that use the same credentials share; `run` the backup that is made, if one is.
    pub fn open(
        &self,
        connection: (OrgId, ConnectionId),
        run: Option<BackupId>,
        source: &SourceSettings,
        secret: SourceSecret,
    ) -> Option<Box<dyn Connector>> {
        match source {
            SourceSettings::Native {} => None,
            SourceSettings::Zoho(settings) => {
                let access = self.zoho.clone()?;
                Some(Box::new(Zoho { settings: settings.clone(), secret, connection, access }))
            }
            SourceSettings::ZohoBackup(settings) => {
                let (settings, choice) = (settings.login.clone(), settings.backup);
                let zoho = Zoho { settings, secret, connection, access: self.zoho.clone()? };
                Some(Box::new(ZohoBackup { zoho, choice, run }))
            }
            SourceSettings::Mysql(settings) => {
                let mysql = Mysql::new(settings.clone(), secret.password, self.addresses);
                Some(Box::new(mysql.with_files(self.files(settings))))
            }
            SourceSettings::Postgres(settings) => {
                let postgres = Postgres::new(settings.clone(), secret.password, self.addresses);
                Some(Box::new(postgres.with_files(self.files(settings))))
            }
        }
    }

    /// Files outside a database. A place that cannot be read has none: each of its files is listed as missing.
    fn files(&self, settings: &DatabaseSettings) -> Option<OutsideFiles> {
        let place = settings.files.as_ref()?.parse().ok()?;
        Some(OutsideFiles::new(place, self.buckets.clone()))
    }
}
