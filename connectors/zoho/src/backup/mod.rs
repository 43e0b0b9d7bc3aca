//! Zoho CRM by the backups that it makes of itself (Zoho CRM API v8, "Data Backup"): asks for one, waits until it is ready, fetches its
//! zips, and reads them as an import does.

mod ask;
mod fetch;
mod found;
mod opened;
mod part;
mod reading;
mod staging;
mod state;

use async_trait::async_trait;
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::source::{SourceAdvice, SourceErrorKind, SourceReport};
use hozon_shared::domain::zoho::BackupChoice;
use hozon_shared::ports::{Connector, HeldState, Protection, SourceError, StateToken};

use crate::client::Client;
use crate::connection::Zoho;
use staging::Staging;

/// The backups of a Zoho CRM organisation.
pub struct ZohoBackup {
    pub zoho: Zoho,
    pub choice: BackupChoice,
    /// The backup of ours that takes one over; `None` for a check.
    pub run: Option<BackupId>,
}

impl ZohoBackup {
    /// Where the zips lie while they are read.
    fn staging(&self) -> Result<Staging, SourceError> {
        let unsupported = || SourceErrorKind::Unsupported("zips can be kept only while a backup is made");
        let (run, objects) = (self.run.ok_or_else(unsupported)?, self.zoho.access.objects.clone().ok_or_else(unsupported)?);
        Ok(Staging::new(objects, (self.zoho.connection.0, run)))
    }
}

#[async_trait]
impl Connector for ZohoBackup {
    /// What a backup contains is not known before its zips are there.
    async fn check(&self) -> Result<SourceReport, SourceError> {
        let client = Client::new(&self.zoho)?;
        let offered = ask::offered(&client).await?;
        let works = offered.is_some_and(|offered| offered.works(client.now()));
        Ok(SourceReport {
            server: "Zoho CRM".to_owned(),
            user: String::new(),
            tls: self.zoho.access.instead.is_none().then(|| "TLS".to_owned()),
            modules: Vec::new(),
            gaps: Vec::new(),
            views: Vec::new(),
            advice: vec![if works { SourceAdvice::BackupReady } else { SourceAdvice::NoBackupReady }],
            cost: None,
        })
    }

    async fn hold(&self, _: Protection) -> Result<Box<dyn HeldState>, SourceError> {
        let (client, staging) = (Client::new(&self.zoho)?, self.staging()?);
        let chosen = ask::ready(&client, &staging, self.choice).await?;
        fetch::all(&client, &staging, &chosen).await?;
        let zone = ask::time_zone(&client).await?;
        client.budget.report().await?;
        Ok(Box::new(state::BackupState::begin(staging, &chosen, zone).await?))
    }

    async fn join(&self, token: &StateToken) -> Result<Box<dyn HeldState>, SourceError> {
        Ok(Box::new(state::BackupState::join(self.staging()?, token)?))
    }
}
