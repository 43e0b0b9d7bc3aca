//! A run whose database the program beside it captures: the service waits, and the program captures what runs wait for.

use std::time::Duration;

use hozon_shared::domain::awaited::AwaitedCapture;
use hozon_shared::domain::id::{BackupId, OrgId};
use serde_json::Value;

use crate::call_time::CallTime;
use crate::capture::capture;
use crate::error::CaptureError;
use crate::next::{Next, next};
use crate::ports::CapturePorts;
use crate::publication::is_published;
use crate::source::Run;

/// How long a run waits at first until it looks again, unless calls are shorter than usual.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// Seconds before each further attempt of the program, as between the attempts of the state machine.
const WAITS: [u64; 4] = [2, 4, 8, 16];

/// Leaves the capture to the program. Fails with its reason once it has given up.
pub(crate) async fn wait(ports: &CapturePorts, run: Run) -> Result<Value, CaptureError> {
    run.require_in_progress(ports).await?;
    let now = ports.clock.now();
    let awaited = ports.captures.await_program(run.org, run.backup, now).await?;
    if let Some(failure) = awaited.given_up {
        return Err(CaptureError::ProgramGaveUp(failure));
    }
    // The program may have published since this call has looked.
    if is_published(ports, run).await? {
        return Ok(next(ports, Next::Done, 1));
    }
    let first = ports.call_time.map_or(FIRST_WAIT, |time| (time / 10).clamp(Duration::from_secs(1), FIRST_WAIT));
    Ok(next(ports, Next::Wait(awaited.wait(first, now)), 1))
}

/// Whether a run waits for the program now.
pub async fn waits_for_program(ports: &CapturePorts, org: OrgId, backup: BackupId) -> Result<bool, CaptureError> {
    let run = Run { org, backup };
    let awaited = ports.captures.awaited(org, backup).await?;
    let is_open = awaited.is_some_and(|AwaitedCapture { given_up, .. }| given_up.is_none());
    if !is_open || is_published(ports, run).await? {
        return Ok(false);
    }
    match run.require_in_progress(ports).await {
        Err(CaptureError::NotRunning) => Ok(false),
        other => other.map(|()| true),
    }
}

/// Captures for a run that waits for the program. A failure that further attempts do not mend is recorded, and the run ends with it. A
/// program that is stopped records none: the run goes on waiting.
pub async fn capture_awaited(ports: &CapturePorts, org: OrgId, backup: BackupId) -> Result<(), CaptureError> {
    let captured = with_retries(ports, Run { org, backup }).await;
    match &captured {
        Ok(()) | Err(CaptureError::NotRunning) => {}
        Err(_) if ports.stop.is_cancelled() => {}
        Err(error) => {
            if let Some(failure) = error.failure() {
                ports.captures.give_up(org, backup, &failure, ports.clock.now()).await?;
            }
        }
    }
    captured
}

async fn with_retries(ports: &CapturePorts, run: Run) -> Result<(), CaptureError> {
    for seconds in WAITS {
        match capture(ports, run, CallTime::begin(None)).await {
            Err(error) if error.is_retryable() && !ports.stop.is_cancelled() => {
                tracing::warn!(
                    run.org = run.org.0,
                    run.id = run.backup.0,
                    task.error = error.code(),
                    "the capture is tried again"
                );
            }
            other => return other.map(|_| ()),
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(seconds)) => {}
            () = ports.stop.cancelled() => return Err(CaptureError::NotRunning),
        }
    }
    capture(ports, run, CallTime::begin(None)).await.map(|_| ())
}
