//! What a restore does, record by record: the differences between the CRM as it was when the restore was planned and the snapshot that it
//! brings back. Both never change, so that a plan needs no storage of its own, and reading it again gives the same.

mod files;

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::differences::{DifferencePlace, RowDifferences, has_key, partly};
use super::document::SnapshotModule;
use super::of_backup::module_of;
use super::reader::StoredModule;
use super::row_values::{RowValues, RowsById, WantedRows, read_rows};
use crate::archive::csv::kept_columns;
use crate::domain::crm::{DataCategory, Module};
use crate::domain::differences::{PartlyCompared, RowDifference};
use crate::domain::id::OrgId;
use crate::domain::restore::{ModuleRule, PlanCounts, PlannedAction, PlannedReason};
use crate::ports::{Objects, PortError};

pub use files::{ConcernedFiles, FileRule, IsErasedRecord, PlannedAttachment, PlannedAttachments};

/// Number of blocks of which a batch reads records.
const MAX_BLOCKS: usize = 16;
/// Number of differences between two looks at the clock while records are counted.
const COUNTED_AT_ONCE: usize = 5_000;
/// Number of records that are compared at a time where their values must be read to count them.
const COMPARED_AT_ONCE: usize = 500;

/// A module as the CRM has it and as it is wanted.
pub struct ModulePair {
    objects: Arc<dyn Objects>,
    org: OrgId,
    /// As the CRM had it; `None` if it does not have the module.
    now: Option<StoredModule>,
    wanted: StoredModule,
    /// The module with the fields that both have.
    module: Module,
    /// For each field, its column in the CRM's rows and in the wanted ones.
    columns: Vec<(usize, usize)>,
}

/// A record with what a restore does with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRecord {
    /// Id of the record, as the row index has it.
    pub id: Vec<u8>,
    pub action: PlannedAction,
    pub reason: Option<PlannedReason>,
    /// Cells of [`ModulePair::module`] in the CRM.
    pub now: Option<RowValues>,
    /// Cells of [`ModulePair::module`] as they are wanted.
    pub wanted: Option<RowValues>,
}

/// Says of a record, by its id in the row index, whether it was erased.
pub type IsErased = Arc<dyn Fn(&[u8]) -> bool + Send + Sync>;

/// Which records are concerned, and what is done with them.
#[derive(Clone, Default)]
pub struct RecordRule {
    pub rule: ModuleRule,
    /// Ids of the records that are concerned; `None` for all.
    pub chosen: Option<Arc<BTreeSet<Vec<u8>>>>,
    /// Says which records were erased, and are barred from being written; `None` if none were.
    pub is_erased: Option<IsErased>,
}

impl RecordRule {
    fn decide(&self, difference: &RowDifference) -> Option<(PlannedAction, Option<PlannedReason>)> {
        let is_chosen = self.chosen.as_ref().is_none_or(|chosen| chosen.contains(&difference.id));
        let is_erased = || self.is_erased.as_ref().is_some_and(|is_erased| is_erased(&difference.id));
        is_chosen.then(|| self.rule.decide(difference.kind, is_erased()))
    }
}

impl ModulePair {
    /// Opens a module of two snapshots. `None` if backups leave it out.
    pub async fn open(
        (objects, org): (&Arc<dyn Objects>, OrgId),
        now: Option<&SnapshotModule>,
        wanted: &SnapshotModule,
    ) -> Result<Option<Self>, PortError> {
        let is_kept = |stored: &StoredModule| stored.module.contents == DataCategory::Crm;
        let wanted = module_of(&**objects, org, wanted).await?;
        let now = match now {
            Some(now) => Some(module_of(&**objects, org, now).await?).filter(is_kept),
            None => None,
        };
        let (module, columns) = common(now.as_ref().map(|stored| &stored.module), &wanted.module);
        let pair = is_kept(&wanted).then(|| Self { objects: objects.clone(), org, now, wanted, module, columns });
        Ok(pair)
    }

    /// The module with the fields that both have: that of the CRM, if it has it.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The module as it is wanted, with all of its fields.
    pub fn wanted(&self) -> &Module {
        &self.wanted.module
    }

    /// The module as it is stored, with all of its rows.
    pub fn stored(&self) -> &StoredModule {
        &self.wanted
    }

    /// Whether the CRM does not have the module.
    pub fn is_gone(&self) -> bool {
        self.now.is_none()
    }

    /// Why no record of the module can be written, as far as the snapshots show it.
    pub fn obstacle(&self) -> Option<PlannedReason> {
        let Some(now) = &self.now else { return Some(PlannedReason::ModuleGone) };
        let has_keys = has_key(&now.module) && has_key(&self.wanted.module);
        let is_other = now.module.key != self.wanted.module.key || !has_key(&self.module);
        match (has_keys, is_other) {
            (false, _) => Some(PlannedReason::NoKey),
            (true, true) => Some(PlannedReason::OtherKey),
            (true, false) => None,
        }
    }

    /// Whether the values of records must be read to know whether they differ.
    fn must_be_read(&self) -> bool {
        let part = self.now.as_ref().and_then(|now| partly(now, &self.wanted));
        matches!(part, Some(PartlyCompared::Columns { .. } | PartlyCompared::Format))
    }

    /// Reads the planned records behind a place.
    pub async fn records(&self, rule: RecordRule, behind: Option<DifferencePlace>) -> Result<PlannedRecords<'_>, PortError> {
        let now = self.now.as_ref().map_or(&[][..], |stored| &stored.blocks);
        let stores = (self.objects.clone(), self.org);
        let mut differences = RowDifferences::open(stores, (now, &self.wanted.blocks), behind.as_ref()).await?;
        let next = differences.next().await?;
        Ok(PlannedRecords { pair: self, rule, differences, next, place: behind.unwrap_or_default() })
    }

    async fn read(&self, stored: Option<&StoredModule>, wanted: WantedRows) -> Result<RowsById, PortError> {
        match stored {
            Some(stored) => read_rows((&self.objects, self.org), stored, wanted).await,
            None => Ok(RowsById::new()),
        }
    }
}

/// The module with the fields that both versions have, and the columns of each.
fn common(now: Option<&Module>, wanted: &Module) -> (Module, Vec<(usize, usize)>) {
    let Some(now) = now else {
        let kept: Vec<_> = kept_columns(&wanted.fields);
        let fields = kept.iter().map(|at| wanted.fields[*at].clone()).collect();
        return (Module { fields, ..wanted.clone() }, (0..kept.len()).map(|at| (at, at)).collect());
    };
    let wanted_fields: Vec<_> = kept_columns(&wanted.fields).into_iter().map(|at| &wanted.fields[at].api_name).collect();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (column, at) in kept_columns(&now.fields).into_iter().enumerate() {
        let field = &now.fields[at];
        if let Some(other) = wanted_fields.iter().position(|name| **name == field.api_name) {
            fields.push(field.clone());
            columns.push((column, other));
        }
    }
    (Module { fields, ..now.clone() }, columns)
}

/// The planned records of a module, in the order of the row index.
pub struct PlannedRecords<'a> {
    pair: &'a ModulePair,
    rule: RecordRule,
    differences: RowDifferences,
    next: Option<RowDifference>,
    place: DifferencePlace,
}

impl PlannedRecords<'_> {
    /// Whether there are no more.
    pub fn is_over(&self) -> bool {
        self.next.is_none()
    }

    /// The place behind the last record that was read.
    pub fn place(&self) -> DifferencePlace {
        self.place.clone()
    }

    /// Reads the next records with one of these actions, at most so many. There may be fewer, or none, although more follow.
    pub async fn batch(
        &mut self,
        is_wanted: impl Fn(PlannedAction) -> bool,
        most: usize,
    ) -> Result<Vec<PlannedRecord>, PortError> {
        let (mut part, mut blocks, mut passed) = (Vec::new(), HashSet::new(), 0);
        while part.len() < most && blocks.len() < MAX_BLOCKS && passed < COUNTED_AT_ONCE {
            let Some(difference) = self.take().await? else { break };
            passed += 1;
            if let Some((action, reason)) = self.rule.decide(&difference).filter(|(action, _)| is_wanted(*action)) {
                blocks.extend(difference.before.map(|block| (0, block)));
                blocks.extend(difference.after.map(|block| (1, block)));
                part.push((difference, action, reason));
            }
        }
        self.resolve(part).await
    }

    /// Counts the records until there are no more, or until time is over.
    pub async fn count(&mut self, counts: &mut PlanCounts, is_over: impl Fn() -> bool) -> Result<(), PortError> {
        while !self.is_over() && !is_over() {
            if self.pair.must_be_read() && self.rule.rule.obstacle.is_none() {
                let compared = self.batch(|_| true, COMPARED_AT_ONCE).await?;
                compared.iter().for_each(|record| counts.count(record.action));
                continue;
            }
            for _ in 0..COUNTED_AT_ONCE {
                let Some(difference) = self.take().await? else { break };
                if let Some((action, _)) = self.rule.decide(&difference) {
                    counts.count(action);
                }
            }
        }
        Ok(())
    }

    async fn take(&mut self) -> Result<Option<RowDifference>, PortError> {
        let Some(difference) = self.next.take() else { return Ok(None) };
        self.place = self.differences.place();
        self.next = self.differences.next().await?;
        Ok(Some(difference))
    }

    /// Reads the values of records. Those that have the same values in all fields that both versions have are left out.
    async fn resolve(
        &self,
        part: Vec<(RowDifference, PlannedAction, Option<PlannedReason>)>,
    ) -> Result<Vec<PlannedRecord>, PortError> {
        let wanted_of = |block: fn(&RowDifference) -> Option<usize>| {
            let mut wanted = WantedRows::new();
            for (difference, ..) in &part {
                if let Some(block) = block(difference) {
                    wanted.entry(block).or_default().insert(difference.id.clone());
                }
            }
            wanted
        };
        let now = self.pair.read(self.pair.now.as_ref(), wanted_of(|difference| difference.before)).await?;
        let wanted = self.pair.read(Some(&self.pair.wanted), wanted_of(|difference| difference.after)).await?;
        let planned = part.into_iter().filter_map(|(difference, action, reason)| {
            let now = difference.before.and_then(|_| one_of(&now, &difference.id)).map(|row| self.project(row, |(now, _)| now));
            let wanted =
                difference.after.and_then(|_| one_of(&wanted, &difference.id)).map(|row| self.project(row, |(_, wanted)| wanted));
            let is_equal = now.is_some() && now == wanted;
            let is_there = now.is_some() == difference.before.is_some() && wanted.is_some() == difference.after.is_some();
            // Several rows have the id, so that it identifies none.
            let (action, reason) = match action.is_write() && !is_there {
                true => (PlannedAction::Impossible, Some(PlannedReason::NoKey)),
                false => (action, reason),
            };
            (!is_equal).then_some(PlannedRecord { id: difference.id, action, reason, now, wanted })
        });
        Ok(planned.collect())
    }

    fn project(&self, row: &RowValues, column: impl Fn((usize, usize)) -> usize) -> RowValues {
        self.pair.columns.iter().map(|columns| row.get(column(*columns)).cloned().flatten()).collect()
    }
}

/// The row of an id, if it is the only one.
fn one_of<'a>(rows: &'a RowsById, id: &[u8]) -> Option<&'a RowValues> {
    match rows.get(id)?.as_slice() {
        [row] => Some(row),
        _ => None,
    }
}
