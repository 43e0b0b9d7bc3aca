//! `GET backup/{id}/modules/{module}/records/{record}/history`: one record through all backups whose data is kept.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use chrono::TimeDelta;
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::api::closed_sets::RecordStepName;
use hozon_shared::api::{Administrator, ApiError, LocalTime, local_time};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::ports::{ErrorKind, Objects, PortError};
use hozon_shared::snapshots::document::{Snapshot, SnapshotModule};
use hozon_shared::snapshots::find::{FoundRow, RecordReader, id_of_text};
use hozon_shared::snapshots::of_backup::{module_of, snapshot_of};
use hozon_shared::snapshots::reader::StoredModule;
use serde::Serialize;
use utoipa::ToSchema;

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;
use crate::shown::{cut, kept_fields};

/// Number of backups that are looked into.
const BACKUPS: usize = 400;
/// Number of snapshots whose descriptions are read at a time.
const SNAPSHOTS_AT_ONCE: usize = 8;
/// How long a call looks.
const BUDGET: TimeDelta = TimeDelta::seconds(8);
/// Characters after which a value is cut.
const VALUE: usize = 1_000;
/// Number of changes of a record that are shown of a step.
const MAX_CHANGES: usize = 500;

#[derive(Serialize, ToSchema)]
pub struct RecordHistoryEnvelope {
    /// What has happened to the record, newest first.
    history: Vec<RecordStepOut>,
    /// Number of backups whose data is kept and was looked into.
    backups: usize,
    /// Whether all kept backups were looked into. If not, the oldest part is missing.
    is_complete: bool,
}

/// A run of backups that show the record in the same state.
#[derive(Serialize, ToSchema)]
struct RecordStepOut {
    #[schema(value_type = RecordStepName)]
    kind: &'static str,
    /// The first backup that shows the record so.
    since: BackupTaken,
    /// The last one.
    until: BackupTaken,
    /// Number of backups that show the record so.
    backups: usize,
    /// The fields that differ from the backup before.
    changes: Vec<FieldChange>,
}

#[derive(Clone, Serialize, ToSchema)]
struct BackupTaken {
    /// The backup.
    id: String,
    /// When the state began that it shows.
    taken: LocalTime,
}

#[derive(Serialize, ToSchema)]
struct FieldChange {
    api_name: String,
    label: String,
    /// Null is NULL, or a field that did not exist.
    old: Option<String>,
    new: Option<String>,
}

/// Shows when a record appeared, changed and vanished, over all backups whose data is kept.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}/history",
    operation_id = "get_record_history",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The backup"),
        ("module" = String, Path, description = "API name of the module"),
        ("record" = String, Path, description = "Id of the record"),
    ),
    responses((status = 200, description = "The history of the record", body = RecordHistoryEnvelope)),
)]
pub async fn get(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, backup, api_name, record)): Path<(String, String, String, String)>,
) -> Result<Json<RecordHistoryEnvelope>, ApiError> {
    let until = ports.clock.now() + BUDGET;
    let opened = OpenedBackup::open(&ports, caller.org, &backup).await?;
    let (reader, zone) = (opened.reader(&ports), opened.organisation.time_zone);
    let mut seen = Seen { reader: &reader, api_name: &api_name, record: &record, versions: HashMap::new() };
    let snapshots = snapshots(&ports, caller.org).await?;
    let (mut runs, mut backups): (Vec<Run>, usize) = (Vec::new(), 0);
    for (id, snapshot) in &snapshots {
        if backups > 0 && ports.clock.now() >= until {
            break;
        }
        let state = seen.state(snapshot).await?;
        let taken = BackupTaken { id: id.to_string(), taken: local_time(snapshot.taken, zone) };
        backups += 1;
        match runs.last_mut() {
            Some(run) if run.state.is_same(&state) => run.extend(taken),
            _ => runs.push(Run { state, since: taken.clone(), until: taken, backups: 1 }),
        }
    }
    if runs.iter().all(|run| run.state.rows.is_empty()) {
        return Err(ApiError::record_not_found());
    }
    let what = LookedAt::Record { module: api_name.clone(), record: record.clone() };
    ports.look(&caller, opened.backup.id, what).await?;
    let history = steps(&reader, runs).await?;
    Ok(Json(RecordHistoryEnvelope { history, backups, is_complete: backups == snapshots.len() }))
}

/// Reads the snapshots that are kept, newest first.
async fn snapshots(ports: &ExplorePorts, org: OrgId) -> Result<Vec<(BackupId, Snapshot)>, ApiError> {
    let backups = ports.store.backups(org, BACKUPS).await?;
    let completed = backups.into_iter().filter(|backup| backup.status == BackupStatus::Completed);
    let ids: Vec<BackupId> = completed.map(|backup| backup.id).collect();
    let reads = stream::iter(ids).map(|id| read_snapshot(ports.objects.clone(), org, id)).buffered(SNAPSHOTS_AT_ONCE);
    let read: Vec<Option<(BackupId, Snapshot)>> = reads.try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

async fn read_snapshot(objects: Arc<dyn Objects>, org: OrgId, id: BackupId) -> Result<Option<(BackupId, Snapshot)>, PortError> {
    Ok(snapshot_of(&*objects, org, id).await?.map(|snapshot| (id, snapshot)))
}

/// The record in a version of its module.
struct RecordState {
    /// `None` if the module is not there.
    stored: Option<StoredModule>,
    rows: Vec<FoundRow>,
}

impl RecordState {
    /// Whether two states are known to be the same without reading them.
    fn is_same(&self, other: &Self) -> bool {
        let hashes = |state: &Self| {
            let mut hashes: Vec<_> = state.rows.iter().map(|row| row.hash).collect();
            hashes.sort_unstable();
            hashes
        };
        let names = |state: &Self| state.stored.as_ref().map(|stored| stored.module.fields.clone());
        hashes(self) == hashes(other) && (self.rows.is_empty() || names(self) == names(other))
    }
}

/// Consecutive backups, newest first, in which the record is the same.
struct Run {
    state: Arc<RecordState>,
    since: BackupTaken,
    until: BackupTaken,
    backups: usize,
}

impl Run {
    fn extend(&mut self, older: BackupTaken) {
        self.since = older;
        self.backups += 1;
    }
}

/// States of the record by the version of its module.
struct Seen<'a> {
    reader: &'a RecordReader,
    api_name: &'a str,
    record: &'a str,
    versions: HashMap<Option<String>, Arc<RecordState>>,
}

impl Seen<'_> {
    async fn state(&mut self, snapshot: &Snapshot) -> Result<Arc<RecordState>, PortError> {
        let module = snapshot.modules.iter().find(|module| module.api_name == self.api_name);
        let version = module.map(|module| module.version.clone());
        if let Some(known) = self.versions.get(&version) {
            return Ok(known.clone());
        }
        let state = Arc::new(self.read(module).await?);
        self.versions.insert(version, state.clone());
        Ok(state)
    }

    /// Reads the state in a version. One that was deleted meanwhile shows nothing.
    async fn read(&self, module: Option<&SnapshotModule>) -> Result<RecordState, PortError> {
        let absent = RecordState { stored: None, rows: Vec::new() };
        let Some(module) = module else { return Ok(absent) };
        let stored = match module_of(&*self.reader.objects, self.reader.org, module).await {
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Outdated) => return Ok(absent),
            stored => stored?,
        };
        let id = id_of_text(&stored.module, self.record).filter(|_| stored.module.contents == DataCategory::Crm);
        let rows = match id {
            Some(id) => self.reader.find(&stored, &id).await?,
            None => Vec::new(),
        };
        Ok(RecordState { stored: Some(stored), rows })
    }
}

/// Makes steps of runs. Runs that differ in no field are one step.
async fn steps(reader: &RecordReader, runs: Vec<Run>) -> Result<Vec<RecordStepOut>, ApiError> {
    let (mut steps, mut older): (Vec<RecordStepOut>, Option<Run>) = (Vec::new(), None);
    for run in runs.into_iter().rev() {
        let before = older.as_ref().map(|older| &older.state);
        let had = before.is_some_and(|before| !before.rows.is_empty());
        let has = !run.state.rows.is_empty();
        let changes = match before {
            Some(before) if had && has => changes(reader, before, &run.state).await?,
            _ => Vec::new(),
        };
        let kind = match (before.is_some(), had, has) {
            (_, true, true) if changes.is_empty() => None,
            (_, true, true) => Some("changed"),
            (false, _, true) => Some("present"),
            (true, false, true) => Some("appeared"),
            (_, true, false) => Some("vanished"),
            (_, false, false) => None,
        };
        match (kind, steps.last_mut()) {
            (Some(kind), _) => steps.push(RecordStepOut {
                kind,
                since: run.since.clone(),
                until: run.until.clone(),
                backups: run.backups,
                changes,
            }),
            (None, Some(step)) if has => {
                step.until = run.until.clone();
                step.backups += run.backups;
            }
            (None, _) => {}
        }
        older = Some(run);
    }
    steps.reverse();
    Ok(steps)
}

/// Returns the fields in which the record differs.
async fn changes(reader: &RecordReader, before: &RecordState, after: &RecordState) -> Result<Vec<FieldChange>, PortError> {
    let (old, new) = (values(reader, before).await?, values(reader, after).await?);
    let value = |values: &Values, name: &str| values.iter().find(|(known, ..)| known == name).and_then(|(.., cell)| cell.clone());
    let gone = old.iter().filter(|(name, ..)| new.iter().all(|(known, ..)| known != name));
    let names: Vec<(String, String)> = new.iter().chain(gone).map(|(name, label, _)| (name.clone(), label.clone())).collect();
    let differing = names.into_iter().filter_map(|(api_name, label)| {
        let (old, new) = (value(&old, &api_name), value(&new, &api_name));
        let shown = |cell: Option<String>| cell.map(|cell| cut(&cell, VALUE).0);
        (old != new).then(|| FieldChange { api_name, label, old: shown(old), new: shown(new) })
    });
    Ok(differing.take(MAX_CHANGES).collect())
}

/// API names, labels and cells of a record.
type Values = Vec<(String, String, Option<String>)>;

/// Reads the record; the first, if there are several of its id.
async fn values(reader: &RecordReader, state: &RecordState) -> Result<Values, PortError> {
    let (Some(stored), Some(row)) = (&state.stored, state.rows.first()) else { return Ok(Vec::new()) };
    let cells = reader.rows(stored, std::slice::from_ref(row)).await?.pop().unwrap_or_default();
    let fields = kept_fields(&stored.module).into_iter().zip(cells);
    Ok(fields.map(|(field, cell)| (field.api_name.clone(), field.label.clone(), cell)).collect())
}
