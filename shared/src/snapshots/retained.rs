//! Sweeps an organisation by its own rule and holds, and keeps what its snapshots take then.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::session::SessionPorts;
use super::sweep::{Swept, sweep};
use crate::domain::id::OrgId;
use crate::domain::retention::{Retention, RetentionRule};
use crate::domain::run_length::RunLength;
use crate::ports::{Clock, Holds, PortError, Ports, Store};

/// What a sweep by the organisation's rule uses.
#[derive(Clone)]
pub struct RetainedPorts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub holds: Arc<dyn Holds>,
    pub session: SessionPorts,
}

impl From<&Ports> for RetainedPorts {
    fn from(ports: &Ports) -> Self {
        let session = SessionPorts::from(ports);
        Self { clock: ports.clock.clone(), store: ports.store.clone(), holds: ports.holds.clone(), session }
    }
}

/// How the service keeps snapshots of organisations without a rule of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionDefaults {
    pub days: u32,
    /// How long a run may last.
    pub run: RunLength,
}

/// Deletes what no kept snapshot of an organisation needs. `None` if somebody is writing a snapshot.
pub async fn sweep_retained(ports: &RetainedPorts, org: OrgId, defaults: RetentionDefaults) -> Result<Option<Swept>, PortError> {
    let organisation = ports.store.organisation(org).await?;
    let own = organisation.as_ref().and_then(|organisation| organisation.retention);
    let rule = own.unwrap_or(RetentionRule::Days { days: defaults.days });
    let zone = organisation.map_or(chrono_tz::UTC, |organisation| organisation.time_zone);
    let retention = Retention { rule, zone, holds: BTreeSet::new(), run: defaults.run };
    let swept = sweep(&ports.session, org, retention, &*ports.holds, &*ports.clock).await?;
    if let Some(swept) = &swept {
        swept.kept.record(&*ports.session.stores.objects, org).await?;
    }
    Ok(swept)
}
