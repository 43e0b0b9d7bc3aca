//! Records of captures that are under way.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::PortError;
use crate::domain::awaited::AwaitedCapture;
use crate::domain::backup::Failure;
use crate::domain::id::{BackupId, OrgId};

/// Records by which the service and the program beside a database learn of each other's work for a run. They expire after some
/// weeks.
#[async_trait]
pub trait Captures: Send + Sync {
    /// Records that a run waits for the program, unless it does already. Returns what is recorded then.
    async fn await_program(&self, org: OrgId, backup: BackupId, now: DateTime<Utc>) -> Result<AwaitedCapture, PortError>;
    /// Returns `None` if the run does not wait for the program.
    async fn awaited(&self, org: OrgId, backup: BackupId) -> Result<Option<AwaitedCapture>, PortError>;
    /// Records that the program has given up, and why.
    async fn give_up(&self, org: OrgId, backup: BackupId, failure: &Failure, now: DateTime<Utc>) -> Result<(), PortError>;
    /// Chooses the session that is published for a run, unless another one was chosen before. Returns the chosen one.
    async fn choose(&self, org: OrgId, backup: BackupId, session: &str, now: DateTime<Utc>) -> Result<String, PortError>;
    /// Returns the session that was chosen, or `None` before that.
    async fn chosen(&self, org: OrgId, backup: BackupId) -> Result<Option<String>, PortError>;
}
