//! Drills as answers show them, with what they have found.

use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{DrillFaultName, DrillStatusName, PartlyReason, RefusalName};
use hozon_shared::api::{CountedOut, DrillTotalsOut, FailureOut, LocalTime, PersonOut, local_time};
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::differences::{ModuleDifferences, PartlyCompared};
use hozon_shared::domain::drill::{Drill, DrillFault, DrillStatus, DrilledModule};
use hozon_shared::drilled::DrillWork;
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct DrillEnvelope {
    pub drill: DrillOut,
}

/// A drill.
#[derive(Serialize, ToSchema)]
pub struct DrillOut {
    #[schema(example = "554023000000408001")]
    id: String,
    #[schema(value_type = DrillStatusName)]
    status: DrillStatus,
    /// The backup that is restored and compared.
    backup: String,
    /// When the state began that the backup shows.
    backup_time: LocalTime,
    /// Whether it has followed its backup by itself.
    is_automatic: bool,
    requested_time: LocalTime,
    requested_by: PersonOut,
    /// When it ended; null while it works.
    ended_time: Option<LocalTime>,
    /// Whether it was cancelled while it works: it ends in a moment.
    is_cancelling: bool,
    /// Why it says nothing about the backup.
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
    /// Sums over all modules; null until they are compared.
    totals: Option<DrillTotalsOut>,
    /// Modules that were restored and compared, those that differ first; empty until then.
    modules: Vec<DrilledModuleOut>,
    /// Whether the source has no tables of its own: each record was restored as a document, into tables that the drill has made.
    has_record_tables: bool,
    /// API names of modules that are no tables, such as views.
    left_out: Vec<String>,
    /// Foreign keys that the restore target did not take.
    foreign_keys_refused: Vec<String>,
}

/// What a drill has found in a module. `before` counts what the backup has, and `after` what was restored.
#[derive(Serialize, ToSchema)]
struct DrilledModuleOut {
    api_name: String,
    label: String,
    /// Whether all that was restored is the same as in the backup.
    is_same: bool,
    /// Why not all records were restored; null if they were.
    #[schema(value_type = Option<DrillFaultName>)]
    fault: Option<&'static str>,
    /// Why the restore target does not take a record.
    #[schema(value_type = Option<RefusalName>)]
    reason: Option<&'static str>,
    /// The rule, field or code that the restore target has named.
    detail: Option<String>,
    /// Why the records were compared in part only; null if they were compared.
    #[schema(value_type = Option<PartlyReason>)]
    partly_compared: Option<&'static str>,
    records: CountedOut,
    files: CountedOut,
    /// Number of files that the restore target has no place for: they were read from the backup and compared with their hashes.
    files_read: u64,
    /// Ids of some records, at most 10 of each kind; none where nothing identifies the records.
    examples: DrillExamplesOut,
}

/// Ids of records that differ.
#[derive(Serialize, ToSchema)]
struct DrillExamplesOut {
    /// Records that the backup does not have.
    added: Vec<String>,
    /// Records with other values than in the backup.
    changed: Vec<String>,
    /// Records that are missing in the restore target.
    missing: Vec<String>,
}

impl DrillOut {
    /// Represents a drill with times in the given zone. `work` is what it has found.
    pub fn of(drill: &Drill, work: Option<DrillWork>, zone: Tz) -> Self {
        let DrillWork { compared, left_out, foreign_keys_refused, has_record_tables, .. } = work.unwrap_or_default();
        let (differing, same): (Vec<_>, Vec<_>) = compared.into_iter().partition(|module| !module.is_same());
        Self {
            id: drill.id.to_string(),
            status: drill.status,
            backup: drill.backup.to_string(),
            backup_time: local_time(drill.taken, zone),
            is_automatic: drill.is_automatic,
            requested_time: local_time(drill.requested, zone),
            requested_by: PersonOut::from(&drill.requester),
            ended_time: drill.ended.map(|at| local_time(at, zone)),
            is_cancelling: drill.is_cancelling(),
            failure: drill.failure.clone(),
            totals: drill.totals.map(DrillTotalsOut::from),
            modules: differing.into_iter().chain(same).map(DrilledModuleOut::from).collect(),
            has_record_tables,
            left_out,
            foreign_keys_refused,
        }
    }
}

impl From<DrilledModule> for DrilledModuleOut {
    fn from(module: DrilledModule) -> Self {
        let is_same = module.is_same();
        let (fault, refusal) = match module.fault {
            Some(DrillFault::Damaged) => (Some("damaged"), None),
            Some(DrillFault::Refused { reason }) => (Some("refused"), Some(RefusalName::of(reason))),
            None => (None, None),
        };
        let ModuleDifferences { api_name, label, partly, rows, files, examples, .. } = module.differences;
        let (reason, detail) = refusal.map_or((None, None), |(reason, detail)| (Some(reason), detail));
        Self {
            api_name,
            label,
            is_same,
            fault,
            reason,
            detail,
            partly_compared: partly.as_ref().map(PartlyCompared::name),
            records: CountedOut::from(&rows),
            files: CountedOut::from(&files),
            files_read: module.files_read,
            examples: DrillExamplesOut { added: examples.added, changed: examples.changed, missing: examples.deleted },
        }
    }
}
