//! The document that describes a snapshot: from when it is, and the version of each module.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::crm::Module;
use crate::ports::{ObjectRef, Objects, PortError, find_json, put_json};

/// A module of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SnapshotModule {
    pub api_name: String,
    /// The version of the module.
    pub version: String,
}

impl From<Module> for SnapshotModule {
    fn from(Module { api_name, version, .. }: Module) -> Self {
        Self { api_name, version }
    }
}

/// The document that describes a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the state began that it shows.
    pub taken: DateTime<Utc>,
    pub modules: Vec<SnapshotModule>,
}

/// Writes the document of a snapshot.
pub(super) async fn write(
    objects: &dyn Objects,
    at: &ObjectRef,
    taken: DateTime<Utc>,
    modules: &[Module],
) -> Result<(), PortError> {
    let snapshot = Snapshot { taken, modules: modules.iter().cloned().map(SnapshotModule::from).collect() };
    put_json(objects, at, &snapshot, "encode the description of a snapshot").await
}

/// Reads the document of a snapshot; `None` if there is none.
pub(super) async fn read(objects: &dyn Objects, at: &ObjectRef) -> Result<Option<Snapshot>, PortError> {
    find_json(objects, at, "read the description of a snapshot").await
}
