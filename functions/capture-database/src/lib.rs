//! The task `capture` of a run: reads the organisation's CRM from its database in one consistent state, and publishes it
//! as the state that the run archives. It may be repeated at any point with the same result.

mod capture;
mod error;
mod files;
mod ports;

use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::{Value, json};

pub use error::CaptureError;
pub use ports::CapturePorts;

/// One invocation by the state machine.
#[derive(Debug, Deserialize)]
struct Call {
    org: OrgId,
    backup: BackupId,
}

/// Captures the CRM. A failure is recorded as the run's reason.
pub async fn handle(ports: &CapturePorts, input: Value) -> Result<Value, CaptureError> {
    let Call { org, backup } = serde_json::from_value(input).map_err(CaptureError::UnreadableCall)?;
    let outcome = capture::capture(ports, org, backup).await;
    if let Err(error) = &outcome {
        record(ports, org, backup, error).await;
    }
    outcome.map(|()| json!({}))
}

/// Logs a failure and keeps it as the backup's. What fails here is logged beside it: the state machine still learns the
/// task's own error.
async fn record(ports: &CapturePorts, org: OrgId, backup: BackupId, error: &CaptureError) {
    let (code, cause) = (error.code(), error.cause());
    tracing::warn!(run.org = org.0, run.id = backup.0, task.stage = "capture", task.error = code, cause, "task failed");
    if let Err(unrecorded) = ports.progress.record_failure(org, backup, &error.failure(), ports.clock.now()).await {
        tracing::error!(
            run.id = backup.0,
            task.error = code,
            unrecorded = %Causes(&unrecorded),
            "the reason of a failure could not be recorded"
        );
    }
}
