//! Captures some modules of an organisation's CRM as they are now, for a restore. They are not published: the CRM's current modules stay those of
//! the last backup. Calls go on where the one before has stopped. Unlike the modules of a backup, they need not be of one instant: what a restore
//! writes is compared with the CRM once more.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::crm::{Field, Module, captured_version};
use hozon_shared::domain::id::{BackupId, OrgId, RestoreId};
use hozon_shared::domain::source::{SourceErrorKind, SourceModule};
use hozon_shared::ports::{HeldState, Protection, SourceError, StateToken};
use hozon_shared::restored::RestoreFiles;
use hozon_shared::snapshots::of_restore::record_restored;
use hozon_shared::snapshots::session::{Origin, Session, abandon};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call_time::CallTime;
use crate::capture::{MODULES_IN_FLIGHT, prolonging, until_unchanged};
use crate::error::{CaptureError, of};
use crate::module::{Progress, Reader, Reading, read};
use crate::next::{Stop, wait_for};
use crate::ports::CapturePorts;
use crate::source::{Chosen, Run, Source};
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

/// What the first call leaves for the others.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct FreshBegun {
    /// Name of the session that the modules are written in.
    session: String,
    /// When the first state began that was read.
    taken: DateTime<Utc>,
    /// What the connector has noted of a state that stands without a holder. Otherwise each call reads a state of its own.
    noted: Option<Value>,
}

/// How far a module is, with the structure that it had.
#[derive(Debug, Serialize, Deserialize)]
struct FreshModule {
    fields: Vec<Field>,
    key: Vec<String>,
    reading: Reading,
}

const BEGUN: &str = "begun";

/// Captures the modules, and records them as the snapshot of the restore once all are read. Modules that the CRM does not have any more are left
/// out. Returns whether the capture is done, or another call goes on. A module that cannot be left half read must fit into one call, or else it
/// fails with `TooLong`.
pub async fn capture_fresh(ports: &CapturePorts, fresh: &FreshCapture<'_>) -> Result<CallOutcome, CaptureError> {
    if !fresh.connection.source.is_captured() {
        return record_native(ports, fresh).await.map(|()| CallOutcome::Done);
    }
    let run = Run { org: fresh.connection.org, backup: BackupId(fresh.restore.0) };
    let time = CallTime::begin(ports.call_time);
    let reading = async {
        let source = Source::new(ports, run, fresh.connection).await?;
        until_unchanged(|protection| call(&source, fresh, protection, time)).await
    };
    match reading.await {
        Err(error) => wait_for(error).map(CallOutcome::Wait),
        outcome => outcome,
    }
}

/// Ends a capture for a restore, whether it is done or not. May be repeated.
pub async fn end_fresh(ports: &CapturePorts, org: OrgId, restore: RestoreId) -> Result<(), CaptureError> {
    let files = RestoreFiles { objects: &*ports.objects, org, id: restore };
    if let Some(begun) = files.captured::<FreshBegun>(BEGUN).await? {
        abandon(&ports.session, org, &begun.session).await?;
        files.forget_captured().await?;
    }
    Ok(())
}

/// The native store needs no capture: versions of its modules never change.
async fn record_native(ports: &CapturePorts, fresh: &FreshCapture<'_>) -> Result<(), CaptureError> {
    let (org, taken) = (fresh.connection.org, ports.clock.now());
    let mut modules = ports.session.catalogue.modules(org).await?;
    modules.retain(|module| fresh.modules.contains(&module.api_name));
    Ok(record_restored(&*ports.objects, (org, fresh.restore), taken, &modules).await?)
}

/// Reads until all modules are stored, or the time of the call is over.
async fn call(
    source: &Source<'_>,
    fresh: &FreshCapture<'_>,
    protection: Protection,
    time: CallTime,
) -> Result<CallOutcome, CaptureError> {
    let (ports, org) = (source.ports, source.run.org);
    let FreshState { state, begun, holder: _holder } = open(source, fresh, protection, time).await?;
    let now = ports.clock.now();
    let session = Session::resume(ports.session.clone(), (org, Origin::Captured), begun.session.clone(), now).await?;
    let mut chosen = source.choose(state)?;
    chosen.modules.retain(|module| fresh.modules.contains(&module.api_name));
    let tracker = Tracker::begin(ports, source.run, 0, chosen.modules.iter()).await?;
    let reader =
        Reader { source, chosen: &chosen, session: &session, tracker: &tracker, time, with_files: Some(fresh.with_files) };
    let reading = FreshCall { reader, begun: &begun, files: files_of(source, fresh), has_read: AtomicBool::new(false) };
    let read = prolonging(&session, &*ports.clock, reading.all()).await?;
    let (modules, stops): (Vec<Option<Module>>, Vec<Stop>) = read.into_iter().unzip();
    let Some(modules) = modules.into_iter().collect::<Option<Vec<Module>>>() else { return Ok(outcome(&stops)) };
    record_restored(&*ports.objects, (org, fresh.restore), begun.taken, &modules).await?;
    end_fresh(ports, org, fresh.restore).await.map(|()| CallOutcome::Done)
}

fn files_of<'a>(source: &Source<'a>, fresh: &FreshCapture<'_>) -> RestoreFiles<'a> {
    RestoreFiles { objects: &*source.ports.objects, org: source.run.org, id: fresh.restore }
}

/// What follows a call that has not read everything.
fn outcome(stops: &[Stop]) -> CallOutcome {
    let waits = stops.iter().filter_map(|stop| if let Stop::For(seconds) = stop { Some(*seconds) } else { None });
    waits.max().map_or(CallOutcome::Again, CallOutcome::Wait)
}

/// The state that a call reads.
struct FreshState {
    state: Box<dyn HeldState>,
    begun: FreshBegun,
    /// Keeps the state, if the call has joined it as another process would.
    holder: Option<Box<dyn HeldState>>,
}

/// Opens a state: the one that the first call has begun, if it stands still.
async fn open(
    source: &Source<'_>,
    fresh: &FreshCapture<'_>,
    protection: Protection,
    time: CallTime,
) -> Result<FreshState, CaptureError> {
    let (ports, files, failed) = (source.ports, files_of(source, fresh), of(&source.address));
    match files.captured::<FreshBegun>(BEGUN).await? {
        Some(begun @ FreshBegun { noted: None, .. }) => {
            let (state, holder) = hold(source, protection, time).await?;
            return Ok(FreshState { state, begun, holder });
        }
        Some(FreshBegun { noted: Some(noted), session, taken }) => {
            let token = StateToken { name: String::new(), noted: noted.clone() };
            match source.connector.join(&token).await {
                // It begins anew.
                Err(SourceError { kind: SourceErrorKind::StateLost, .. }) => {
                    end_fresh(ports, source.run.org, fresh.restore).await?
                }
                joined => {
                    let begun = FreshBegun { session, taken, noted: Some(noted) };
                    return Ok(FreshState { state: joined.map_err(&failed)?, begun, holder: None });
                }
            }
        }
        None => {}
    }
    let taken = ports.clock.now();
    let (state, holder) = hold(source, protection, time).await?;
    let noted = if state.is_standing() { state.token().map(|token| token.noted) } else { None };
    let begun = FreshBegun { session: captured_version(ports.ids.next(taken)), taken, noted };
    files.set_captured(BEGUN, &begun).await?;
    Ok(FreshState { state, begun, holder })
}

/// A state, with whoever keeps it for the call.
type Held = (Box<dyn HeldState>, Option<Box<dyn HeldState>>);

/// Begins a state. Where time is limited it is joined, because only a state that was joined says where another call goes on.
async fn hold(source: &Source<'_>, protection: Protection, time: CallTime) -> Result<Held, CaptureError> {
    let failed = of(&source.address);
    let held = source.connector.hold(protection).await.map_err(&failed)?;
    match held.token().filter(|_| time.end().is_some() && !held.is_standing()) {
        Some(token) => Ok((source.connector.join(&token).await.map_err(&failed)?, Some(held))),
        None => Ok((held, None)),
    }
}

/// What a call reads with.
struct FreshCall<'a> {
    reader: Reader<'a>,
    begun: &'a FreshBegun,
    files: RestoreFiles<'a>,
    /// Whether the call has read something.
    has_read: AtomicBool,
}

impl FreshCall<'_> {
    /// Reads the modules that are not whole yet. Of each it returns the module, if it is whole, and why reading has stopped.
    async fn all(&self) -> Result<Vec<(Option<Module>, Stop)>, CaptureError> {
        let indexes = 0..self.reader.chosen.modules.len();
        stream::iter(indexes).map(|index| self.one(index)).buffered(MODULES_IN_FLIGHT).try_collect().await
    }

    async fn one(&self, index: usize) -> Result<(Option<Module>, Stop), CaptureError> {
        let module = &self.chosen().modules[index];
        let name = format!("module-{}", hex::encode(&module.api_name));
        let progress = match self.files.captured::<FreshModule>(&name).await? {
            Some(FreshModule { reading: Reading::Whole(module, _), .. }) => return Ok((Some(*module), Stop::AtItsEnd)),
            Some(FreshModule { fields, key, reading: Reading::Part(progress) }) if is_same(module, &fields, &key) => *progress,
            _ => Progress::default(),
        };
        // Each call reads something, however late it has begun.
        if self.has_read.swap(true, Ordering::Relaxed) && self.reader.time.is_over() {
            return Ok((None, Stop::ForTime));
        }
        let progress = if self.begun.noted.is_some() { progress } else { progress.in_another_state() };
        let (reading, stop) = read(self.reader, index, progress).await?;
        let stored = FreshModule { fields: module.fields.clone(), key: module.key.clone(), reading };
        self.files.set_captured(&name, &stored).await?;
        Ok(match stored.reading {
            Reading::Whole(module, _) => (Some(*module), stop),
            Reading::Part(_) => (None, stop),
        })
    }

    fn chosen(&self) -> &Chosen {
        self.reader.chosen
    }
}

/// Whether a module has the structure that the part of it has which is stored.
fn is_same(module: &SourceModule, fields: &[Field], key: &[String]) -> bool {
    module.fields == fields && module.key == key
}
