//! Emulator for the parts of EventBridge Scheduler that the functions use. Schedules are stored in files and fired by
//! the clock. Each invocation is retried until it succeeds, or until its retry policy ends and it becomes a dead
//! letter. Times that passed while the program was not running do not fire later; the sweep handles them.

mod api;
mod deliveries;
mod expression;
mod target;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use chrono::{DateTime, Utc};
use hozon_emulator_host::files::{set_aside, write_whole};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use api::{GROUP, router};
use deliveries::Invocations;
use expression::Expression;
pub use target::{LambdaTarget, RetryPolicy, Target};

/// A schedule as created, in the service's own terms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Created {
    pub schedule_expression: String,
    pub schedule_expression_timezone: chrono_tz::Tz,
    pub target: Target,
    /// Flexible time window; here invocations are never delayed.
    pub flexible_time_window: Value,
}

/// All schedules, and the invocations in progress.
#[derive(Clone)]
pub struct Scheduler {
    folder: PathBuf,
    schedules: Arc<Mutex<BTreeMap<String, StoredSchedule>>>,
    deliveries: Arc<tokio::sync::Mutex<Invocations>>,
    target: Arc<dyn LambdaTarget>,
}

#[derive(Clone)]
struct StoredSchedule {
    created: Created,
    expression: Expression,
    fired_until: DateTime<Utc>,
}

impl Scheduler {
    /// Loads the schedules below a folder. They fire from now on.
    pub fn load(folder: PathBuf, target: Arc<dyn LambdaTarget>, now: DateTime<Utc>) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let mut schedules = BTreeMap::new();
        for file in std::fs::read_dir(&folder)? {
            let path = file?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json").map(str::to_owned)) else {
                continue;
            };
            let read = || -> Result<StoredSchedule> { entry(serde_json::from_slice(&std::fs::read(&path)?)?, now) };
            match read() {
                Ok(entry) => drop(schedules.insert(name, entry)),
                Err(error) => set_aside(&path, &error, "the sweep starts its backups; saving the schedule again repairs it")?,
            }
        }
        let deliveries = Invocations::new(folder.join("dead-letters.jsonl"));
        let (schedules, deliveries) = (Arc::new(Mutex::new(schedules)), Arc::new(tokio::sync::Mutex::new(deliveries)));
        Ok(Self { folder, schedules, deliveries, target })
    }

    /// Makes all invocations that became due, and due retries.
    pub async fn fire_due(&self, now: DateTime<Utc>) {
        let mut deliveries = self.deliveries.lock().await;
        for (at, created) in self.take_due(now) {
            deliveries.add(&created.target, at, now);
        }
        deliveries.deliver(&*self.target, now).await;
    }

    /// Next time at which a schedule fires, not counting retries.
    pub fn next_fire(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let horizon = now + chrono::TimeDelta::days(5 * 366);
        let next = |entry: &StoredSchedule| entry.expression.between(entry.fired_until, horizon).next();
        self.lock().values().filter_map(next).min()
    }

    /// Returns the times that became due since the last call, in order.
    fn take_due(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Created)> {
        let mut due = Vec::new();
        for entry in self.lock().values_mut() {
            due.extend(entry.expression.between(entry.fired_until, now).map(|at| (at, entry.created.clone())));
            // If the clock is set back, times repeat and fire again, which starts nothing twice. Not firing would lose
            // the next times.
            entry.fired_until = now;
        }
        due.sort_by_key(|(at, _)| *at);
        due
    }

    fn get(&self, name: &str) -> Option<Created> {
        self.lock().get(name).map(|entry| entry.created.clone())
    }

    /// Stores a schedule under a name.
    fn put(&self, name: &str, created: Created, now: DateTime<Utc>) -> Result<()> {
        let entry = entry(created, now)?;
        write_whole(&self.file(name), &serde_json::to_vec_pretty(&entry.created)?)?;
        self.lock().insert(name.to_owned(), entry);
        Ok(())
    }

    /// Deletes a schedule, and returns whether it existed.
    fn delete(&self, name: &str) -> Result<bool> {
        let was_there = self.lock().remove(name).is_some();
        if was_there {
            std::fs::remove_file(self.file(name))?;
        }
        Ok(was_there)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, StoredSchedule>> {
        self.schedules.lock().expect("nothing panics while it is held")
    }
}

fn entry(created: Created, now: DateTime<Utc>) -> Result<StoredSchedule> {
    let expression = Expression::parse(&created.schedule_expression, created.schedule_expression_timezone)?;
    Ok(StoredSchedule { created, expression, fired_until: now })
}
