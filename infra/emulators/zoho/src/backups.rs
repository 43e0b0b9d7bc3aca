//! Backups that the CRM makes of itself (Zoho CRM API v8: data backup). What they contain is given by tests.

use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

/// How long links work.
pub(crate) const LIFE: Duration = Duration::days(7);

/// A zip of a backup.
pub type BackupZip = (String, Arc<Vec<u8>>);

/// A backup that was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub id: u64,
    pub ready: DateTime<Utc>,
    pub zips: Vec<BackupZip>,
}

/// The backups of an organisation.
#[derive(Debug)]
pub struct Backups {
    /// What the next backup will contain.
    pub zips: Vec<BackupZip>,
    /// How long a backup takes.
    pub takes: Duration,
    /// How many may still be asked for.
    pub left: u32,
    /// Whether a schedule makes them.
    pub is_scheduled: bool,
    pub(crate) made: Vec<Made>,
}

impl Default for Backups {
    fn default() -> Self {
        Self { zips: Vec::new(), takes: Duration::zero(), left: 4, is_scheduled: false, made: Vec::new() }
    }
}

impl Backups {
    pub(crate) fn newest_ready(&self, now: DateTime<Utc>) -> Option<&Made> {
        self.made.iter().rev().find(|made| made.ready <= now && now < made.ready + LIFE)
    }

    pub(crate) fn is_making(&self, now: DateTime<Utc>) -> bool {
        self.made.last().is_some_and(|made| made.ready > now)
    }
}
