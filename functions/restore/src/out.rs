//! Restores as answers show them.

use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{ConnectionRoleName, HindranceKindName, RestoreStatusName, WordMatchName};
use hozon_shared::api::{ApiError, FailureOut, LocalTime, PersonOut, local_time};
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::restore::{
    FilePlanCounts, ModulePlan, PlanCounts, Restore, RestoreOutcome, RestorePlan, RestorePolicy, RestoreSearch, RestoreSelection,
    RestoreStatus, SelectedRecord, WrittenCounts,
};
use hozon_shared::domain::words::WordMatch;
use hozon_shared::domain::writing::{Hindrance, HindranceKind};
use hozon_shared::restored::RestoreFiles;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::ports::RestorePorts;

#[derive(Serialize, ToSchema)]
pub struct RestoreEnvelope {
    pub restore: RestoreOut,
}

/// A restore.
#[derive(Serialize, ToSchema)]
pub struct RestoreOut {
    #[schema(example = "554023000000408001")]
    id: String,
    #[schema(value_type = RestoreStatusName)]
    status: RestoreStatus,
    backup: RestoredBackupOut,
    /// The restore that this one undoes.
    undoes: Option<String>,
    /// Where it writes: into the connected CRM, or into the restore target.
    #[schema(value_type = ConnectionRoleName)]
    target: ConnectionRole,
    /// Whether another restore has undone it.
    is_undone: bool,
    selection: RestoreSelectionOut,
    policy: RestorePolicyIo,
    /// Whether tables that the restore target lacks are made.
    create: bool,
    requested_time: LocalTime,
    requested_by: PersonOut,
    planned_time: Option<LocalTime>,
    confirmed_time: Option<LocalTime>,
    /// When it was completed, failed or was cancelled.
    completed_time: Option<LocalTime>,
    /// Null until it is planned.
    plan: Option<RestorePlanOut>,
    /// How many records and files are done of those that are written; null before it is confirmed.
    progress: Option<RestoreProgressOut>,
    /// What became of the records so far; null before it is confirmed.
    outcome: Option<WrittenCountsOut>,
    /// What became of the attached files so far; null before it is confirmed.
    file_outcome: Option<WrittenCountsOut>,
    /// Names of foreign keys that could not be added to tables that were made; empty until then.
    foreign_keys_refused: Vec<String>,
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
}

/// The backup whose records are written.
#[derive(Serialize, ToSchema)]
struct RestoredBackupOut {
    id: String,
    /// When the state began that the CRM is to have.
    taken: LocalTime,
}

/// What is restored. All are null for everything.
#[derive(Serialize, ToSchema)]
struct RestoreSelectionOut {
    records: Option<Vec<RecordIo>>,
    /// API names of modules.
    modules: Option<Vec<String>>,
    search: Option<RestoreSearchOut>,
}

/// The search that selects the records, and how far it is.
#[derive(Serialize, ToSchema)]
struct RestoreSearchOut {
    /// API name of the module; null for all modules.
    module: Option<String>,
    /// The words, until the plan is made; null from then on.
    words: Option<String>,
    #[schema(value_type = WordMatchName)]
    r#match: &'static str,
    /// Number of records that were found so far.
    records: usize,
    /// Number of blocks of records that were searched so far.
    blocks_searched: usize,
    /// Number of all blocks; zero before the first is searched.
    blocks: usize,
}

/// A record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordIo {
    /// API name of its module.
    #[schema(example = "Leads")]
    pub module: String,
    pub id: String,
}

/// What a restore may do besides creating records that are missing.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RestorePolicyIo {
    /// Records that were changed since are changed back.
    pub change: bool,
    /// Records that the backup does not have are deleted. It concerns whole modules, and no single records.
    pub delete: bool,
}

impl From<RestorePolicyIo> for RestorePolicy {
    fn from(RestorePolicyIo { change, delete }: RestorePolicyIo) -> Self {
        Self { change, delete }
    }
}

/// Numbers of records.
#[derive(Serialize, ToSchema)]
struct PlanCountsOut {
    create: u64,
    change: u64,
    delete: u64,
    leave: u64,
    impossible: u64,
}

impl From<PlanCounts> for PlanCountsOut {
    fn from(PlanCounts { create, change, delete, leave, impossible }: PlanCounts) -> Self {
        Self { create, change, delete, leave, impossible }
    }
}

/// Numbers of attached files. Those that only the CRM has are in none of them: they stay, or go with their rows.
#[derive(Serialize, ToSchema)]
struct FilePlanCountsOut {
    create: u64,
    change: u64,
    leave: u64,
    impossible: u64,
    /// Size in bytes of the files that are written.
    bytes: u64,
}

impl From<FilePlanCounts> for FilePlanCountsOut {
    fn from(FilePlanCounts { create, change, leave, impossible, bytes }: FilePlanCounts) -> Self {
        Self { create, change, leave, impossible, bytes }
    }
}

/// What a restore does.
#[derive(Serialize, ToSchema)]
struct RestorePlanOut {
    #[serde(flatten)]
    counts: PlanCountsOut,
    /// Attached files of the records.
    files: FilePlanCountsOut,
    modules: Vec<ModulePlanOut>,
    /// API names of the modules whose tables are made.
    creates: Vec<String>,
    /// What hinders writing.
    hindrances: Vec<HindranceOut>,
    /// Whether a user without permission to write a module must be given it before the restore can be confirmed.
    is_hindered: bool,
}

/// What a restore does in one module.
#[derive(Serialize, ToSchema)]
struct ModulePlanOut {
    #[schema(example = "Leads")]
    api_name: String,
    label: String,
    #[serde(flatten)]
    counts: PlanCountsOut,
    /// Attached files of the module's records.
    files: FilePlanCountsOut,
}

/// What hinders writing a module.
#[derive(Serialize, ToSchema)]
struct HindranceOut {
    /// API name of the module.
    module: String,
    field: Option<String>,
    #[schema(value_type = HindranceKindName)]
    kind: HindranceKind,
}

impl From<Hindrance> for HindranceOut {
    fn from(Hindrance { module, kind, field }: Hindrance) -> Self {
        Self { module, field, kind }
    }
}

#[derive(Serialize, ToSchema)]
struct RestoreProgressOut {
    done: u64,
    total: u64,
}

/// What became of records or files.
#[derive(Serialize, ToSchema)]
struct WrittenCountsOut {
    written: u64,
    already_there: u64,
    changed_meanwhile: u64,
    refused: u64,
}

impl From<WrittenCounts> for WrittenCountsOut {
    fn from(WrittenCounts { written, already_there, changed_meanwhile, refused }: WrittenCounts) -> Self {
        Self { written, already_there, changed_meanwhile, refused }
    }
}

/// A restore as an answer shows it.
pub async fn restore_out(ports: &RestorePorts, restore: Restore, zone: Tz) -> Result<RestoreOut, ApiError> {
    let written = match restore.confirmed {
        Some(_) => Some(written(ports, &restore).await?),
        None => None,
    };
    let time = |at| local_time(at, zone);
    let foreign_keys_refused = keys_refused(ports, &restore).await?;
    let selection = selection_out(ports, &restore).await?;
    let total = restore.plan.as_ref().map(RestorePlan::writes).unwrap_or_default();
    let progress = written.map(|written| RestoreProgressOut { done: written.total().min(total), total });
    Ok(RestoreOut {
        id: restore.id.to_string(),
        status: restore.status,
        backup: RestoredBackupOut { id: restore.backup.to_string(), taken: time(restore.taken) },
        undoes: restore.undoes.map(|id| id.to_string()),
        target: restore.target,
        is_undone: restore.undone_by.is_some(),
        selection,
        policy: RestorePolicyIo { change: restore.policy.change, delete: restore.policy.delete },
        create: restore.create,
        requested_time: time(restore.requested),
        requested_by: PersonOut::from(&restore.requester),
        planned_time: restore.planned.map(time),
        confirmed_time: restore.confirmed.map(time),
        completed_time: restore.ended.map(time),
        plan: restore.plan.map(plan_out),
        progress,
        outcome: written.map(|written| WrittenCountsOut::from(written.records)),
        file_outcome: written.map(|written| WrittenCountsOut::from(written.files)),
        foreign_keys_refused,
        failure: restore.failure,
    })
}

/// Names of foreign keys that could not be added to tables that a restore has made.
async fn keys_refused(ports: &RestorePorts, restore: &Restore) -> Result<Vec<String>, ApiError> {
    if !restore.create || restore.confirmed.is_none() {
        return Ok(Vec::new());
    }
    let files = RestoreFiles { objects: &*ports.objects, org: restore.org, id: restore.id };
    Ok(files.write_work().await?.map(|work| work.foreign_keys_refused).unwrap_or_default())
}

/// What became of the records and files of a restore so far.
pub async fn written(ports: &RestorePorts, restore: &Restore) -> Result<RestoreOutcome, ApiError> {
    if let (RestoreStatus::Completed, Some(outcome)) = (restore.status, restore.outcome) {
        return Ok(outcome);
    }
    let files = RestoreFiles { objects: &*ports.objects, org: restore.org, id: restore.id };
    Ok(files.write_work().await?.map(|work| work.outcome).unwrap_or_default())
}

async fn selection_out(ports: &RestorePorts, restore: &Restore) -> Result<RestoreSelectionOut, ApiError> {
    let nothing = RestoreSelectionOut { records: None, modules: None, search: None };
    Ok(match restore.selection.clone() {
        RestoreSelection::Everything {} => nothing,
        RestoreSelection::Modules { modules } => RestoreSelectionOut { modules: Some(modules), ..nothing },
        RestoreSelection::Records { records } => {
            let out = |SelectedRecord { module, id }| RecordIo { module, id };
            RestoreSelectionOut { records: Some(records.into_iter().map(out).collect()), ..nothing }
        }
        RestoreSelection::Search(search) => {
            RestoreSelectionOut { search: Some(search_out(ports, restore, search).await?), ..nothing }
        }
    })
}

async fn search_out(ports: &RestorePorts, restore: &Restore, search: RestoreSearch) -> Result<RestoreSearchOut, ApiError> {
    let files = RestoreFiles { objects: &*ports.objects, org: restore.org, id: restore.id };
    let findings = files.findings().await?.unwrap_or_default();
    let RestoreSearch { module, words, is_exact } = search;
    Ok(RestoreSearchOut {
        module,
        words,
        r#match: WordMatch::exact_if(is_exact).name(),
        records: findings.records.len(),
        blocks_searched: findings.searched,
        blocks: findings.blocks,
    })
}

fn plan_out(plan: RestorePlan) -> RestorePlanOut {
    let (counts, files, is_hindered) = (plan.counts().into(), plan.files().into(), plan.is_hindered());
    let module = |ModulePlan { api_name, label, counts, files }| {
        let (counts, files) = (PlanCountsOut::from(counts), FilePlanCountsOut::from(files));
        ModulePlanOut { api_name, label, counts, files }
    };
    let modules = plan.modules.into_iter().map(module).collect();
    let hindrances = plan.hindrances.into_iter().map(HindranceOut::from).collect();
    RestorePlanOut { counts, files, modules, creates: plan.creates, hindrances, is_hindered }
}
