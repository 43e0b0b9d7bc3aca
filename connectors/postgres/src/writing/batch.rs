//! Writing a batch of records in one transaction.

use std::collections::HashMap;

use hozon_shared::domain::crm::Module;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::writing::{Cells, RecordWrite, Refusal, WriteOutcome, WriteStep};
use hozon_shared::ports::SourceError;
use tokio_postgres::{Client, Error, SimpleQueryMessage};

use super::refusals::{may_depend_on_others, refusal};
use super::session::Session;
use super::table::{CellPlaces, WrittenTable};
use crate::errors::about;

/// Other transactions' changes are seen as soon as the rows are locked, whatever the database's defaults.
const BEGIN: &str = "begin isolation level read committed read write; set constraints all deferred";
/// Statements that are sent together, in bytes.
const SENT: usize = 4 << 20;

/// What became of the records, as far as it is known.
type Outcomes = Vec<Option<WriteOutcome>>;

/// Writes records of a module.
pub(crate) async fn write(session: &Session, module: &Module, writes: &[RecordWrite]) -> Result<Vec<WriteOutcome>, SourceError> {
    let failed = |error| about(error, &module.api_name);
    let client = &*session.client;
    let table = WrittenTable::of_modules(client, std::slice::from_ref(module)).await.map_err(failed)?.pop().flatten();
    let table = table.ok_or_else(|| SourceErrorKind::Changed(module.api_name.clone()))?;
    let Some(places) = CellPlaces::of(module, &table) else {
        return Ok(vec![WriteOutcome::Refused { reason: Refusal::Unsupported }; writes.len()]);
    };
    client.batch_execute(BEGIN).await.map_err(failed)?;
    let mut batch = Batch { client, places, writes, outcomes: vec![None; writes.len()] };
    let statements = match batch.plan().await {
        Ok(statements) => statements,
        // The user may not lock the rows, or keys of the backup do not fit the table's any more.
        Err(error) => {
            let reason = refusal(&error).ok_or_else(|| failed(error))?;
            client.batch_execute("rollback").await.map_err(failed)?;
            return Ok(vec![WriteOutcome::Refused { reason }; writes.len()]);
        }
    };
    if !statements.is_empty() {
        client.batch_execute(&session.as_the_crm()).await.map_err(failed)?;
        batch.write(&statements).await.map_err(failed)?;
    }
    client.batch_execute("commit").await.map_err(failed)?;
    let known: Option<Vec<_>> = batch.outcomes.into_iter().collect();
    known.ok_or_else(|| SourceErrorKind::Refused.into())
}

struct Batch<'a> {
    client: &'a Client,
    places: CellPlaces,
    writes: &'a [RecordWrite],
    outcomes: Outcomes,
}

/// A statement, and the position of the record that it writes.
type Statement = (usize, String);

impl Batch<'_> {
    /// Locks and reads the records, and decides what is to be done with each.
    async fn plan(&mut self) -> Result<Vec<Statement>, Error> {
        let mut statements = Vec::new();
        let now = self.read().await?;
        for (at, write) in self.writes.iter().enumerate() {
            if let Some(reason) = self.unwritable(write) {
                self.outcomes[at] = Some(WriteOutcome::Refused { reason });
                continue;
            }
            let row = self.key(write).and_then(|key| now.get(&owned(&key)));
            let step = write.step(row.map(Vec::as_slice), &self.places.counts);
            if let Some(statement) = self.places.statement(write, &step) {
                statements.push((at, statement));
            }
            if let WriteStep::Leave(outcome) = step {
                self.outcomes[at] = Some(outcome);
            }
        }
        Ok(statements)
    }

    /// Why a record cannot be written at all.
    fn unwritable(&self, write: &RecordWrite) -> Option<Refusal> {
        let all = || [&write.seen, &write.wanted].into_iter().flatten();
        if all().any(|cells| cells.len() != self.places.fields.len()) || self.key(write).is_none() {
            return Some(Refusal::Unsupported);
        }
        // Texts of PostgreSQL have no such character.
        let has_zero = |cell: &Option<String>| cell.as_ref().is_some_and(|text| text.contains('\0'));
        let at = all().find_map(|cells| cells.iter().position(has_zero))?;
        Some(Refusal::Value { field: Some(self.places.fields[at].clone()) })
    }

    /// The texts that identify a record; `None` if it has none.
    fn key<'w>(&self, write: &'w RecordWrite) -> Option<Vec<&'w str>> {
        let cells = write.seen.as_ref().or(write.wanted.as_ref())?;
        self.places.key.iter().map(|at| cells.get(*at)?.as_deref()).collect()
    }

    /// Reads the records as they are now, by their keys.
    async fn read(&self) -> Result<HashMap<Vec<String>, Cells>, Error> {
        let readable = self.writes.iter().filter(|write| self.unwritable(write).is_none());
        let keys: Vec<Vec<&str>> = readable.filter_map(|write| self.key(write)).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        // The simple protocol gives the same text as COPY: what the output functions of the types write.
        let messages = self.client.simple_query(&self.places.select(&keys)).await?;
        let mut found = HashMap::new();
        for message in messages {
            let SimpleQueryMessage::Row(row) = message else { continue };
            let cells = (0..row.len()).map(|at| row.try_get(at).map(|cell| cell.map(str::to_owned)));
            let cells: Cells = cells.collect::<Result<_, _>>()?;
            let key: Option<Vec<&str>> = self.places.key.iter().map(|at| cells.get(*at)?.as_deref()).collect();
            if let Some(key) = key.map(|key| owned(&key)) {
                found.insert(key, cells);
            }
        }
        Ok(found)
    }

    /// Runs all statements together, and one by one if the server refuses any of them.
    async fn write(&mut self, statements: &[Statement]) -> Result<(), Error> {
        self.client.batch_execute("savepoint before_batch").await?;
        match self.together(statements).await {
            Ok(true) => {
                for (at, _) in statements {
                    self.outcomes[*at] = Some(WriteOutcome::Written { new_id: None });
                }
                return Ok(());
            }
            Ok(false) => {}
            Err(error) if refusal(&error).is_some() => {}
            Err(error) => return Err(error),
        }
        self.client.batch_execute("rollback to savepoint before_batch; set constraints all immediate").await?;
        self.one_by_one(statements).await
    }

    /// Whether each statement has written its record, and all rules hold.
    async fn together(&self, statements: &[Statement]) -> Result<bool, Error> {
        let mut sent = String::new();
        let mut is_all = true;
        for (_, statement) in statements {
            sent.push_str(statement);
            sent.push_str(";\n");
            if sent.len() > SENT {
                is_all &= written(&self.client.simple_query(&std::mem::take(&mut sent)).await?);
            }
        }
        is_all &= written(&self.client.simple_query(&sent).await?);
        self.client.batch_execute("set constraints all immediate").await?;
        Ok(is_all)
    }

    /// Runs each statement behind a savepoint. What is refused because of another record is tried again after the others, as long as
    /// that helps: a record may refer to one that comes later.
    async fn one_by_one(&mut self, statements: &[Statement]) -> Result<(), Error> {
        let mut open: Vec<&Statement> = statements.iter().collect();
        loop {
            let (before, mut refused) = (open.len(), Vec::new());
            for statement in open {
                let outcome = match self.one(&statement.1).await? {
                    None => WriteOutcome::Written { new_id: None },
                    Some(reason) => {
                        refused.extend(may_depend_on_others(&reason).then_some(statement));
                        WriteOutcome::Refused { reason }
                    }
                };
                self.outcomes[statement.0] = Some(outcome);
            }
            if refused.is_empty() || refused.len() == before {
                return Ok(());
            }
            open = refused;
        }
    }

    /// Runs one statement, and returns why the server refuses it.
    async fn one(&self, statement: &str) -> Result<Option<Refusal>, Error> {
        let tried = format!("savepoint before_record;\n{statement};\n");
        let reason = match self.client.simple_query(&tried).await {
            Ok(answer) if written(&answer[1..]) => {
                self.client.batch_execute("release savepoint before_record").await?;
                return Ok(None);
            }
            // A trigger or a rule of the CRM has made nothing of it.
            Ok(_) => Refusal::Rule { rule: None },
            Err(error) => match refusal(&error) {
                Some(reason) => reason,
                None => return Err(error),
            },
        };
        self.client.batch_execute("rollback to savepoint before_record; release savepoint before_record").await?;
        Ok(Some(reason))
    }
}

/// Whether each statement of an answer has written one row.
fn written(answer: &[SimpleQueryMessage]) -> bool {
    answer.iter().all(|message| !matches!(message, SimpleQueryMessage::CommandComplete(rows) if *rows != 1))
}

fn owned(key: &[&str]) -> Vec<String> {
    key.iter().map(|text| (*text).to_owned()).collect()
}
