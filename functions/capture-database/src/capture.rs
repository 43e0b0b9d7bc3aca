//! Captures all modules of a source in one state of it, in one call, and publishes them together.

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryFutureExt, TryStreamExt, stream};
use hozon_shared::captured::Captured;
use hozon_shared::domain::source::{SourceErrorKind, SourceModule};
use hozon_shared::ports::{Clock, Protection};
use hozon_shared::snapshots::session::{Origin, Session};
use hozon_shared::telemetry::Causes;
use tokio::time::{timeout, timeout_at};

use crate::call_time::CallTime;
use crate::error::{CaptureError, is_changed, of};
use crate::module::{Progress, Reader, Reading, add_all, read};
use crate::ports::CapturePorts;
use crate::publication;
use crate::source::{Run, Source};
use crate::tracker::Tracker;

/// How often a capture is tried without locks. If tables are altered or emptied while it reads each time, the next attempt
/// makes whoever does so wait.
const ATTEMPTS_WITHOUT_LOCKS: usize = 3;
/// Number of modules that are read at a time.
pub(crate) const MODULES_IN_FLIGHT: usize = 2;
/// How often a lease is prolonged, which lasts a day.
const PROLONG_EVERY: Duration = Duration::from_secs(60 * 60);
/// The most bytes of a source that a call reads in a second. What would take longer even so is not begun in one call.
const FASTEST: u64 = 200 << 20;

/// Captures the CRM of an organisation for a run, unless that was done already. Returns whether it is captured; otherwise it takes
/// longer than a call may last, and is captured in several.
pub(crate) async fn capture(ports: &CapturePorts, run: Run, time: CallTime) -> Result<bool, CaptureError> {
    if publication::complete(ports, run).await? {
        return Ok(true);
    }
    let connection = ports.connections.connection(run.org).await?.ok_or(CaptureError::NotConnected)?;
    let source = Source::new(ports, run, &connection).await?;
    source.unless_cancelled(in_one_call(&source, time)).await
}

/// Returns whether the source is captured before time is over.
async fn in_one_call(source: &Source<'_>, time: CallTime) -> Result<bool, CaptureError> {
    until_unchanged(|protection| attempt(source, protection, time)).await
}

/// Captures again while tables change meanwhile, at last with locks.
pub(crate) async fn until_unchanged<T, F>(attempt: impl Fn(Protection) -> F) -> Result<T, CaptureError>
where
    F: Future<Output = Result<T, CaptureError>>,
{
    for _ in 0..ATTEMPTS_WITHOUT_LOCKS {
        match attempt(Protection::Notice).await {
            Err(error) if is_changed(&error) => tracing::info!(code = error.code(), "the capture begins again"),
            other => return other,
        }
    }
    attempt(Protection::Lock).await
}

/// Reads one state and publishes it. What a failed attempt has written and no snapshot needs is swept later; the next
/// attempt finds it and does not write it again.
async fn attempt(source: &Source<'_>, protection: Protection, time: CallTime) -> Result<bool, CaptureError> {
    let ports = source.ports;
    let read_from = ports.clock.now();
    let id = ports.ids.next(read_from);
    let session = Session::begin(ports.session.clone(), (source.run.org, Origin::Captured), id, read_from).await?;
    let capturing = capture_in(source, &session, read_from, protection, time);
    let captured = prolonging(&session, &*ports.clock, capturing).await;
    if let Ok(Some(captured)) = captured {
        return publication::publish(ports, source.run, session, &captured).await.map(|()| true);
    }
    if let Err(error) = session.abandon().await {
        let failure = captured.as_ref().err().map(CaptureError::code);
        tracing::warn!(error = %Causes(&error), failure, "the lease of a capture that has ended early could not be ended");
    }
    captured.map(|_| false)
}

/// Works until the end, and prolongs the session's lease meanwhile: without a limit, a call may last longer than a lease.
pub(crate) async fn prolonging<T>(
    session: &Session,
    clock: &dyn Clock,
    work: impl Future<Output = Result<T, CaptureError>>,
) -> Result<T, CaptureError> {
    let mut working = pin!(work);
    loop {
        match timeout(PROLONG_EVERY, &mut working).await {
            Ok(done) => return done,
            Err(_) => session.prolong(clock.now()).await?,
        }
    }
}

async fn capture_in(
    source: &Source<'_>,
    session: &Session,
    read_from: DateTime<Utc>,
    protection: Protection,
    time: CallTime,
) -> Result<Option<Captured>, CaptureError> {
    let state = source.connector.hold(protection).await.map_err(of(&source.address))?;
    let end = time.end().filter(|_| state.token().is_some());
    let chosen = source.choose(state)?;
    let tracker = Tracker::begin(source.ports, source.run, 0, chosen.modules.iter()).await?;
    let reading = all(Reader { source, chosen: &chosen, session, tracker: &tracker, time, with_files: None });
    let read = match end {
        None => reading.await?,
        Some(_) if !time.allows(bytes(&chosen.modules), FASTEST) => return Ok(None),
        Some(end) => match timeout_at(end, reading).await {
            Ok(read) => read?,
            Err(_) => return Ok(None),
        },
    };
    source.run.require_in_progress(source.ports).await?;
    // Only a state that was joined gives the places for a part.
    let captured = add_all(source.captured(&chosen, read_from), read);
    captured.ok_or_else(|| source.failed(SourceErrorKind::StateLost)).map(Some)
}

async fn all(reader: Reader<'_>) -> Result<Vec<Reading>, CaptureError> {
    let indexes = 0..reader.chosen.modules.len();
    let reading: Vec<_> = indexes.map(|index| read(reader, index, Progress::default()).map_ok(|(reading, _)| reading)).collect();
    stream::iter(reading).buffered(MODULES_IN_FLIGHT).try_collect().await
}

/// Size of modules in the source, as far as it says so.
fn bytes(modules: &[SourceModule]) -> u64 {
    modules.iter().filter_map(|module| module.bytes).sum()
}
