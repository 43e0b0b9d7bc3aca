//! Keeps everybody else from writing snapshots and from sweeping, for as long as an erasure works.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::id::OrgId;
use crate::ports::{Clock, ErrorKind, PortError};
use crate::snapshots::leases::change;
use crate::snapshots::session::SessionPorts;
use crate::snapshots::sweep::{Swept, sweep_unneeded};

/// How long it lasts unless it is prolonged. It ends by itself should the process be killed.
const SWEEP: TimeDelta = TimeDelta::minutes(5);
/// It is prolonged when less than this is left: more than any single step takes.
const ENOUGH: TimeDelta = TimeDelta::minutes(3);

/// The announcement of a sweep.
pub struct Exclusion {
    ports: SessionPorts,
    org: OrgId,
    clock: Arc<dyn Clock>,
    until: DateTime<Utc>,
}

impl Exclusion {
    /// Begins it. `None` while somebody writes a snapshot, or sweeps.
    pub async fn begin(ports: SessionPorts, org: OrgId, clock: Arc<dyn Clock>) -> Result<Option<Self>, PortError> {
        let now = clock.now();
        let until = now + SWEEP;
        let begun = change(&*ports.leases, org, |leases| leases.begin_sweep(until, now)).await?;
        Ok(begun.map(|()| Self { ports, org, clock, until }))
    }

    /// Makes sure that it lasts for some minutes more. Fails with `Unavailable` if it has ended: another process may be at work.
    pub async fn hold(&mut self) -> Result<(), PortError> {
        let now = self.clock.now();
        if self.until - now >= ENOUGH {
            return Ok(());
        }
        let (from, until) = (self.until, now + SWEEP);
        let prolonged = change(&*self.ports.leases, self.org, |leases| leases.prolong_sweep(from, until, now)).await?;
        let ended = || PortError::new(ErrorKind::Unavailable, "go on with an erasure that has lasted too long");
        prolonged.ok_or_else(ended)?;
        self.until = until;
        Ok(())
    }

    /// Deletes what no snapshot needs. Fails with `Unavailable` if there is no time for all of it.
    pub async fn sweep(&mut self) -> Result<Swept, PortError> {
        self.hold().await?;
        let swept = sweep_unneeded(&self.ports, self.org, &*self.clock, self.until).await?;
        if swept.left > 0 {
            return Err(PortError::new(ErrorKind::Unavailable, "delete all that no snapshot needs in one sweep"));
        }
        Ok(swept)
    }

    /// Ends it.
    pub async fn end(self) -> Result<(), PortError> {
        let until = self.until;
        change(&*self.ports.leases, self.org, |leases| Ok(leases.end_sweep_of(until))).await.map(drop)
    }
}
