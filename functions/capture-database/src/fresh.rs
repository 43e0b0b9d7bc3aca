//! Captures some modules of an organisation's CRM as they are now, in one call, for a restore. They are not published: the CRM's current
//! modules stay those of the last backup.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::{BackupId, RestoreId};
use hozon_shared::ports::Protection;
use hozon_shared::snapshots::of_restore::record_restored;
use hozon_shared::snapshots::session::{Origin, Session};
use hozon_shared::telemetry::Causes;
use tokio::time::timeout_at;

use crate::call_time::CallTime;
use crate::capture::{FASTEST, all, bytes, prolonging, until_unchanged};
use crate::error::{CaptureError, of};
use crate::module::{Reader, Reading};
use crate::ports::CapturePorts;
use crate::source::{Run, Source};
use crate::tracker::Tracker;

/// What to capture for a restore.
pub struct FreshCapture<'a> {
    pub connection: &'a Connection,
    pub restore: RestoreId,
    /// API names of the modules.
    pub modules: &'a BTreeSet<String>,
    /// Those of them whose attached files are captured, too.
    pub with_files: &'a BTreeSet<String>,
}

/// Captures the modules, and records them as the snapshot of the restore. Modules that the CRM does not have any more are left out. Fails
/// with `TooLong` if one call is not enough.
pub async fn capture_fresh(ports: &CapturePorts, fresh: &FreshCapture<'_>) -> Result<(), CaptureError> {
    let run = Run { org: fresh.connection.org, backup: BackupId(fresh.restore.0) };
    let source = Source::new(ports, run, fresh.connection).await?;
    let time = CallTime::begin(ports.call_time);
    until_unchanged(|protection| attempt(&source, fresh, protection, time)).await
}

async fn attempt(
    source: &Source<'_>,
    fresh: &FreshCapture<'_>,
    protection: Protection,
    time: CallTime,
) -> Result<(), CaptureError> {
    let ports = source.ports;
    let (org, taken) = (source.run.org, ports.clock.now());
    let session = Session::begin(ports.session.clone(), (org, Origin::Captured), ports.ids.next(taken), taken).await?;
    let work = read_and_record(source, fresh, (&session, taken), protection, time);
    let captured = prolonging(&session, &*ports.clock, work).await;
    if let Err(error) = session.abandon().await {
        let failure = captured.as_ref().err().map(CaptureError::code);
        tracing::warn!(error = %Causes(&error), failure, "the lease of a capture for a restore could not be ended");
    }
    captured
}

/// Records the snapshot while the session's lease keeps what it consists of.
async fn read_and_record(
    source: &Source<'_>,
    fresh: &FreshCapture<'_>,
    (session, taken): (&Session, DateTime<Utc>),
    protection: Protection,
    time: CallTime,
) -> Result<(), CaptureError> {
    let modules = read(source, fresh, session, protection, time).await?;
    Ok(record_restored(&*source.ports.objects, (source.run.org, fresh.restore), taken, &modules).await?)
}

async fn read(
    source: &Source<'_>,
    fresh: &FreshCapture<'_>,
    session: &Session,
    protection: Protection,
    time: CallTime,
) -> Result<Vec<Module>, CaptureError> {
    let state = source.connector.hold(protection).await.map_err(of(&source.address))?;
    let mut chosen = source.choose(state)?;
    chosen.modules.retain(|module| fresh.modules.contains(&module.api_name));
    let too_long = || CaptureError::TooLong { connection: source.address.clone(), module: None };
    if !time.allows(bytes(&chosen.modules), FASTEST) {
        return Err(too_long());
    }
    let tracker = Tracker::begin(source.ports, source.run, 0, chosen.modules.iter()).await?;
    // Without an end a reader does not leave a module half read.
    let (unlimited, with_files) = (CallTime::begin(None), Some(fresh.with_files));
    let reader = Reader { source, chosen: &chosen, session, tracker: &tracker, time: unlimited, with_files };
    let read = match time.end() {
        None => all(reader).await?,
        Some(end) => timeout_at(end, all(reader)).await.map_err(|_| too_long())??,
    };
    let whole = |reading| match reading {
        Reading::Whole(module, _) => Ok(*module),
        Reading::Part(_) => Err(CaptureError::NotWhole),
    };
    read.into_iter().map(whole).collect()
}
