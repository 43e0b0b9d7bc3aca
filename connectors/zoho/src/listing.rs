//! What a process knows of the files of an organisation: the list of attachments, and what rows have shown of files in fields.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use hozon_shared::ports::SourceError;
use serde_json::Value;
use tokio::sync::Mutex as AsyncMutex;

use crate::attachments::{self, Attachment, ByModule};
use crate::catalog::Table;
use crate::client::Client;
use crate::columns::{Cells, ColumnKind};

/// The list of attachments at one time.
pub(crate) struct Listing {
    /// When the list was begun.
    pub at: DateTime<Utc>,
    /// `None` where Zoho does not give the list.
    pub all: Option<ByModule>,
    number: u64,
}

impl Listing {
    /// Attachments of a module, in the order of records and ids.
    pub(crate) fn of(&self, module: &str) -> Option<&[Attachment]> {
        self.all.as_ref().map(|all| all.get(module).map(Vec::as_slice).unwrap_or_default())
    }
}

/// What is known of files.
#[derive(Default)]
pub(crate) struct KnownFiles {
    listing: AsyncMutex<Option<Arc<Listing>>>,
    modules: Mutex<HashMap<String, OfModule>>,
}

#[derive(Default)]
struct OfModule {
    /// Number of the list that was compared last.
    compared: u64,
    /// Values of columns of files, by record.
    rows: HashMap<u64, Vec<Option<String>>>,
    /// Whether all rows of the module are among them.
    is_whole: bool,
}

impl KnownFiles {
    /// Returns the list of attachments, which is read once.
    pub(crate) async fn listing(&self, client: &Client) -> Result<Arc<Listing>, SourceError> {
        let mut listing = self.listing.lock().await;
        if let Some(known) = &*listing {
            return Ok(known.clone());
        }
        let new = read(client, 1).await?;
        *listing = Some(new.clone());
        Ok(new)
    }

    /// Returns a list of attachments with which the module was not compared yet.
    async fn next_listing(&self, client: &Client, module: &str) -> Result<Arc<Listing>, SourceError> {
        let mut listing = self.listing.lock().await;
        let compared = self.with(module, |known| known.compared);
        let new = match &*listing {
            Some(known) if known.number > compared => known.clone(),
            known => read(client, known.as_ref().map_or(1, |known| known.number + 1)).await?,
        };
        *listing = Some(new.clone());
        self.with(module, |known| known.compared = new.number);
        Ok(new)
    }

    /// Notes that the attachments of a module were given.
    pub(crate) fn give(&self, module: &str, listing: &Listing) {
        self.with(module, |known| known.compared = listing.number);
    }

    /// Returns whether attachments of a module have come or gone since those were read, and when that was looked up.
    pub(crate) async fn has_changed(
        &self,
        client: &Client,
        module: &str,
        read: &HashSet<u64>,
    ) -> Result<(bool, DateTime<Utc>), SourceError> {
        let listing = self.next_listing(client, module).await?;
        let Some(all) = listing.of(module) else { return Ok((false, listing.at)) };
        let has_changed = read.len() != all.len() || all.iter().any(|attachment| !read.contains(&attachment.id));
        Ok((has_changed, listing.at))
    }

    /// Begins to note the files in fields of a module's rows anew.
    pub(crate) fn begin_rows(&self, module: &str) {
        self.with(module, |known| (known.rows, known.is_whole) = (HashMap::new(), false));
    }

    /// Notes what a row shows of files. Returns whether it has any, or had.
    pub(crate) fn add_row(&self, table: &Table, id: u64, cells: &Cells) -> bool {
        let of_files = table.placed().filter(|(_, column)| matches!(column.kind, ColumnKind::Files | ColumnKind::Photo));
        let values: Vec<_> = of_files.map(|(at, _)| cells.get(at).cloned().flatten()).collect();
        let has = values.iter().any(Option::is_some);
        self.with(&table.api_name, |known| {
            let before = if has { known.rows.insert(id, values) } else { known.rows.remove(&id) };
            has || before.is_some()
        })
    }

    pub(crate) fn remove_row(&self, module: &str, id: u64) {
        self.with(module, |known| drop(known.rows.remove(&id)));
    }

    /// Notes that all rows of a module were noted.
    pub(crate) fn end_rows(&self, module: &str) {
        self.with(module, |known| known.is_whole = true);
    }

    /// What rows have shown of files, in the order of records; `None` if not all rows were noted.
    pub(crate) fn rows(&self, module: &str) -> Option<Vec<(u64, Vec<Option<String>>)>> {
        let known = self.with(module, |known| known.is_whole.then(|| known.rows.clone()))?;
        let mut rows: Vec<_> = known.into_iter().collect();
        rows.sort_by_key(|(record, _)| *record);
        Some(rows)
    }

    fn with<T>(&self, module: &str, work: impl FnOnce(&mut OfModule) -> T) -> T {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        work(modules.entry(module.to_owned()).or_default())
    }
}

async fn read(client: &Client, number: u64) -> Result<Arc<Listing>, SourceError> {
    let at = client.now();
    Ok(Arc::new(Listing { at, all: attachments::of_organisation(client).await?, number }))
}

/// The value of a column of files, as rows show it.
pub(crate) fn value_of(kind: &ColumnKind, cell: &str) -> Value {
    match kind {
        ColumnKind::Files => serde_json::from_str(cell).unwrap_or_default(),
        _ => Value::from(cell),
    }
}
