//! Starts the run of a backup. Several functions need this: the API for an on-demand backup, and the sweep and the
//! local program for a backup whose run never began. The sweep also starts those that make zips anew.

use serde_json::json;

use crate::domain::backup::Backup;
use crate::ports::{PortError, StartOutcome, Workflow};

/// Starts the execution that makes the backup. An execution that is already running is not started again.
pub async fn start_run(workflow: &dyn Workflow, backup: &Backup) -> Result<StartOutcome, PortError> {
    let input = json!({ "org": backup.org, "backup": backup.id });
    workflow.start(&backup.execution, input).await
}

/// Starts the execution that makes the zips of a backup anew. One that is already running is not started again.
pub async fn start_remake(workflow: &dyn Workflow, backup: &Backup) -> Result<StartOutcome, PortError> {
    let input = json!({ "kind": "remake", "org": backup.org, "backup": backup.id });
    workflow.start(&backup.remake_execution().unwrap_or_default(), input).await
}
