//! The work on an erasure, as the state machine calls it: it finds what is concerned, and erases it once a person has confirmed. Each call may
//! be repeated and stopped at any point; the next one goes on to the same end.

mod comparisons;
mod error;
mod fail;
mod job;
mod ports;
mod prepare;
mod remakes;
mod reports;
mod run;
mod statement;
mod zips;

use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::erasure::ErasureStatus;
use hozon_shared::domain::id::{ErasureId, OrgId};
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::Value;

pub use error::EraseError;
use job::Job;
pub use ports::ErasePorts;

/// The step that records a failure.
const FAIL: &str = "fail";

/// One invocation by the state machine.
#[derive(Debug, Deserialize)]
struct Call {
    org: OrgId,
    id: ErasureId,
    step: String,
    /// Name of the error that the state machine caught.
    #[serde(default)]
    error: Option<String>,
}

/// Carries out one call.
pub async fn handle(ports: &ErasePorts, input: Value) -> Result<Value, EraseError> {
    let call: Call = serde_json::from_value(input).map_err(EraseError::UnreadableCall)?;
    let outcome = carry_out(ports, &call).await;
    if let Err(error) = &outcome {
        let (name, cause) = (error.error_type(), Causes(error));
        tracing::warn!(org.id = call.org.0, erasure.id = call.id.0, task.error = name, cause = %cause, "the work on an erasure failed");
    }
    outcome.map(Value::from)
}

async fn carry_out(ports: &ErasePorts, call: &Call) -> Result<CallOutcome, EraseError> {
    let job = Job { ports, org: call.org, id: call.id };
    let Some(erasure) = ports.erasures.erasure(call.org, call.id).await? else { return Ok(CallOutcome::Done) };
    if call.step == FAIL {
        return fail::run(&job, erasure, call.error.as_deref().unwrap_or("unknown")).await;
    }
    match erasure.status {
        ErasureStatus::Preparing => prepare::run(&job, job.seen(erasure).await?).await,
        ErasureStatus::Running | ErasureStatus::Pending => run::run(&job, job.seen(erasure).await?).await,
        ErasureStatus::Planned => Ok(CallOutcome::Done),
        ErasureStatus::Completed | ErasureStatus::Failed | ErasureStatus::Cancelled => {
            job.forget_wanted().await?;
            Ok(CallOutcome::Done)
        }
    }
}
