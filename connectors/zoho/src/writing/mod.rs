//! Writes records and files back into Zoho CRM. Records that were deleted come back out of the recycle bin with their ids; those that are
//! not there any more are created again, and Zoho gives them new ids.

mod batch;
mod check;
mod described;
mod files;
mod found;
mod results;
mod send;
mod values;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::write_order::FieldReference;
use hozon_shared::domain::writing::{Hindrance, RecordWrite, WriteOutcome};
use hozon_shared::ports::{FileWrite, NewIds, SourceError, Writer, WrittenBefore};
use tokio::sync::{Mutex as AsyncMutex, OnceCell};

use crate::account::Account;
use crate::client::Client;
use crate::columns::ColumnKind;
use crate::connection::Zoho;
use batch::Batch;
use described::WrittenTable;

/// Descriptions of modules; `None` for those that Zoho does not have.
type Tables = HashMap<String, Option<Arc<WrittenTable>>>;

/// Writes into one organisation.
pub(crate) struct ZohoWriter {
    zoho: Zoho,
    /// The client, and the number of seconds by which Zoho's clock is behind ours.
    client: OnceCell<(Client, i64)>,
    tables: AsyncMutex<Tables>,
    /// What was written before, until the first batch takes it.
    recalled: Mutex<Option<WrittenBefore>>,
    before: AsyncMutex<WrittenBefore>,
}

impl ZohoWriter {
    pub(crate) fn new(zoho: Zoho) -> Self {
        let before = WrittenBefore { new_ids: NewIds::new(), begun: DateTime::<Utc>::UNIX_EPOCH, may_be_written: false };
        let (tables, recalled) = (AsyncMutex::default(), Mutex::default());
        Self { zoho, client: OnceCell::new(), tables, recalled, before: AsyncMutex::new(before) }
    }

    /// The client, whose budget follows from the organisation's edition.
    async fn client(&self) -> Result<&Client, SourceError> {
        self.opened().await.map(|(client, _)| client)
    }

    async fn opened(&self) -> Result<&(Client, i64), SourceError> {
        let open = || async {
            let client = Client::new(&self.zoho)?;
            let account = Account::read(&client, self.zoho.settings.credit_share).await?;
            Ok((client, account.behind))
        };
        self.client.get_or_try_init(open).await
    }

    /// How a module is written. `None` if Zoho does not have it any more.
    async fn table(&self, module: &str) -> Result<Option<Arc<WrittenTable>>, SourceError> {
        let mut tables = self.tables.lock().await;
        if let Some(known) = tables.get(module) {
            return Ok(known.clone());
        }
        let read = WrittenTable::read(self.client().await?, module).await?.map(Arc::new);
        tables.insert(module.to_owned(), read.clone());
        Ok(read)
    }

    async fn known_table(&self, module: &Module) -> Result<Arc<WrittenTable>, SourceError> {
        let table = self.table(&module.api_name).await?;
        table.ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()).into())
    }

    /// What was written before, for one call at a time.
    async fn before(&self) -> tokio::sync::MutexGuard<'_, WrittenBefore> {
        let mut before = self.before.lock().await;
        if let Some(recalled) = self.recalled.lock().unwrap_or_else(PoisonError::into_inner).take() {
            *before = recalled;
        }
        before
    }
}

#[async_trait]
impl Writer for ZohoWriter {
    async fn check(&self, modules: &[Module]) -> Result<Vec<Hindrance>, SourceError> {
        self.hindrances(modules).await
    }

    fn gives_ids(&self) -> bool {
        true
    }

    fn recall(&self, before: WrittenBefore) {
        *self.recalled.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    }

    async fn references(&self, modules: &[Module]) -> Result<Vec<FieldReference>, SourceError> {
        let mut found = Vec::new();
        for module in modules {
            if let Some(table) = self.table(&module.api_name).await? {
                found.extend(references(module, modules, &table));
            }
        }
        Ok(found)
    }

    async fn write(&self, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError> {
        let ((client, behind), table) = (self.opened().await?, self.known_table(module).await?);
        let (mut before, external) = (self.before().await, self.zoho.settings.external_id.as_deref());
        let begun = before.begun - TimeDelta::seconds(*behind);
        let outcomes = Batch::new(client, (module, &table), external, writes, (&mut before, begun)).write().await?;
        before.may_be_written = false;
        client.budget.report().await?;
        Ok(outcomes)
    }

    async fn write_file(&self, module: &Module, _: Option<&FileSource>, file: &FileWrite) -> Result<WriteOutcome, SourceError> {
        let table = self.known_table(module).await?;
        let record = self.before().await.new_ids.get(&file.record_id).unwrap_or(&file.record_id).clone();
        files::write(self.client().await?, &table, &record, file).await
    }

    async fn finish(&self, _: &[Module]) -> Result<(), SourceError> {
        match self.client.get() {
            Some((client, _)) => client.budget.report().await,
            None => Ok(()),
        }
    }
}

/// Lookups of a module to others and to itself. What belongs to any record comes behind all of them.
fn references(module: &Module, modules: &[Module], table: &WrittenTable) -> Vec<FieldReference> {
    let mut found = Vec::new();
    for (column, rights) in table.fields().filter(|(_, rights)| rights.may_create) {
        let to: Vec<&str> = match &column.kind {
            ColumnKind::Lookup(to) => vec![to],
            ColumnKind::AnyLookup => {
                let others =
                    modules.iter().filter(|other| other.api_name != module.api_name && other.contents == DataCategory::Crm);
                others.map(|other| other.api_name.as_str()).collect()
            }
            _ => continue,
        };
        let fields: Vec<String> = column.fields().into_iter().map(|field| field.api_name).collect();
        found.extend(to.into_iter().map(|to| FieldReference {
            module: module.api_name.clone(),
            to: to.to_owned(),
            fields: fields.clone(),
            may_be_empty: !rights.is_required,
        }));
    }
    for subform in table.subforms.values() {
        let lookups = subform.fields().filter_map(|(column, _)| match &column.kind {
            ColumnKind::Lookup(to) if *to != module.api_name => Some(to.clone()),
            _ => None,
        });
        let (from, fields) = (&module.api_name, Vec::new());
        found.extend(lookups.map(|to| FieldReference { module: from.clone(), to, fields: fields.clone(), may_be_empty: false }));
    }
    found
}
