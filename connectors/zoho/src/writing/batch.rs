//! Writing a batch of records of one module. What is there is read and compared first.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::writing::{Cells, RecordWrite, Refusal, WriteOutcome, WriteStep};
use hozon_shared::ports::{SourceError, WrittenBefore};
use serde_json::{Map, Value, json};

use super::described::{CellPart, CellPlace, WrittenTable};
use super::values::CellReader;
use crate::catalog::Table;
use crate::changes::changed;
use crate::client::Client;
use crate::columns::ColumnKind;

/// A batch that is being written.
pub(super) struct Batch<'a> {
    pub client: &'a Client,
    pub module: &'a Module,
    pub table: &'a WrittenTable,
    pub places: Vec<Option<CellPlace>>,
    pub writes: &'a [RecordWrite],
    pub before: &'a mut WrittenBefore,
    /// When the restore began to write, by Zoho's clock.
    pub begun: DateTime<Utc>,
    /// Name of the field with ids that records had before they were created again, if the module has it.
    pub external: Option<&'a str>,
    pub outcomes: Vec<Option<WriteOutcome>>,
    /// Records by the ids that they have now, with their cells in the order of the module's fields.
    pub now: HashMap<String, Cells>,
    /// Positions of writes whose records came back out of the recycle bin.
    pub brought_back: BTreeSet<usize>,
    /// Positions of writes whose records were found under other ids.
    pub found: BTreeSet<usize>,
}

/// What is sent to Zoho: for each record the position of its write.
#[derive(Default)]
pub(super) struct Outgoing {
    pub inserts: Vec<(usize, Map<String, Value>)>,
    pub updates: Vec<(usize, Map<String, Value>)>,
    pub deletes: Vec<usize>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(
        client: &'a Client,
        (module, table): (&'a Module, &'a WrittenTable),
        external: Option<&'a str>,
        writes: &'a [RecordWrite],
        (before, begun): (&'a mut WrittenBefore, DateTime<Utc>),
    ) -> Self {
        let is_known = |name: &&str| table.fields().any(|(column, rights)| column.api_name == *name && rights.may_create);
        Self {
            client,
            module,
            table,
            places: table.places(module),
            writes,
            before,
            begun,
            external: external.filter(is_known),
            outcomes: vec![None; writes.len()],
            now: HashMap::new(),
            brought_back: BTreeSet::new(),
            found: BTreeSet::new(),
        }
    }

    pub(super) async fn write(mut self) -> Result<Vec<WriteOutcome>, SourceError> {
        for (at, write) in self.writes.iter().enumerate() {
            if !self.is_writable(write) {
                self.outcomes[at] = Some(WriteOutcome::Refused { reason: Refusal::Unsupported });
            }
        }
        self.read_all().await?;
        self.find_missing().await?;
        let mut outgoing = Outgoing::default();
        for at in 0..self.writes.len() {
            if self.outcomes[at].is_none() {
                self.decide(at, &mut outgoing);
            }
        }
        self.insert(std::mem::take(&mut outgoing.inserts)).await?;
        self.update(std::mem::take(&mut outgoing.updates)).await?;
        self.delete(&outgoing.deletes).await?;
        let unsaid = || WriteOutcome::Refused { reason: Refusal::Other { code: "NO_ANSWER".to_owned() } };
        Ok(self.outcomes.into_iter().map(|outcome| outcome.unwrap_or_else(unsaid)).collect())
    }

    fn is_writable(&self, write: &RecordWrite) -> bool {
        let has_cells = |cells: &Option<Cells>| cells.as_ref().is_none_or(|cells| cells.len() == self.places.len());
        has_cells(&write.seen) && has_cells(&write.wanted) && self.old_id(write).is_some_and(|id| id.parse::<u64>().is_ok())
    }

    /// The id of a record in the backup, or in the CRM when the plan was made.
    pub(super) fn old_id<'w>(&self, write: &'w RecordWrite) -> Option<&'w str> {
        let at = self.module.fields.iter().position(|field| field.api_name == "id")?;
        write.seen.as_ref().or(write.wanted.as_ref())?.get(at)?.as_deref()
    }

    /// The id that the record of a write has now.
    pub(super) fn id(&self, at: usize) -> String {
        let old = self.old_id(&self.writes[at]).unwrap_or_default();
        self.reader().id(old).to_owned()
    }

    pub(super) fn reader(&self) -> CellReader<'_> {
        CellReader { table: self.table, places: &self.places, new_ids: &self.before.new_ids }
    }

    async fn read_all(&mut self) -> Result<(), SourceError> {
        let ids: Vec<String> = (0..self.writes.len()).filter(|at| self.outcomes[*at].is_none()).map(|at| self.id(at)).collect();
        self.read(&ids).await
    }

    /// Reads records as they are now, by their ids.
    pub(super) async fn read(&mut self, ids: &[String]) -> Result<(), SourceError> {
        let ids: Vec<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let (table, columns) = self.read_table();
        let offsets: HashMap<usize, usize> =
            columns.iter().zip(table.placed()).map(|(column, (offset, _))| (*column, offset)).collect();
        for (id, cells) in changed(self.client, &table, &ids).await? {
            let cell = |place: &Option<CellPlace>| {
                let place = (*place)?;
                let part = match place.part {
                    CellPart::Value | CellPart::Name => 0,
                    CellPart::Id => 1,
                    CellPart::Module => 2,
                };
                cells.get(offsets.get(&place.column)? + part)?.clone()
            };
            let row = self.places.iter().map(cell).collect();
            self.now.insert(id.to_string(), row);
        }
        Ok(())
    }

    /// The table with the columns that the module's fields have, and their positions.
    fn read_table(&self) -> (Table, Vec<usize>) {
        let columns: BTreeSet<usize> = self.places.iter().flatten().map(|place| place.column).collect();
        let columns: Vec<usize> = columns.into_iter().collect();
        (self.table.only(&columns), columns)
    }

    /// Decides what is to be done with a record.
    fn decide(&mut self, at: usize, outgoing: &mut Outgoing) {
        let (id, write) = (self.id(at), &self.writes[at]);
        let reader = self.reader();
        let counts = reader.counts(|rights| rights.may_update);
        let now = self.now.get(&id);
        // What the backup refers to has new ids, what the CRM refers to has not.
        let compared_now = now.map(|now| reader.of_crm().comparable(now));
        let wanted = write.wanted.as_ref().map(|wanted| reader.comparable(wanted));
        // It was created by a call that has ended before it could say so.
        let is_ours =
            write.seen.is_none() && now.is_some() && Some(id.as_str()) != self.old_id(write) && self.before.may_be_written;
        // What came back is as it was when it was deleted, whatever the plan has seen.
        let seen = if self.is_back(at) {
            compared_now.clone()
        } else {
            write.seen.as_ref().map(|seen| reader.of_crm().comparable(seen))
        };
        let mut step = RecordWrite { seen, wanted }.step(compared_now.as_deref(), &counts);
        if is_ours {
            step = WriteStep::Leave(WriteOutcome::Written { new_id: Some(id.clone()) });
        }
        match (step, &write.wanted, now) {
            (WriteStep::Leave(WriteOutcome::AlreadyThere), ..) if self.brought_back.contains(&at) => {
                self.outcomes[at] = Some(WriteOutcome::Written { new_id: None });
            }
            (WriteStep::Leave(outcome), ..) => self.outcomes[at] = Some(outcome),
            (WriteStep::Create, Some(wanted), _) => {
                let mut record = reader.created(wanted);
                if let (Some(field), Some(old)) = (self.external, self.old_id(write)) {
                    record.insert(field.to_owned(), json!(old));
                }
                outgoing.inserts.push((at, record));
            }
            (WriteStep::Change(positions), Some(wanted), Some(now)) => {
                outgoing.updates.push((at, reader.changed(&id, (now, wanted), &positions)));
            }
            _ => outgoing.deletes.push(at),
        }
    }

    /// Whether a record that the plan did not see came back out of the recycle bin: by this batch, by a call that was to write it, or with the
    /// record to which it belongs. Zoho never gives an id twice.
    fn is_back(&self, at: usize) -> bool {
        let belongs = || self.table.fields().any(|(column, rights)| column.kind == ColumnKind::AnyLookup && rights.is_required);
        let is_there = self.now.contains_key(&self.id(at)) && !self.found.contains(&at);
        let was_unseen = self.writes[at].seen.is_none();
        self.brought_back.contains(&at) || (was_unseen && is_there && (self.before.may_be_written || belongs()))
    }
}
