//! Starting the run of a backup. Several functions must be able to: the API when a backup is asked for, the sweep and the local program
//! when they find one whose run never began.

use serde_json::json;

use crate::domain::backup::Backup;
use crate::ports::{Execution, PortError, Ports};

/// Starts the execution that makes the backup, unless it runs already.
pub async fn start_run(ports: &Ports, backup: &Backup) -> Result<Execution, PortError> {
    let input = json!({ "org": backup.org, "backup": backup.id });
    ports.workflow.start(&backup.execution, input).await
}
