//! Writers against a store in memory.

mod amending;
mod attachments;
mod differences;
mod erasing;
mod exploring;
mod file_pages;
mod memory;
mod restoring;
mod restoring_files;
mod sweeping;

use std::sync::Arc;

use memory::Memory;

use super::input::{ModuleHead, NewAttachment};
use super::reader::{StoredModule, stored_module};
use super::writer::{ModuleWriter, StoredPart};
use crate::domain::crm::{DataCategory, Field, Module};
use crate::domain::cutting::Cutting;
use crate::domain::id::OrgId;

const ORG: OrgId = OrgId(7);
/// Small packs and blocks.
const SMALL: Cutting = Cutting { least: 2_000, most: 8_000, every: 3_000 };

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// A module with an id, a field that backups leave out, and a name.
fn head() -> ModuleHead {
    let field = |(name, contents): (&str, DataCategory)| Field {
        api_name: name.to_owned(),
        label: name.to_owned(),
        data_type: "text".to_owned(),
        contents,
    };
    ModuleHead {
        api_name: "Leads".to_owned(),
        label: "Leads".to_owned(),
        order: 1,
        contents: DataCategory::Crm,
        fields: [("id", DataCategory::Crm), ("mail", DataCategory::Mail), ("name", DataCategory::Crm)].map(field).to_vec(),
        key: vec!["id".to_owned()],
        structure: None,
    }
}

fn resume(store: &Arc<Memory>, version: &str, part: StoredPart, before: Option<&Module>) -> ModuleWriter {
    ModuleWriter::new((store.stores(), ORG, version), head(), part, before.cloned(), SMALL)
}

fn begin(store: &Arc<Memory>, version: &str, before: Option<&Module>) -> ModuleWriter {
    resume(store, version, StoredPart::default(), before)
}

async fn document(store: &Memory, module: &Module) -> StoredModule {
    stored_module(store, ORG, module).await.expect("a module")
}

fn attachment(id: &str, record: &str, name: &str) -> NewAttachment {
    NewAttachment {
        id: id.to_owned(),
        record_id: record.to_owned(),
        record_name: String::new(),
        name: name.to_owned(),
        content_type: "application/octet-stream".to_owned(),
        created: None,
    }
}
