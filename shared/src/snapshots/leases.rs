//! Changes the leases of an organisation against concurrent changes.

use crate::domain::id::OrgId;
use crate::domain::lease::{InUse, Leases as LeaseBook};
use crate::ports::{ErrorKind, Leases, PortError};

/// Attempts to change the leases while others change them, too.
const ATTEMPTS: usize = 10;

/// Ends all leases and the sweep of an organisation. Only for a store that nobody else uses, before its first use: a process that was
/// killed has left them, and others would wait for their end.
pub async fn end_all(leases: &dyn Leases, org: OrgId) -> Result<(), PortError> {
    if leases.leases(org).await?.are_free() {
        return Ok(());
    }
    change(leases, org, |leases| Ok(leases.end_all())).await.map(drop)
}

/// Changes the leases as soon as no other change comes between. `None` if they are in use.
pub(super) async fn change(
    leases: &dyn Leases,
    org: OrgId,
    change: impl Fn(LeaseBook) -> Result<LeaseBook, InUse>,
) -> Result<Option<()>, PortError> {
    for _ in 0..ATTEMPTS {
        let before = leases.leases(org).await?;
        let revision = before.revision;
        let Ok(changed) = change(before) else { return Ok(None) };
        match leases.replace_leases(org, &changed, revision).await {
            Err(error) if error.kind == ErrorKind::Conflict => {}
            other => return other.map(Some),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "change the leases while others change them"))
}
