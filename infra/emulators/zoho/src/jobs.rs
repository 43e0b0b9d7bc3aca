//! Bulk Read's jobs: one after the other, by the clock.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use crate::table::{Place, Table};

/// How long the result of a job is kept.
const KEPT: Duration = Duration::hours(24);
/// Downloads of results within a minute.
const DOWNLOADS: usize = 10;

/// What is read.
#[derive(Debug, Clone)]
pub struct BulkQuery {
    pub module: String,
    pub fields: Vec<String>,
    pub page: u64,
    /// Place of the last row of the page before.
    pub after: Option<Place>,
    /// The request, as it is shown again.
    pub shown: serde_json::Value,
}

/// One job.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: u64,
    pub query: BulkQuery,
    pub created: DateTime<Utc>,
    /// When its turn comes, and when it is done.
    pub starts: DateTime<Utc>,
    pub ends: DateTime<Utc>,
    pub fails: bool,
    /// The rows, once it has ended.
    pub result: Option<Arc<BulkResult>>,
    pub is_forgotten: bool,
}

/// The rows of a job, as they were when it ended.
#[derive(Debug)]
pub struct BulkResult {
    pub table: Table,
    pub ids: Vec<u64>,
    pub more: bool,
}

impl Job {
    /// The state, as the API names it.
    pub fn state(&self, now: DateTime<Utc>) -> &'static str {
        if now >= self.ends {
            return if self.fails { "FAILURE" } else { "COMPLETED" };
        }
        let waited = now - self.created;
        match () {
            () if now >= self.starts => "IN PROGRESS",
            () if waited * 2 < self.starts - self.created => "ADDED",
            () => "QUEUED",
        }
    }
}

/// All jobs.
#[derive(Debug, Default)]
pub struct Jobs {
    jobs: Vec<Job>,
    downloads: Vec<DateTime<Utc>>,
}

impl Jobs {
    /// Adds a job behind those that wait.
    pub fn add(&mut self, id: u64, query: BulkQuery, now: DateTime<Utc>, takes: Duration, fails: bool) {
        let wait = takes / 4;
        let free = self.jobs.last().map_or(now, |last| last.ends.max(now));
        let starts = free + wait;
        let job = Job { id, query, created: now, starts, ends: starts + takes - wait, fails, result: None, is_forgotten: false };
        self.jobs.push(job);
    }

    /// A job by its id.
    pub fn job(&mut self, id: u64) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.id == id)
    }

    /// Forgets the results of a day ago.
    pub fn forget(&mut self, now: DateTime<Utc>) {
        for job in self.jobs.iter_mut().filter(|job| now - job.ends >= KEPT) {
            job.forget();
        }
    }

    /// Forgets all results that there are.
    pub fn forget_all(&mut self) {
        self.jobs.iter_mut().for_each(Job::forget);
    }

    /// Whether one more download is allowed now.
    pub fn may_download(&mut self, now: DateTime<Utc>) -> bool {
        self.downloads.retain(|at| now - *at < Duration::minutes(1));
        let is_allowed = self.downloads.len() < DOWNLOADS;
        if is_allowed {
            self.downloads.push(now);
        }
        is_allowed
    }
}

impl Job {
    fn forget(&mut self) {
        self.result = None;
        self.is_forgotten = true;
    }
}
