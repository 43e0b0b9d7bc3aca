//! An erasure in the API.

use hozon_shared::api::closed_sets::{ErasureStatusName, PendingForName, ZipChoiceName};
use hozon_shared::api::{LocalTime, PersonOut, local_time};
use hozon_shared::domain::erasure::{ErasedModule, Erasure, ErasureStatus, Extent, PendingFor, RecordRef, ZipChoice};
use hozon_shared::domain::organisation::Organisation;
use serde::Serialize;
use utoipa::ToSchema;

use super::remakes::Remakes;

/// An erasure of records from everything that is kept of backups.
#[derive(Serialize, ToSchema)]
pub struct ErasureOut {
    id: String,
    #[schema(value_type = ErasureStatusName)]
    status: ErasureStatus,
    requested_time: LocalTime,
    requested_by: PersonOut,
    /// Number of records; null until it is known. A confirmation has to name it.
    records: Option<u64>,
    modules: Vec<ErasedModuleOut>,
    /// Some of the records, until the erasure has ended.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    examples: Vec<ErasureExample>,
    /// Number of backups of which the captured data has one of the records.
    snapshots: u64,
    /// What happens to zips that may have one of the records.
    #[schema(value_type = ZipChoiceName)]
    zips: ZipChoice,
    /// Number of those zips.
    zips_concerned: u64,
    /// What has become of zips that are made anew; null if they are dropped or not deleted yet, and in lists.
    remakes: Option<Remakes>,
    /// When the obstacle ends; null for a hold, which a person lifts.
    pending_until: Option<LocalTime>,
    /// What forbids the erasure for now.
    #[schema(value_type = Option<PendingForName>)]
    pending_for: Option<PendingFor>,
    /// Number of the signed statement about it.
    statement: Option<u64>,
    completed_time: Option<LocalTime>,
    failure: Option<ErasureFailure>,
}

/// The records of one module.
#[derive(Serialize, ToSchema)]
struct ErasedModuleOut {
    api_name: String,
    label: String,
    records: u64,
}

/// A record that is to be erased.
#[derive(Serialize, ToSchema)]
struct ErasureExample {
    /// API name of the module.
    module: String,
    id: String,
}

/// Why an erasure failed.
#[derive(Serialize, ToSchema)]
struct ErasureFailure {
    /// Stable code, for example `TOO_MANY_RECORDS`.
    code: String,
    /// What went wrong, and what to do.
    message: String,
}

impl ErasureOut {
    pub fn new(erasure: &Erasure, organisation: &Organisation) -> Self {
        let zone = organisation.time_zone;
        let (known, extent) = (erasure.extent.is_some(), erasure.extent.clone().unwrap_or_default());
        let Extent { records, modules, examples, snapshots, zips: zips_concerned } = extent;
        let is_completed = erasure.status == ErasureStatus::Completed;
        Self {
            id: erasure.id.to_string(),
            status: erasure.status,
            requested_time: local_time(erasure.requested, zone),
            requested_by: PersonOut::from(&erasure.requester),
            records: known.then_some(records),
            modules: modules.into_iter().map(ErasedModuleOut::from).collect(),
            examples: examples.into_iter().map(ErasureExample::from).collect(),
            snapshots,
            zips: erasure.zips,
            zips_concerned,
            remakes: None,
            pending_until: erasure.obstacle.and_then(|obstacle| obstacle.until).map(|until| local_time(until, zone)),
            pending_for: erasure.obstacle.map(|obstacle| obstacle.reason),
            statement: erasure.statement,
            completed_time: erasure.ended.filter(|_| is_completed).map(|at| local_time(at, zone)),
            failure: erasure.failure.clone().map(|failure| ErasureFailure { code: failure.code, message: failure.message }),
        }
    }
}

impl ErasureOut {
    /// Says what has become of zips that are made anew.
    #[must_use]
    pub fn with(self, remakes: Option<Remakes>) -> Self {
        Self { remakes, ..self }
    }
}

impl From<ErasedModule> for ErasedModuleOut {
    fn from(ErasedModule { api_name, label, records }: ErasedModule) -> Self {
        Self { api_name, label, records }
    }
}

impl From<RecordRef> for ErasureExample {
    fn from(RecordRef { module, id }: RecordRef) -> Self {
        Self { module, id }
    }
}
