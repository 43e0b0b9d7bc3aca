//! Progress of one call of `pack`: one record for all its items, written when an item ends and each time so many bytes were read.
//! A run has as many records as it has calls, and no two calls write the same one.

use std::collections::HashMap;

use hozon_shared::domain::progress::Amount;
use tokio::sync::Mutex;

use crate::work::{Batch, Item};
use crate::{Run, TaskError};

/// Progress is recorded each time so many bytes were read.
const STEP: u64 = 32 << 20;

/// What the items of a call have done.
pub struct Tracker<'a> {
    run: &'a Run<'a>,
    /// The record's number: that of the first item.
    record: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: HashMap<u64, Amount>,
    recorded: u64,
}

impl<'a> Tracker<'a> {
    /// Nothing is done yet.
    pub fn new(run: &'a Run<'a>, batch: &Batch) -> Self {
        let record = batch.items.first().map_or(0, |item| item.number);
        Self { run, record, state: Mutex::default() }
    }

    /// An item has come so far.
    pub async fn read(&self, item: &Item, so_far: Amount) -> Result<(), TaskError> {
        self.set(item, so_far, STEP).await
    }

    /// An item is done.
    pub async fn end(&self, item: &Item) -> Result<(), TaskError> {
        self.set(item, item.weight, 0).await
    }

    async fn set(&self, item: &Item, amount: Amount, step: u64) -> Result<(), TaskError> {
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
