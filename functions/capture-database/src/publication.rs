//! Publishes what was captured for a run, once: whoever is the first to finish chooses its session, and everybody else publishes that
//! one too. So service and program never mix their captures, and a publication that was cut short is completed by whoever comes next.

use hozon_shared::captured::{Captured, captured_at};
use hozon_shared::ports::{ErrorKind, ObjectRef, read_all};
use hozon_shared::snapshots::session::{Origin, Session};
use serde::Serialize;

use crate::error::CaptureError;
use crate::ports::CapturePorts;
use crate::source::Run;

/// Whether the modules of a run are published.
pub(crate) async fn is_published(ports: &CapturePorts, run: Run) -> Result<bool, CaptureError> {
    Ok(ports.objects.head(&captured_at(run.org, run.backup)).await?.is_some())
}

/// Publishes a session, or the one that was chosen before.
pub(crate) async fn publish(ports: &CapturePorts, run: Run, session: Session, captured: &Captured) -> Result<(), CaptureError> {
    let name = session.version().to_owned();
    put(ports, &finished_at(run, &name), captured).await?;
    let chosen = ports.captures.choose(run.org, run.backup, &name, ports.clock.now()).await?;
    if chosen == name {
        return make_current(ports, run, session, captured).await;
    }
    tracing::info!(run.org = run.org.0, run.id = run.backup.0, "another capture of the run was the first to finish");
    session.abandon().await?;
    complete(ports, run).await.map(|_| ())
}

/// Completes the publication of a run that has begun. Returns whether the run is published.
pub(crate) async fn complete(ports: &CapturePorts, run: Run) -> Result<bool, CaptureError> {
    if is_published(ports, run).await? {
        return Ok(true);
    }
    let Some(chosen) = ports.captures.chosen(run.org, run.backup).await? else { return Ok(false) };
    let json = match read_all(&*ports.objects, &finished_at(run, &chosen)).await {
        // The run has ended meanwhile, and deleted it.
        Err(error) if error.kind == ErrorKind::NotFound => return Err(CaptureError::NotRunning),
        json => json?,
    };
    let captured: Captured = serde_json::from_slice(&json).map_err(CaptureError::UnreadableCall)?;
    let session = Session::resume(ports.session.clone(), (run.org, Origin::Captured), chosen, ports.clock.now()).await?;
    make_current(ports, run, session, &captured).await.map(|()| true)
}

/// Makes the modules current, and leaves what was captured for the tasks behind this one.
async fn make_current(ports: &CapturePorts, run: Run, session: Session, captured: &Captured) -> Result<(), CaptureError> {
    session.publish(&captured.modules, captured.read_from).await?;
    put(ports, &captured_at(run.org, run.backup), captured).await
}

/// Where a session keeps what it has captured until it is published.
fn finished_at(Run { org, backup }: Run, session: &str) -> ObjectRef {
    ObjectRef::archives(format!("work/{org}/{backup}/captured-{session}.json"))
}

async fn put(ports: &CapturePorts, at: &ObjectRef, document: &impl Serialize) -> Result<(), CaptureError> {
    let json = serde_json::to_vec(document).map_err(CaptureError::UnreadableCall)?;
    Ok(ports.objects.put(at, json.into(), "application/json").await?)
}
