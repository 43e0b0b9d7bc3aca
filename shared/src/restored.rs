//! What a restore leaves in the store: how far its plan and its writing are, and the report of what became of each record. The report is
//! written in parts, each under a key that follows from its place in the plan, so that a repeated call replaces it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::domain::backup::Failure;
use crate::domain::id::{OrgId, RestoreId};
use crate::domain::restore::{ModulePlan, PlannedAction, RestoreOutcome};
use crate::domain::writing::{Hindrance, WriteOutcome};
use crate::drilled::leave_out_of_drill;
use crate::ports::{Bucket, ErrorKind, NewIds, ObjectRef, Objects, PortError, find_json, put_json, read_json};
use crate::restore_search::RestoreFindings;
use crate::snapshots::differences::DifferencePlace;

const READ: &str = "read a document of a restore";
const ENCODE: &str = "encode a document of a restore";
/// What keys of parts of reports have between the restore and their own name.
const REPORT: &str = "/report/";
/// Name of what a search has found.
const FINDINGS: &str = "found.json";

/// How far the plan of a restore is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWork {
    pub hindrances: Vec<Hindrance>,
    /// The modules that are counted; the last one in part, if there is a place.
    pub modules: Vec<ModulePlan>,
    /// Where counting the last module goes on.
    pub place: Option<PlanPlace>,
}

/// A place among the records of a module, or among their files, which come behind them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanPlace {
    Records(DifferencePlace),
    /// Behind the file of this id; `None` in front of all.
    Files(Option<String>),
}

impl PlanPlace {
    /// The place among records; `None` behind them.
    pub fn records(self) -> Option<DifferencePlace> {
        match self {
            Self::Records(place) => Some(place),
            Self::Files(_) => None,
        }
    }
}

/// What is written in which turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WritePhase {
    /// Records are created and changed, parents first. Fields that close a circle of references stay as they are.
    Write,
    /// Those fields get their values.
    Tie,
    /// Those fields of records that are deleted become NULL.
    Untie,
    /// Records are deleted, children first.
    Delete,
    /// Records that could not be deleted get the values of those fields back.
    Retie,
    /// Files are written where the rows say that they lie.
    Files,
    /// Sequences are set.
    Finish,
}

impl WritePhase {
    /// The phase behind this one; `None` behind the last.
    pub fn next(self) -> Option<Self> {
        match self {
            Self::Write => Some(Self::Tie),
            Self::Tie => Some(Self::Untie),
            Self::Untie => Some(Self::Delete),
            Self::Delete => Some(Self::Retie),
            Self::Retie => Some(Self::Files),
            Self::Files => Some(Self::Finish),
            Self::Finish => None,
        }
    }
}

/// How far the writing of a restore is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteWork {
    pub phase: WritePhase,
    /// Position in the order in which modules are written.
    pub module: usize,
    /// The place behind the last record that was written.
    pub place: Option<DifferencePlace>,
    /// Id of the last file that was written, while files are written.
    #[serde(default)]
    pub file: Option<String>,
    /// Number of batches of the module in this phase so far.
    pub batch: u64,
    pub outcome: RestoreOutcome,
    /// Names of foreign keys that could not be added, where tables were made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys_refused: Vec<String>,
    /// Whether the call that has left it has not begun the next batch. Otherwise that batch may be written already, by a call that has
    /// ended before it could say so.
    pub is_clean: bool,
}

impl WriteWork {
    /// Goes to the beginning of a module in a phase.
    #[must_use]
    pub fn at(self, phase: WritePhase, module: usize) -> Self {
        Self { phase, module, place: None, file: None, batch: 0, ..self }
    }
}

impl Default for WriteWork {
    fn default() -> Self {
        let (phase, outcome) = (WritePhase::Write, RestoreOutcome::default());
        Self { phase, module: 0, place: None, file: None, batch: 0, outcome, foreign_keys_refused: Vec::new(), is_clean: true }
    }
}

/// A part of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportPart {
    /// API name of the module.
    pub module: String,
    pub phase: WritePhase,
    pub rows: Vec<ReportRow>,
}

/// What became of a record, or of a file of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportRow {
    /// Id of the record.
    pub id: String,
    /// Id of the file, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    pub action: PlannedAction,
    /// Whether it is the row of its record or file. Other rows are of the further turns that a record may need.
    pub is_main: bool,
    #[serde(flatten)]
    pub outcome: WriteOutcome,
}

impl ReportPart {
    /// The rows that people read: one for each record, and those of further turns that did not succeed.
    pub fn shown(self) -> impl Iterator<Item = ReportRow> {
        let is_tied = self.phase == WritePhase::Tie;
        let is_refused = |row: &ReportRow| matches!(row.outcome, WriteOutcome::Refused { .. });
        self.rows.into_iter().filter(move |row| row.is_main || is_refused(row) || (is_tied && !row.is_there()))
    }

    /// Ids of the records that the restore has written in any phase: those before it, and those that the CRM has given.
    pub fn written_records(&self) -> impl Iterator<Item = &String> {
        let records = self.written().filter(|row| row.file.is_none());
        records.flat_map(|row| std::iter::once(&row.id).chain(row.outcome.new_id()))
    }

    /// Records that the CRM has given another id: the one before, and the new one.
    pub fn new_ids(&self) -> impl Iterator<Item = (&String, &String)> {
        self.rows.iter().filter(|row| row.file.is_none()).filter_map(|row| Some((&row.id, row.outcome.new_id()?)))
    }

    /// Ids of the files that the restore has written.
    pub fn written_files(&self) -> impl Iterator<Item = &String> {
        self.written().filter_map(|row| row.file.as_ref())
    }

    fn written(&self) -> impl Iterator<Item = &ReportRow> {
        self.rows.iter().filter(|row| matches!(row.outcome, WriteOutcome::Written { .. }))
    }
}

impl ReportRow {
    /// Whether the record is as wanted.
    pub fn is_there(&self) -> bool {
        matches!(self.outcome, WriteOutcome::Written { .. } | WriteOutcome::AlreadyThere)
    }
}

/// Documents of a restore.
pub struct RestoreFiles<'a> {
    pub objects: &'a dyn Objects,
    pub org: OrgId,
    pub id: RestoreId,
}

impl RestoreFiles<'_> {
    fn at(&self, name: &str) -> ObjectRef {
        // Apart from the objects of snapshots, which are swept.
        ObjectRef::crm(format!("{}{}/{name}", restores_prefix(self.org), self.id))
    }

    /// How far the plan is; `None` before its first module.
    pub async fn plan_work(&self) -> Result<Option<PlanWork>, PortError> {
        self.read(&self.at("plan.json")).await
    }

    /// Stores how far the plan is.
    pub async fn set_plan_work(&self, work: &PlanWork) -> Result<(), PortError> {
        self.write(&self.at("plan.json"), work).await
    }

    /// What the search of a restore has found so far; `None` before it has begun.
    pub async fn findings(&self) -> Result<Option<RestoreFindings>, PortError> {
        self.read(&self.at(FINDINGS)).await
    }

    /// Stores what the search has found so far.
    pub async fn set_findings(&self, findings: &RestoreFindings) -> Result<(), PortError> {
        self.write(&self.at(FINDINGS), findings).await
    }

    /// How far the writing is; `None` before its first batch.
    pub async fn write_work(&self) -> Result<Option<WriteWork>, PortError> {
        self.read(&self.at("work.json")).await
    }

    /// Stores how far the writing is.
    pub async fn set_write_work(&self, work: &WriteWork) -> Result<(), PortError> {
        self.write(&self.at("work.json"), work).await
    }

    /// What the capture for the plan has left under a name for its next call; `None` if it has left nothing.
    pub async fn captured<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, PortError> {
        self.read(&self.at(&format!("capture/{name}.json"))).await
    }

    /// Leaves something for the next call of the capture for the plan.
    pub async fn set_captured<T: Serialize>(&self, name: &str, document: &T) -> Result<(), PortError> {
        self.write(&self.at(&format!("capture/{name}.json")), document).await
    }

    /// Deletes what the calls of the capture for the plan have left. May be repeated.
    pub async fn forget_captured(&self) -> Result<(), PortError> {
        for key in self.objects.list(Bucket::Crm, &self.at("capture/").key).await? {
            self.objects.delete(&ObjectRef::crm(key)).await?;
        }
        Ok(())
    }

    /// Why the last call has failed; `None` if none has.
    pub async fn failure(&self) -> Result<Option<Failure>, PortError> {
        self.read(&self.at("failure.json")).await
    }

    /// Stores why a call has failed, in case that no further one succeeds.
    pub async fn set_failure(&self, failure: &Failure) -> Result<(), PortError> {
        self.write(&self.at("failure.json"), failure).await
    }

    /// Stores a part of the report: that of the batch behind `work`. `module` is the position of its module in the plan.
    pub async fn set_report(&self, work: &WriteWork, module: usize, part: &ReportPart) -> Result<(), PortError> {
        let phase = work.phase as usize;
        self.write(&self.at(&format!("report/{phase}-{module:05}-{:012}.json", work.batch)), part).await
    }

    /// Names of the parts of the report, in order. `phase` is one, and `module` the position of a module in the plan, if only their parts
    /// are wanted.
    pub async fn report_parts(&self, phase: Option<WritePhase>, module: Option<usize>) -> Result<Vec<String>, PortError> {
        let prefix = self.at("report/").key;
        let keys = self.objects.list(Bucket::Crm, &prefix).await?;
        let names = keys.into_iter().filter_map(|key| key.strip_prefix(&prefix).map(str::to_owned));
        let is_wanted = |name: &String| {
            let has = |at: usize, wanted: usize| name.split('-').nth(at).and_then(|text| text.parse().ok()) == Some(wanted);
            phase.is_none_or(|phase| has(0, phase as usize)) && module.is_none_or(|module| has(1, module))
        };
        Ok(names.filter(is_wanted).collect())
    }

    /// Names of the parts of the report, those of each module together.
    pub async fn report_parts_by_module(&self) -> Result<Vec<Vec<String>>, PortError> {
        let mut by_module: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in self.report_parts(None, None).await? {
            let module = name.split('-').nth(1).unwrap_or_default().to_owned();
            by_module.entry(module).or_default().push(name);
        }
        Ok(by_module.into_values().collect())
    }

    /// Ids that the CRM has given to records that were created again.
    pub async fn new_ids(&self) -> Result<NewIds, PortError> {
        let mut ids = NewIds::new();
        for name in self.report_parts(Some(WritePhase::Write), None).await? {
            let part = self.report_part(&name).await?;
            ids.extend(part.new_ids().map(|(old, new)| (old.clone(), new.clone())));
        }
        Ok(ids)
    }

    /// Reads a part of the report by its name.
    pub async fn report_part(&self, name: &str) -> Result<ReportPart, PortError> {
        let part = self.read(&self.at(&format!("report/{name}"))).await?;
        part.ok_or_else(|| PortError::new(ErrorKind::NotFound, "read a part of a report"))
    }

    async fn read<T: DeserializeOwned>(&self, at: &ObjectRef) -> Result<Option<T>, PortError> {
        find_json(self.objects, at, READ).await
    }

    async fn write<T: Serialize>(&self, at: &ObjectRef, document: &T) -> Result<(), PortError> {
        put_json(self.objects, at, document, ENCODE).await
    }
}

/// Prefix of the documents of an organisation's restores.
fn restores_prefix(org: OrgId) -> String {
    format!("restores/{org}/")
}

/// Leaves out of all reports, findings and results of drills of an organisation the rows of which `is_unwanted` says so, by module and id of the record. Returns the prefix of
/// what it has changed.
pub async fn leave_out_of_reports(
    objects: &dyn Objects,
    org: OrgId,
    is_unwanted: impl Fn(&str, &str) -> bool,
) -> Result<String, PortError> {
    let prefix = restores_prefix(org);
    for key in objects.list(Bucket::Crm, &prefix).await? {
        let at = ObjectRef::crm(key);
        if at.key.ends_with(FINDINGS) {
            leave_out_of_findings(objects, &at, &is_unwanted).await?;
        }
        leave_out_of_drill(objects, &at, &is_unwanted).await?;
        if !at.key.contains(REPORT) {
            continue;
        }
        let mut part: ReportPart = read_json(objects, &at, READ).await?;
        let before = part.rows.len();
        let is_of = |id: &String| is_unwanted(&part.module, id);
        part.rows.retain(|row| !is_of(&row.id) && !row.outcome.new_id().filter(|_| row.file.is_none()).is_some_and(is_of));
        if part.rows.len() != before {
            put_json(objects, &at, &part, ENCODE).await?;
        }
    }
    Ok(prefix)
}

async fn leave_out_of_findings(
    objects: &dyn Objects,
    at: &ObjectRef,
    is_unwanted: &impl Fn(&str, &str) -> bool,
) -> Result<(), PortError> {
    let mut findings: RestoreFindings = read_json(objects, at, READ).await?;
    let before = findings.records.len();
    findings.records.retain(|record| !is_unwanted(&record.module, &record.id));
    if findings.records.len() != before {
        put_json(objects, at, &findings, ENCODE).await?;
    }
    Ok(())
}
