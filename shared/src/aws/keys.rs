//! Every key of the DynamoDB table. S3 keys are built where the objects are: `archive` for work and zips, `sources` for the CRM.

use crate::domain::allowance::Month;
use crate::domain::id::{BackupId, EventId, OrgId, UserId};

/// Prefix of an organisation's backups, newest last.
pub const BACKUPS: &str = "BACKUP#";
/// Prefix of an organisation's events, newest last.
pub const EVENTS: &str = "EVENT#";
/// Prefix of an organisation's modules.
pub const MODULES: &str = "MODULE#";
/// Prefix of a run's items.
pub const ITEMS: &str = "ITEM#";
/// Sort key of an organisation's settings.
pub const SETTINGS: &str = "SETTINGS";
/// Sort key of the place for a running backup.
pub const SLOT: &str = "SLOT";

/// Sort key of the reason why a run failed.
pub const FAILURE: &str = "FAILURE";

/// Partition of an organisation's state and events.
pub fn organisation(org: OrgId) -> String {
    format!("ORG#{org}")
}

/// Partition of an organisation's native CRM store.
pub fn crm(org: OrgId) -> String {
    format!("CRM#{org}")
}

/// Partition of one run's progress.
pub fn run(org: OrgId, backup: BackupId) -> String {
    format!("RUN#{org}#{backup}")
}

/// Sort key of a backup; ids have 20 digits so that text order is number order.
pub fn backup(id: BackupId) -> String {
    format!("{BACKUPS}{:020}", id.0)
}

/// Sort key of an event.
pub fn event(id: EventId) -> String {
    format!("{EVENTS}{:020}", id.0)
}

/// Sort key of a month's use.
pub fn month(month: &Month) -> String {
    format!("MONTH#{}", month.as_str())
}

/// Sort key of a user's read mark.
pub fn mark(user: UserId) -> String {
    format!("MARK#{user}")
}

/// Sort key of a work item's progress.
pub fn item(number: u64) -> String {
    format!("{ITEMS}{number:020}")
}

/// Sort key of a module.
pub fn module(api_name: &str) -> String {
    format!("{MODULES}{api_name}")
}
