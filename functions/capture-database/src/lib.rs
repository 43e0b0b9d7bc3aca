//! The task `capture` of a run: reads the organisation's CRM from its database in one consistent state, and publishes it
//! as the state that the run archives, in one call or in several. Each call may be repeated at any point with the same result.

mod attempt;
mod awaited;
mod call_time;
mod capture;
mod caught_up;
mod error;
mod files;
mod fresh;
mod in_calls;
mod module;
mod next;
mod places;
mod ports;
mod publication;
mod source;
mod tracker;
mod web;

use hozon_shared::domain::connection::CapturedBy;
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::{Value, json};

use attempt::{Attempt, Holder};
pub use awaited::{capture_awaited, waits_for_program};
use call_time::CallTime;
pub use error::CaptureError;
pub use fresh::{FreshCapture, capture_fresh, end_fresh};
use next::{Next, next, or_wait};
pub use places::{FilePlaces, file_places};
pub use ports::{CapturePorts, OpenedConnection};
use source::Run;

/// What a call of the state machine does. A call without a step comes from the state machine of an earlier build, which knows one call
/// only.
#[derive(Debug, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    /// Captures everything in this call, if it is long enough. `waits` says that the state machine can wait for the program beside the
    /// database; that of an earlier build cannot.
    Capture {
        #[serde(default)]
        waits: bool,
    },
    /// Holds the state that the other calls of an attempt read.
    Hold { attempt: String, holder: Holder },
    /// Lists the readers.
    Readers { attempt: String },
    /// Reads a part of a reader's share.
    Read { attempt: String, reader: usize },
    /// Publishes what the readers have stored.
    Publish { attempt: String },
    /// Opens the state of a source on the web, which the calls of [`Step::Read`] read then.
    Open,
    /// Reads what has changed meanwhile in a source on the web, and publishes what is stored.
    CatchUp,
    /// Ends an attempt in favour of another.
    BeginAgain { attempt: String, tries: u32 },
}

/// Carries out a call. A failure is recorded as the run's reason.
pub async fn handle(ports: &CapturePorts, input: Value) -> Result<Value, CaptureError> {
    let run = Run::deserialize(&input).map_err(CaptureError::UnreadableCall)?;
    let step = input.get("step").map(|_| Step::deserialize(&input)).transpose().map_err(CaptureError::UnreadableCall)?;
    let outcome = carry_out(ports, run, step).await;
    if let Err(error) = &outcome {
        record(ports, run, error).await;
    }
    outcome
}

async fn carry_out(ports: &CapturePorts, run: Run, step: Option<Step>) -> Result<Value, CaptureError> {
    let time = CallTime::begin(ports.call_time);
    let attempt = |id| Attempt { ports, run, id, time };
    let Some(step) = step else { return capture::capture(ports, run, CallTime::begin(None)).await.map(|_| json!({})) };
    let done = match step {
        Step::Capture { waits } => return capture_or_wait(ports, run, time, waits).await,
        Step::BeginAgain { attempt: id, tries } => {
            let follows = in_calls::give_up(&attempt(id), tries).await?;
            return Ok(next(ports, follows, tries + 1));
        }
        Step::Hold { attempt: id, holder } => in_calls::hold(&attempt(id), holder).await.map(Value::from),
        Step::Readers { attempt: id } => in_calls::readers(&attempt(id)).await,
        Step::Read { attempt: id, reader } => or_wait(in_calls::read_share(&attempt(id), reader).await),
        Step::Publish { attempt: id } => in_calls::publish(&attempt(id)).await,
        Step::Open => web::open(&attempt(web::ATTEMPT.to_owned())).await,
        Step::CatchUp => or_wait(web::catch_up(&attempt(web::ATTEMPT.to_owned())).await),
    };
    done.map_err(CaptureError::of_attempt)
}

/// Captures, or leaves that to the program beside the database.
async fn capture_or_wait(ports: &CapturePorts, run: Run, time: CallTime, waits: bool) -> Result<Value, CaptureError> {
    let connection = ports.connections.connection(run.org).await?;
    let captured_by = connection.map(|connection| connection.source.captured_by()).unwrap_or_default();
    if waits && (ports.runs_as, captured_by) == (CapturedBy::Service, CapturedBy::Program) {
        return awaited::wait(ports, run).await;
    }
    let is_done = capture::capture(ports, run, time).await?;
    Ok(next(ports, if is_done { Next::Done } else { Next::InCalls }, 1))
}

/// Logs a failure and keeps it as the backup's. What fails here is logged beside it: the state machine still learns the
/// task's own error.
async fn record(ports: &CapturePorts, run: Run, error: &CaptureError) {
    let (code, cause) = (error.code(), error.cause());
    tracing::warn!(run.org = run.org.0, run.id = run.backup.0, task.stage = "capture", task.error = code, cause, "task failed");
    let Some(failure) = error.failure() else { return };
    if let Err(unrecorded) = ports.progress.record_failure(run.org, run.backup, &failure, ports.clock.now()).await {
        tracing::error!(
            run.id = run.backup.0,
            task.error = code,
            unrecorded = %Causes(&unrecorded),
            "the reason of a failure could not be recorded"
        );
    }
}
