//! A standing state: nothing is held at Zoho, so that it outlives every process. Rows are read as they are when they are read; what has
//! changed since the state began is read at the end.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, stream};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::{Gap, SourceErrorKind, SourceModule};
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::{
    FilesReading, HeldState, ModuleChanges, ModuleReading, ResumePoint, SourceError, SourcePage, StateToken,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::Account;
use crate::catalog::{Catalog, Table};
use crate::changes;
use crate::client::Client;
use crate::connection::Zoho;
use crate::files;
use crate::listing::KnownFiles;
use crate::names::Names;
use crate::records::page_of;
use crate::subforms::Subforms;
use crate::walk::{Place, Walk};

/// Name of every holder: there is nothing that a holder must keep.
const NAME: &str = "zoho";

/// What is noted of a state, and all that another process needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Noted {
    account: Account,
    catalog: Catalog,
}

/// A state of an organisation.
pub(crate) struct State {
    client: Arc<Client>,
    noted: Arc<Noted>,
    names: Names,
    files: Arc<KnownFiles>,
}

impl State {
    /// Reads what the organisation has.
    pub(crate) async fn begin(zoho: &Zoho) -> Result<Self, SourceError> {
        let client = Client::new(zoho)?;
        let account = Account::read(&client, zoho.settings.credit_share).await?;
        let catalog = Catalog::read(&client, &account).await?;
        client.budget.report().await?;
        Ok(Self::of(client, Noted { account, catalog }))
    }

    /// Goes on with what another process has noted.
    pub(crate) fn join(zoho: &Zoho, token: &StateToken) -> Result<Self, SourceError> {
        let lost = |error| SourceError { kind: SourceErrorKind::StateLost, source: Some(Box::new(error)) };
        let noted: Noted = serde_json::from_value(token.noted.clone()).map_err(lost)?;
        let client = Client::new(zoho)?;
        client.budget.set_limit(noted.account.credits(zoho.settings.credit_share));
        Ok(Self::of(client, noted))
    }

    fn of(client: Client, noted: Noted) -> Self {
        let names = Names::of(&noted.catalog);
        Self { client: Arc::new(client), noted: Arc::new(noted), names, files: Arc::default() }
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.noted.catalog
    }

    pub(crate) fn account(&self) -> &Account {
        &self.noted.account
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    fn table(&self, module: &SourceModule) -> Result<&Table, SourceError> {
        let mut tables = self.noted.catalog.tables.iter();
        let found = tables.find(|table| table.api_name == module.api_name);
        found.ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()).into())
    }
}

/// A module that is being read.
struct Reading {
    client: Arc<Client>,
    files: Arc<KnownFiles>,
    names: Names,
    table: Table,
    walk: Walk,
    subforms: Option<Subforms>,
    /// Whether it is read from its beginning.
    is_whole: bool,
}

impl Reading {
    /// Reads on until there are rows. `None` at the end.
    async fn page(&mut self) -> Result<Option<SourcePage>, SourceError> {
        if self.subforms.is_none() {
            self.subforms = Some(Subforms::read(&self.client, &self.table, &self.names).await?);
        }
        while let Some(mut rows) = self.walk.next(&self.client).await? {
            if rows.is_empty() {
                continue;
            }
            for (id, cells) in &mut rows {
                self.subforms.iter().try_for_each(|subforms| subforms.fill(&self.table, *id, cells))?;
                self.files.add_row(&self.table, *id, cells);
            }
            let page = page_of(&self.table, &rows).map_err(|_| SourceErrorKind::Changed(self.table.api_name.clone()))?;
            return Ok(Some(SourcePage { rows: page, behind: self.walk.place().noted() }));
        }
        if self.is_whole {
            self.files.end_rows(&self.table.api_name);
        }
        self.client.budget.report().await?;
        Ok(None)
    }
}

#[async_trait]
impl HeldState for State {
    fn modules(&self) -> &[SourceModule] {
        &self.noted.catalog.modules
    }

    fn gaps(&self) -> &[Gap] {
        &self.noted.catalog.gaps
    }

    fn sequences(&self) -> &[Sequence] {
        &[]
    }

    /// Rows are not counted: they come and go while they are read.
    async fn read(&self, module: &SourceModule, from: Option<&ResumePoint>) -> Result<ModuleReading, SourceError> {
        if module.contents != DataCategory::Crm {
            return Ok(ModuleReading { counted: None, rows: stream::empty().boxed() });
        }
        let table = self.table(module)?.clone();
        let from = from.map(Place::parse).transpose()?;
        let is_whole = from.is_none();
        if is_whole {
            self.files.begin_rows(&table.api_name);
        }
        let walk = Walk::new(&table, &self.names, from);
        let (client, files, names) = (self.client.clone(), self.files.clone(), self.names.clone());
        let reading = Reading { client, files, names, table, walk, subforms: None, is_whole };
        let pages = stream::try_unfold(reading, |mut reading| async {
            let page = reading.page().await?;
            Ok(page.map(|page| (page, reading)))
        });
        Ok(ModuleReading { counted: None, rows: pages.boxed() })
    }

    async fn files(&self, _: &FileSource) -> Result<FilesReading, SourceError> {
        Err(SourceErrorKind::Unsupported("no profile describes files of Zoho CRM").into())
    }

    /// Fields that come or go while a module is read leave the rows as they are described.
    async fn confirm(&self, module: &SourceModule) -> Result<(), SourceError> {
        if module.contents == DataCategory::Crm { self.table(module).map(drop) } else { Ok(()) }
    }

    async fn attachments(&self, module: &SourceModule) -> Result<Option<FilesReading>, SourceError> {
        if module.contents != DataCategory::Crm {
            return Ok(None);
        }
        files::read(self.client.clone(), &self.files, self.table(module)?, &self.names).await.map(Some)
    }

    async fn changes(
        &self,
        module: &SourceModule,
        since: DateTime<Utc>,
        files: &[String],
    ) -> Result<Option<ModuleChanges>, SourceError> {
        if module.contents != DataCategory::Crm {
            return Ok(None);
        }
        let since = since - TimeDelta::seconds(self.noted.account.behind);
        let changes = changes::read(&self.client, &self.files, self.table(module)?, since, files).await?;
        self.client.budget.report().await?;
        Ok(Some(changes))
    }

    fn is_standing(&self) -> bool {
        true
    }

    fn metadata(&self) -> &[(String, Value)] {
        &self.noted.catalog.metadata
    }

    fn token(&self) -> Option<StateToken> {
        let noted = serde_json::to_value(&*self.noted).ok()?;
        Some(StateToken { name: NAME.to_owned(), noted })
    }
}
