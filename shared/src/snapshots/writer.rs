//! Writes one version of one module. It is invisible until the session that began it is published. Memory use is a few
//! blocks, whatever the size of the module.

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use super::blocks::BlockEncoder;
use super::error::WriteError;
use super::files::{FileWriter, StoredFiles};
use super::input::{ModuleHead, NewAttachment};
use super::keys;
use super::known_blocks::KnownBlocks;
use super::known_files::{KnownFile, KnownFiles, sha256_of};
use super::reader::{StoredModule, VERSION, module_before, stored_module};
use super::row_blocks::RowBlocks;
use super::row_sink::RowSink;
pub use super::row_sink::{Reached, StoredRows};
use super::stores::SnapshotStores;
use crate::domain::crm::{DataCategory, Module};
use crate::domain::cutting::Cutting;
use crate::domain::id::OrgId;
use crate::domain::rows::{Cell, RowPage};
use crate::domain::snapshot::{FileRun, StoredFile};
use crate::ports::{ObjectBody, Objects, PortError};

/// The part of a module that earlier writers have stored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPart {
    pub rows: StoredRows,
    /// Number of rows that backups leave out.
    left_out: u64,
    /// The attachments so far, once all rows are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<StoredFiles>,
}

impl StoredPart {
    /// All rows of a stored version, still without its attachments.
    pub(super) fn rows_of(stored: &StoredModule) -> Self {
        let rows = StoredRows::of_module(stored.blocks.clone(), stored.sha256.clone());
        Self { rows, left_out: 0, files: Some(StoredFiles::default()) }
    }

    /// Whether all rows are stored.
    pub fn has_all_rows(&self) -> bool {
        self.files.is_some()
    }

    /// Number of attachments that are stored.
    pub fn attachments(&self) -> u64 {
        self.files.as_ref().map_or(0, StoredFiles::count)
    }

    /// Number of rows that are stored or left out.
    pub fn count(&self) -> u64 {
        self.rows.blocks.iter().map(|block| block.rows).sum::<u64>() + self.left_out
    }
}

/// Writes one version of a module. What a dropped writer leaves behind is never visible and is deleted by a later
/// [`super::sweep::sweep`].
pub struct ModuleWriter {
    stores: SnapshotStores,
    org: OrgId,
    version: String,
    head: ModuleHead,
    /// The version that is current now.
    before: Option<Module>,
    rows: RowSink,
    /// Whether an earlier writer has stored all rows.
    has_all_rows: bool,
    files: FileWriter,
    known_files: KnownFiles,
    /// Number of rows that backups leave out.
    left_out: u64,
}

impl ModuleWriter {
    pub(super) fn new(
        (stores, org, version): (SnapshotStores, OrgId, &str),
        head: ModuleHead,
        part: StoredPart,
        before: Option<Module>,
        cutting: Cutting,
    ) -> Self {
        let encoder = BlockEncoder::new(&head.fields, &head.key, cutting);
        // Compressing a small module takes less than requests for its blocks.
        let compared = before.clone().filter(|before| before.row_bytes >= cutting.least);
        let known = KnownBlocks::new((stores.objects.clone(), org), head.clone(), compared, &part.rows.blocks);
        let rows = RowBlocks::new(&head, encoder, known, Handle::current());
        let staged = keys::staged(org, &head.api_name, version);
        let files = FileWriter::new(stores.clone(), org, &head.api_name, cutting, staged);
        let mut known_files = KnownFiles::default();
        before.iter().for_each(|before| known_files.ask_first(before.clone()));
        Self {
            rows: RowSink::new(stores.clone(), org, head.fields.len(), rows, part.rows),
            has_all_rows: part.files.is_some(),
            files: match part.files {
                Some(stored) => files.behind(stored),
                None => files,
            },
            known_files,
            stores,
            org,
            version: version.to_owned(),
            head,
            before,
            left_out: part.left_out,
        }
    }

    /// Makes the attachments of a version of the module known, as those of the version that is current now are.
    #[must_use]
    pub fn knowing(mut self, module: &Module) -> Self {
        self.known_files.ask_first(module.clone());
        self
    }

    /// Appends a row, with one cell for each field.
    pub async fn row(&mut self, cells: &[Cell<'_>]) -> Result<(), WriteError> {
        self.check_that_rows_may_come()?;
        if self.head.contents != DataCategory::Crm {
            self.left_out += 1;
            return Ok(());
        }
        self.rows.row(cells).await
    }

    /// Appends the rows of a page.
    pub async fn page(&mut self, page: RowPage) -> Result<(), WriteError> {
        self.check_that_rows_may_come()?;
        if self.head.contents != DataCategory::Crm {
            self.left_out += page.rows();
            return Ok(());
        }
        self.rows.page(page).await
    }

    fn check_that_rows_may_come(&self) -> Result<(), WriteError> {
        if self.has_all_rows { Err(WriteError::Stopped) } else { Ok(()) }
    }

    /// Stores an attachment. Attachments of one record must be adjacent.
    pub async fn attachment(&mut self, new: NewAttachment, body: ObjectBody) -> Result<StoredFile, WriteError> {
        self.files.add(new, body).await
    }

    /// Stores an attachment without uploading it, if the version that is current now has a large one of this id with the same bytes.
    /// Only then is `body` read, for comparison. Returns whether it is stored; if not, [`Self::attachment`] does it.
    pub async fn unchanged_attachment(
        &mut self,
        new: &NewAttachment,
        body: impl FnOnce() -> ObjectBody,
    ) -> Result<bool, WriteError> {
        let stores = (&*self.stores.objects, self.org);
        match self.known_files.large(stores, &new.id).await? {
            Some(known) if sha256_of(body()).await? == known.file.sha256 => self.files.add_known(new.clone(), known).await,
            _ => Ok(false),
        }
    }

    /// Stores an attachment whose bytes never change under its id without its bytes, if a known version has one of this id, and of
    /// this size if it is known.
    /// What else is known of it may have changed. Returns whether it is stored; if not, [`Self::attachment`] does it. Fast as long as
    /// attachments come in the same order as before.
    pub async fn fixed_attachment(&mut self, new: &NewAttachment, size: Option<u64>) -> Result<bool, WriteError> {
        let stores = (&*self.stores.objects, self.org);
        let known = self.known_files.of_size(stores, &new.id, size).await?;
        self.files.replace(self.known_files.take_damaged());
        match known {
            Some(KnownFile::Large(known)) => self.files.add_known(new.clone(), *known).await,
            Some(KnownFile::Packed(known)) => self.files.add_packed(new.clone(), known).await.map(|()| true),
            None => Ok(false),
        }
    }

    /// Takes over all attachments of a stored version of the module as they are, instead of storing one after the other. Others may
    /// follow. Fails with `NotAmendable` if there are attachments already.
    pub async fn keep_attachments(mut self, of: &Module) -> Result<Self, WriteError> {
        if !self.files.is_empty() {
            return Err(WriteError::NotAmendable);
        }
        let stored = stored_module(&*self.stores.objects, self.org, of).await?;
        self.files = self.files.behind(StoredFiles::of_module(stored.files, stored.module.attachment_bytes));
        Ok(self)
    }

    /// Returns whether [`ModuleWriter::pause`] would keep something of what this writer was given.
    pub fn may_pause(&self) -> bool {
        !self.has_all_rows && (self.head.contents != DataCategory::Crm || self.rows.has_blocks())
    }

    /// Stops in front of the end of the rows. Returns what is stored, and up to where in the pages that this writer was given; another
    /// writer goes on behind it, and the module becomes what it would have become without the pause. Attachments come later.
    pub async fn pause(self, pages: u64) -> Result<(StoredPart, Reached), WriteError> {
        self.check_that_rows_may_come()?;
        let (rows, reached) = self.rows.pause().await?;
        let is_left_out = self.head.contents != DataCategory::Crm;
        let reached = if is_left_out { Reached { pages, rows: 0 } } else { reached };
        Ok((StoredPart { rows, left_out: self.left_out, files: None }, reached))
    }

    /// Stops between two attachments, behind the last row. Another writer goes on behind them, and the module becomes what it would
    /// have become without the pause: a pack that has not ended is stored as it is, and the other writer opens it again.
    pub async fn pause_files(self) -> Result<StoredPart, WriteError> {
        let rows = self.rows.finish().await?;
        Ok(StoredPart { rows, left_out: self.left_out, files: Some(self.files.pause().await?) })
    }

    /// Finishes the version and returns the module. Everything is stored when this returns. If nothing differs from the
    /// version that is current now, it is that one.
    pub async fn finish(self) -> Result<Module, WriteError> {
        let stored = self.rows.finish().await?;
        let (files, attachment_bytes) = self.files.finish().await?;
        let head = self.head;
        let module = Module {
            api_name: head.api_name,
            label: head.label,
            order: head.order,
            contents: head.contents,
            version: self.version,
            fields: head.fields,
            key: head.key,
            structure: head.structure,
            rows: stored.blocks.iter().map(|block| block.rows).sum::<u64>() + self.left_out,
            row_bytes: stored.blocks.iter().map(|block| block.text_bytes).sum(),
            attachments: files.iter().map(FileRun::count).sum(),
            attachment_bytes,
        };
        let sha256 = stored.file_sha256();
        let new = StoredModule { version: VERSION, module, blocks: stored.blocks, sha256, files };
        let objects = &*self.stores.objects;
        match self.before {
            Some(before) if is_unchanged(objects, self.org, &before, &new).await? => {
                Ok(Module { structure: new.module.structure, ..before })
            }
            _ => write(objects, self.org, new).await,
        }
    }
}

async fn write(objects: &dyn Objects, org: OrgId, stored: StoredModule) -> Result<Module, WriteError> {
    let json = serde_json::to_vec(&stored).map_err(WriteError::Index)?;
    let at = keys::stored_module(org, &stored.module.api_name, &stored.module.version);
    objects.put(&at, json.into(), "application/json").await?;
    Ok(stored.module)
}

/// Whether a module is what it was before. A version that cannot be read any more is not what it was.
async fn is_unchanged(objects: &dyn Objects, org: OrgId, before: &Module, new: &StoredModule) -> Result<bool, PortError> {
    // The catalogue keeps no structure.
    let (version, structure) = (before.version.clone(), before.structure.clone());
    if (Module { version, structure, ..new.module.clone() }) != *before {
        return Ok(false);
    }
    let known = module_before(objects, org, before).await?;
    Ok(known.is_some_and(|known| {
        known.module.structure == new.module.structure
            && known.blocks == new.blocks
            && known.files == new.files
            && known.sha256 == new.sha256
    }))
}
