//! EventBridge Scheduler, as far as the functions use it: schedules kept in files, fired by the clock, each call tried again until it
//! succeeds or its retry policy ends and it becomes a dead letter. What should have fired while the program was not running is not
//! fired later; the sweep is there for that.

mod api;
mod deliveries;
mod expression;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_emulator_host::files::{set_aside, write_whole};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use api::{GROUP, router};
use deliveries::Deliveries;
use expression::Expression;

/// A schedule as it was created, in the service's own words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Created {
    /// The cron expression.
    pub schedule_expression: String,
    /// Its zone.
    pub schedule_expression_timezone: chrono_tz::Tz,
    /// What is called.
    pub target: Target,
    /// How far calls may be spread; here they come at once.
    pub flexible_time_window: Value,
}

/// What a schedule calls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// ARN of the function.
    pub arn: String,
    /// ARN of the role that calls.
    pub role_arn: String,
    /// The input, with context attributes to be replaced.
    pub input: String,
    /// How long a failing call is tried again.
    pub retry_policy: RetryPolicy,
    /// Where a call goes that never succeeded.
    pub dead_letter_config: Value,
}

/// How long a failing call is tried again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetryPolicy {
    /// Seconds.
    pub maximum_event_age_in_seconds: i64,
    /// Times.
    pub maximum_retry_attempts: u32,
}

/// What schedules call.
#[async_trait]
pub trait Called: Send + Sync {
    /// Calls the function with that ARN.
    async fn call(&self, function: &str, input: Value) -> Result<()>;
}

/// All schedules, and the calls under way.
#[derive(Clone)]
pub struct Scheduler {
    folder: PathBuf,
    schedules: Arc<Mutex<BTreeMap<String, Entry>>>,
    deliveries: Arc<tokio::sync::Mutex<Deliveries>>,
    called: Arc<dyn Called>,
}

#[derive(Clone)]
struct Entry {
    created: Created,
    expression: Expression,
    fired_until: DateTime<Utc>,
}

impl Scheduler {
    /// Loads the schedules below this folder; they fire from now on.
    pub fn load(folder: PathBuf, called: Arc<dyn Called>, now: DateTime<Utc>) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let mut schedules = BTreeMap::new();
        for file in std::fs::read_dir(&folder)? {
            let path = file?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json").map(str::to_owned)) else {
                continue;
            };
            let read = || -> Result<Entry> { entry(serde_json::from_slice(&std::fs::read(&path)?)?, now) };
            match read() {
                Ok(entry) => drop(schedules.insert(name, entry)),
                Err(error) => set_aside(&path, &error, "the sweep starts its backups; saving the schedule again repairs it")?,
            }
        }
        let deliveries = Deliveries::new(folder.join("dead-letters.jsonl"));
        let (schedules, deliveries) = (Arc::new(Mutex::new(schedules)), Arc::new(tokio::sync::Mutex::new(deliveries)));
        Ok(Self { folder, schedules, deliveries, called })
    }

    /// Calls everything that became due until now, and what failed before and is to be tried again.
    pub async fn fire_due(&self, now: DateTime<Utc>) {
        let mut deliveries = self.deliveries.lock().await;
        for (at, created) in self.take_due(now) {
            deliveries.add(&created.target, at, now);
        }
        deliveries.deliver(&*self.called, now).await;
    }

    /// The next time at which anything fires; calls that failed do not count.
    pub fn next_fire(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let horizon = now + chrono::TimeDelta::days(5 * 366);
        let next = |entry: &Entry| entry.expression.between(entry.fired_until, horizon).next();
        self.lock().values().filter_map(next).min()
    }

    /// Takes what became due since the last time, in order.
    fn take_due(&self, now: DateTime<Utc>) -> Vec<(DateTime<Utc>, Created)> {
        let mut due = Vec::new();
        for entry in self.lock().values_mut() {
            due.extend(entry.expression.between(entry.fired_until, now).map(|at| (at, entry.created.clone())));
            // A clock that goes back makes times come again. They fire again, which starts nothing twice; not to fire would lose the next ones.
            entry.fired_until = now;
        }
        due.sort_by_key(|(at, _)| *at);
        due
    }

    fn get(&self, name: &str) -> Option<Created> {
        self.lock().get(name).map(|entry| entry.created.clone())
    }

    /// Keeps a schedule under that name.
    fn put(&self, name: &str, created: Created, now: DateTime<Utc>) -> Result<()> {
        let entry = entry(created, now)?;
        write_whole(&self.file(name), &serde_json::to_vec_pretty(&entry.created)?)?;
        self.lock().insert(name.to_owned(), entry);
        Ok(())
    }

    /// Forgets a schedule; tells whether there was one.
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

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Entry>> {
        self.schedules.lock().expect("nothing panics while it is held")
    }
}

fn entry(created: Created, now: DateTime<Utc>) -> Result<Entry> {
    let expression = Expression::parse(&created.schedule_expression, created.schedule_expression_timezone)?;
    Ok(Entry { created, expression, fired_until: now })
}
