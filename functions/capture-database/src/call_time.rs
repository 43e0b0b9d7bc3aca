//! How long a call may work.

use std::time::Duration;

use tokio::time::Instant;

/// How much longer than planned a call may take to reach a place where another one can go on. The function's timeout leaves room
/// for it.
const OVERTIME: Duration = Duration::from_secs(4 * 60);

/// The time of one call; without an end where nothing limits it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallTime(Option<Instant>);

impl CallTime {
    /// Begins a call that should last no longer than `limit`.
    pub(crate) fn begin(limit: Option<Duration>) -> Self {
        Self(limit.map(|limit| Instant::now() + limit))
    }

    /// When the call should end.
    pub(crate) fn end(self) -> Option<Instant> {
        self.0
    }

    /// Whether the call should end.
    pub(crate) fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }

    /// When the call must end.
    pub(crate) fn limit(self) -> Option<Instant> {
        self.0.map(|end| end + OVERTIME)
    }

    /// Whether the call must end.
    pub(crate) fn is_at_its_limit(self) -> bool {
        self.limit().is_some_and(|limit| Instant::now() >= limit)
    }

    /// Whether that many bytes can be read in the rest of the call, at that many in a second.
    pub(crate) fn allows(self, bytes: u64, per_second: u64) -> bool {
        self.0.is_none_or(|end| bytes / per_second <= end.saturating_duration_since(Instant::now()).as_secs())
    }
}
