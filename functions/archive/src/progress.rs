//! Progress of one invocation of `pack`, and of `assemble`. One record covers all its items; it is written when an item ends, and after
//! every fixed number of bytes. A run has as many records as invocations, and no two invocations write the same record.

use std::collections::HashMap;

use hozon_shared::domain::progress::Amount;
use tokio::sync::Mutex;

use crate::run::Run;
use crate::task_error::TaskErrorKind;
use crate::units::{Unit, UnitContent};
use crate::work::{Batch, RunPlan, WorkItem};

/// Number of bytes after which progress is recorded.
const STEP: u64 = 32 << 20;

/// Tracks the progress of an invocation's items.
pub struct Tracker<'a> {
    run: &'a Run<'a>,
    /// Number of the record, which is that of the first item.
    record: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: HashMap<u64, Amount>,
    recorded: u64,
}

impl<'a> Tracker<'a> {
    /// Creates a tracker without progress.
    pub fn new(run: &'a Run<'a>, batch: &Batch) -> Self {
        let record = batch.items.first().map_or(0, |item| item.number);
        Self { run, record, state: Mutex::default() }
    }

    /// Reports how much of an item was read so far.
    pub async fn read(&self, item: &WorkItem, so_far: Amount) -> Result<(), TaskErrorKind> {
        self.set(item, so_far, STEP).await
    }

    /// Reports that an item is complete.
    pub async fn end(&self, item: &WorkItem) -> Result<(), TaskErrorKind> {
        self.set(item, item.weight, 0).await
    }

    async fn set(&self, item: &WorkItem, amount: Amount, step: u64) -> Result<(), TaskErrorKind> {
        let mut state = self.state.lock().await;
        state.done.insert(item.number, amount);
        let done = state.done.values().fold(Amount::default(), |sum, amount| sum + *amount);
        if step > 0 && done.bytes < state.recorded + step {
            return Ok(());
        }
        state.recorded = done.bytes;
        let Run { ports, org, backup, .. } = *self.run;
        Ok(ports.progress.record(org, backup, self.record, done, ports.clock.now()).await?)
    }
}

/// Tracks the entries that `assemble` composes of blocks and files. Those that `pack` has written are counted already.
pub struct AssemblyProgress<'a> {
    run: &'a Run<'a>,
    record: u64,
    done: Amount,
    /// The object of the last attachment. A pack is one item.
    object: String,
    recorded: u64,
}

impl<'a> AssemblyProgress<'a> {
    /// Creates a tracker without progress.
    pub fn new(run: &'a Run<'a>, plan: &RunPlan) -> Self {
        // Behind the records of `pack`.
        let record = plan.csv_files.len() as u64;
        Self { run, record, done: Amount::default(), object: String::new(), recorded: 0 }
    }

    /// Adds an entry.
    pub async fn add(&mut self, unit: &Unit) -> Result<(), TaskErrorKind> {
        self.done = self.done + self.weight(unit);
        if self.done.bytes >= self.recorded + STEP { self.end().await } else { Ok(()) }
    }

    /// Records what was done so far.
    pub async fn end(&mut self) -> Result<(), TaskErrorKind> {
        self.recorded = self.done.bytes;
        let Run { ports, org, backup, .. } = *self.run;
        Ok(ports.progress.record(org, backup, self.record, self.done, ports.clock.now()).await?)
    }

    fn weight(&mut self, unit: &Unit) -> Amount {
        match &unit.content {
            UnitContent::PackedCsv { .. } => Amount::default(),
            UnitContent::Csv { rows, blocks, .. } => {
                Amount { items: 1, rows: *rows, bytes: blocks.iter().map(|block| block.text_bytes).sum() }
            }
            UnitContent::File(file) => {
                let items = u64::from(self.object != file.object);
                self.object.clone_from(&file.object);
                Amount { items, rows: 0, bytes: file.file.entry.uncompressed }
            }
        }
    }
}
