//! API credits: what calls cost, and how many a backup may use. All workers of a connection share them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Timelike, Utc};
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{Clock, SourceCredits, SourceError};

use crate::errors::{SHORT_WAIT, of_port};

/// Credits are reported together as soon as they are that many.
const REPORTED_TOGETHER: u64 = 20;

/// What calls cost (Zoho CRM API v8, "API Limits" and "Query API").
pub(crate) mod cost {
    /// Any call of which the documentation says nothing else.
    pub(crate) const CALL: u64 = 1;
    /// A Bulk Read job.
    pub(crate) const BULK_JOB: u64 = 50;

    /// Records that one credit writes.
    const RECORDS: usize = 10;

    /// Writing or deleting so many records.
    pub(crate) const fn records(count: usize) -> u64 {
        count.div_ceil(RECORDS) as u64
    }

    /// A query of COQL, by its limit.
    pub(crate) const fn coql(limit: u64) -> u64 {
        match limit {
            0..=200 => 1,
            201..=1000 => 2,
            _ => 3,
        }
    }
}

/// Credits of an edition in 24 hours; 50,000 if the edition is not known. `users` is the number of licences.
pub(crate) fn daily(edition: &str, users: u64) -> u64 {
    let edition = edition.to_lowercase();
    let (each, most) = match edition.as_str() {
        "free" => return 5_000,
        "professional" => (500, 3_000_000),
        "enterprise" | "zohoone" | "zoho one" => (1_000, 5_000_000),
        "ultimate" | "crmplus" | "crm plus" => (2_000, u64::MAX),
        "standard" | "starter" => (250, 100_000),
        _ => (0, 50_000),
    };
    (50_000 + users * each).min(most)
}

/// The credits that backups of a connection may use.
pub(crate) struct Budget {
    connection: (OrgId, ConnectionId),
    credits: Arc<dyn SourceCredits>,
    clock: Arc<dyn Clock>,
    /// Credits of 24 hours.
    limit: AtomicU64,
    /// Used in 24 hours by all workers, when last asked.
    used: AtomicU64,
    /// Used by this one since then.
    unreported: AtomicU64,
}

impl Budget {
    /// The limit stands until [`Self::set_limit`] says better.
    pub(crate) fn new(
        connection: (OrgId, ConnectionId),
        credits: Arc<dyn SourceCredits>,
        clock: Arc<dyn Clock>,
        limit: u64,
    ) -> Self {
        let (limit, used, unreported) = (AtomicU64::new(limit), AtomicU64::new(u64::MAX), AtomicU64::new(0));
        Self { connection, credits, clock, limit, used, unreported }
    }

    pub(crate) fn set_limit(&self, limit: u64) {
        self.limit.store(limit, Ordering::Relaxed);
    }

    /// Takes credits for a call. Fails with `Throttled` if they are more than are left.
    pub(crate) async fn take(&self, credits: u64) -> Result<(), SourceError> {
        if self.used.load(Ordering::Relaxed) == u64::MAX || !self.has(credits) {
            self.report().await?;
        }
        if !self.has(credits) {
            return Err(self.used_up());
        }
        if self.unreported.fetch_add(credits, Ordering::Relaxed) + credits >= REPORTED_TOGETHER {
            self.report().await?;
        }
        Ok(())
    }

    /// Reports what was used since the last report.
    pub(crate) async fn report(&self) -> Result<(), SourceError> {
        let (org, connection) = self.connection;
        let new = self.unreported.swap(0, Ordering::Relaxed);
        match self.credits.spend(org, connection, new, self.clock.now()).await {
            Ok(used) => {
                self.used.store(used, Ordering::Relaxed);
                Ok(())
            }
            Err(error) => {
                self.unreported.fetch_add(new, Ordering::Relaxed);
                Err(of_port(error))
            }
        }
    }

    /// The failure of a call for which no credits are left.
    pub(crate) fn used_up(&self) -> SourceError {
        SourceErrorKind::Throttled(until_next_hour(self.clock.now())).into()
    }

    fn has(&self, credits: u64) -> bool {
        let used = self.used.load(Ordering::Relaxed).saturating_add(self.unreported.load(Ordering::Relaxed));
        used.saturating_add(credits) <= self.limit.load(Ordering::Relaxed)
    }
}

/// Seconds until the credits of the oldest hour come back. They are counted by hours.
fn until_next_hour(now: DateTime<Utc>) -> u64 {
    let gone = u64::from(now.minute() * 60 + now.second());
    (3600 - gone).max(SHORT_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_follow_from_edition_and_users() {
        assert_eq!(daily("free", 3), 5_000);
        assert_eq!(daily("Standard", 10), 52_500);
        assert_eq!(daily("standard", 1_000), 100_000);
        assert_eq!(daily("Enterprise", 65), 115_000);
        assert_eq!(daily("ultimate", 10), 70_000);
        assert_eq!(daily("something new", 10), 50_000);
    }

    #[test]
    fn a_query_costs_by_its_limit() {
        assert_eq!([200, 201, 1000, 1001, 2000].map(cost::coql), [1, 2, 2, 3, 3]);
    }

    #[test]
    fn credits_come_back_with_the_next_hour() {
        let at = |text: &str| until_next_hour(text.parse().expect("a time"));
        assert_eq!(at("2026-01-01T10:00:00Z"), 3600);
        assert_eq!(at("2026-01-01T10:30:00Z"), 1800);
        assert_eq!(at("2026-01-01T10:59:59Z"), SHORT_WAIT);
    }
}
