//! Erasures between the functions: the API requests them, the worker carries them out, and the sweep starts again what stands still. Which
//! records are wanted is a document in the CRM store, and so are the hashes of those that were erased; the table names no record for longer than
//! an erasure is open.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::domain::change::Change;
use crate::domain::erasure::{Erased, Erasure, RecordRef};
use crate::domain::id::{ErasureId, OrgId};
use crate::domain::statement::StatedRecord;
use crate::domain::words::{SearchWords, UnsearchableWords, WordMatch};
use crate::ports::{
    Bucket, Clock, ErasureKeys, ErrorKind, ObjectRef, Objects, PortError, Ports, Store, Workflow, put_json, read_json,
};
use crate::snapshots::erase::SearchPart;

/// Prefix of the documents that say what is to be erased, in the CRM store.
fn wanted_prefix(org: OrgId) -> String {
    format!("erasures/{org}/")
}

/// Prefix of the lists of erased records, in the CRM store. They are kept for good, because restores ask them.
fn erased_prefix(org: OrgId) -> String {
    format!("erased/{org}/")
}

/// What is to be erased.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedDocument {
    /// Records that are named, or were found so far.
    pub records: Vec<RecordRef>,
    /// A search that is not over.
    pub search: Option<WantedSearch>,
}

/// A search for records that are to be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedSearch {
    /// API name of the module; `None` for all modules.
    pub module: Option<String>,
    pub words: String,
    /// Whether a word must occur as a whole.
    pub is_exact: bool,
    /// Where it goes on.
    pub from: Option<SearchPart>,
}

impl WantedSearch {
    /// Reads the words.
    pub fn words(&self) -> Result<SearchWords, UnsearchableWords> {
        SearchWords::read(&self.words, WordMatch::exact_if(self.is_exact))
    }
}

impl WantedDocument {
    fn at(org: OrgId, id: ErasureId) -> ObjectRef {
        ObjectRef::crm(format!("{}{id}.json", wanted_prefix(org)))
    }

    /// Writes the document.
    pub async fn keep(&self, objects: &dyn Objects, (org, id): (OrgId, ErasureId)) -> Result<(), PortError> {
        put_json(objects, &Self::at(org, id), self, "encode what is to be erased").await
    }

    /// Reads the document.
    pub async fn read(objects: &dyn Objects, (org, id): (OrgId, ErasureId)) -> Result<Self, PortError> {
        read_json(objects, &Self::at(org, id), "read what is to be erased").await
    }

    /// Deletes the document; there may be none.
    pub async fn forget(objects: &dyn Objects, (org, id): (OrgId, ErasureId)) -> Result<(), PortError> {
        objects.delete(&Self::at(org, id)).await
    }

    /// Prefix of an organisation's documents.
    pub fn prefix(org: OrgId) -> String {
        wanted_prefix(org)
    }
}

/// Location of the list of the records of an erasure, which the statement about it names by its hash.
pub fn erased_list_at(org: OrgId, id: ErasureId) -> ObjectRef {
    ObjectRef::crm(format!("{}{id}.json", erased_prefix(org)))
}

/// Reads which records of an organisation were erased. Restores leave these out.
pub async fn erased(objects: &dyn Objects, keys: &dyn ErasureKeys, org: OrgId) -> Result<Erased, PortError> {
    let lists = objects.list(Bucket::Crm, &erased_prefix(org)).await?;
    if lists.is_empty() {
        return Ok(Erased::default());
    }
    let mut hashes = Vec::new();
    for key in lists {
        let list: Vec<StatedRecord> = read_json(objects, &ObjectRef::crm(key), "read the list of erased records").await?;
        hashes.extend(list.into_iter().map(|record| record.hash));
    }
    let key = keys.key(org).await?.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "find the key of erased records"))?;
    Ok(Erased::new(key, hashes))
}

/// Ports that start the work on erasures.
#[derive(Clone)]
pub struct ErasingPorts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub workflow: Arc<dyn Workflow>,
}

impl From<&Ports> for ErasingPorts {
    /// Selects these ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, store, workflow, .. } = ports.clone();
        Self { clock, store, workflow }
    }
}

impl ErasingPorts {
    /// Starts the execution that works on an erasure. One that runs already is not started again.
    pub async fn start(&self, erasure: &Erasure) -> Result<(), PortError> {
        let step = erasure.attempt.to_string();
        let input = json!({ "kind": "erasure", "org": erasure.org, "id": erasure.id, "step": step });
        self.workflow.start(&erasure.execution(), input).await.map(drop)
    }

    /// Starts another execution in the place of the one before, which has ended or says nothing. Two of them do no harm: one waits.
    pub async fn start_again(&self, erasure: Erasure) -> Result<(), PortError> {
        let again = erasure.again(self.clock.now());
        self.store.commit(again.org, vec![Change::Erasure(Box::new(again.clone()))]).await?;
        self.start(&again).await
    }
}
