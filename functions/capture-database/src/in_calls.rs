//! Captures a source in several calls. Two holders keep one state alive in turn, each of which has taken it over from the other
//! before that one ends; readers join the state, stop behind a block when their time is over, and go on in their next call.

use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::shares::shares;
use hozon_shared::ports::{HeldState, Protection};
use hozon_shared::snapshots::session::{Origin, Session, abandon};
use serde_json::{Value, json};

use crate::attempt::{Attempt, Holder, Holding, LOOK_EVERY, Opened};
use crate::error::{CaptureError, of};
use crate::module::{Progress, Reader, Reading, read};
use crate::next::Stop;
use crate::publication;
use crate::tracker::Tracker;

/// Number of modules that are read at a time.
const READERS: usize = 2;
/// How often a capture is tried.
const ATTEMPTS: u32 = 4;

/// Holds the state until all modules are published, or until the other holder has taken it over and the time of this call is over.
/// The first holder opens it.
pub(crate) async fn hold(attempt: &Attempt<'_>, me: Holder) -> Result<CallOutcome, CaptureError> {
    if attempt.is_published().await? {
        return Ok(CallOutcome::Done);
    }
    let (state, turn) = match me {
        Holder::First if attempt.opened().await?.is_none() => (open(attempt).await?, 1),
        _ => take_over(attempt, me).await?,
    };
    let token = state.token().ok_or(CaptureError::NotOpened)?;
    attempt.take_turn(turn, &Holding { name: token.name }).await?;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if attempt.is_published().await? || attempt.is_given_up().await? {
            return Ok(CallOutcome::Done);
        }
        attempt.run.require_in_progress(attempt.ports).await?;
        if (attempt.time.is_over() && attempt.is_taken(turn + 1).await?) || attempt.time.is_at_its_limit() {
            return Ok(CallOutcome::Again);
        }
    }
}

/// Begins a state and a session, and divides the modules among the readers.
async fn open(attempt: &Attempt<'_>) -> Result<Box<dyn HeldState>, CaptureError> {
    let (ports, org) = (attempt.ports, attempt.run.org);
    let connection = ports.connections.connection(org).await?.ok_or(CaptureError::NotConnected)?;
    let source = attempt.source(&connection).await?;
    let read_from = ports.clock.now();
    let state = source.connector.hold(Protection::Notice).await.map_err(of(&source.address))?;
    let too_long = || CaptureError::TooLong { connection: source.address.clone(), module: None };
    let noted = state.token().ok_or_else(too_long)?.noted;
    let chosen = source.choose(state)?;
    let session = Session::begin(ports.session.clone(), (org, Origin::Captured), ports.ids.next(read_from), read_from).await?;
    let sizes: Vec<_> = chosen.modules.iter().map(|module| module.bytes.unwrap_or_default()).collect();
    let (session, shares) = (session.version().to_owned(), shares(&sizes, READERS));
    let empty = source.captured(&chosen, read_from);
    attempt.set_opened(&Opened { connection, empty, session, noted, shares, is_standing: false }).await?;
    Ok(chosen.state)
}

/// Takes the state over from the other holder, for the next turn.
async fn take_over(attempt: &Attempt<'_>, me: Holder) -> Result<(Box<dyn HeldState>, u64), CaptureError> {
    let held = async || {
        let turns = attempt.turns().await?;
        let Some(last) = me.last_of_other(&turns) else { return Ok(None) };
        Ok(attempt.opened().await?.map(|opened| (opened, last, me.next_turn(&turns))))
    };
    let (opened, last, next) = attempt.wait_for(held).await?.ok_or(CaptureError::NotOpened)?;
    let source = attempt.source(&opened.connection).await?;
    Ok((attempt.take_over(&source, &opened, last).await?, next))
}

/// Waits until the state is open. Leaves the readers' numbers for the map.
pub(crate) async fn readers(attempt: &Attempt<'_>) -> Result<Value, CaptureError> {
    let held = async || Ok(if attempt.is_taken(1).await? { attempt.opened().await? } else { None });
    let opened = attempt.wait_for(held).await?.ok_or(CaptureError::NotOpened)?;
    let key = attempt.set_readers(opened.shares.len()).await?;
    Ok(json!({ "key": key, "concurrency": opened.shares.len() }))
}

/// Reads modules of one reader's share until the time of the call is over.
pub(crate) async fn read_share(attempt: &Attempt<'_>, number: usize) -> Result<CallOutcome, CaptureError> {
    let opened = attempt.opened().await?.ok_or(CaptureError::NotOpened)?;
    let source = attempt.source(&opened.connection).await?;
    let reading = async {
        let chosen = attempt.join(&source, &opened).await?;
        let session = attempt.session(&opened).await?;
        let share = opened.shares.get(number).map(Vec::as_slice).unwrap_or_default();
        let modules = share.iter().filter_map(|index| chosen.modules.get(*index));
        let tracker = Tracker::begin(attempt.ports, attempt.run, number as u64, modules).await?;
        let reader = Reader {
            source: &source,
            chosen: &chosen,
            session: &session,
            tracker: &tracker,
            time: attempt.time,
            with_files: None,
        };
        let mut has_read = false;
        for index in share {
            let progress = match attempt.reading(*index).await? {
                Some(Reading::Whole(module, _)) => {
                    tracker.add_rows(module.rows).await?;
                    tracker.add_module().await?;
                    continue;
                }
                Some(Reading::Part(progress)) => *progress,
                None => Progress::default(),
            };
            // Each call reads something, however late it has joined the state.
            if has_read && attempt.time.is_over() {
                return Ok(CallOutcome::Again);
            }
            has_read = true;
            let (reading, stop) = read(reader, *index, progress).await?;
            attempt.set_reading(*index, &reading).await?;
            match stop {
                Stop::AtItsEnd => {}
                Stop::ForTime => return Ok(CallOutcome::Again),
                Stop::For(seconds) => return Ok(CallOutcome::Wait(seconds)),
            }
        }
        Ok(CallOutcome::Done)
    };
    source.unless_cancelled(reading).await
}

/// Publishes the modules, all at once.
pub(crate) async fn publish(attempt: &Attempt<'_>) -> Result<Value, CaptureError> {
    if publication::complete(attempt.ports, attempt.run).await? {
        return Ok(json!({}));
    }
    let opened = attempt.opened().await?.ok_or(CaptureError::NotOpened)?;
    let captured = attempt.add_all(&opened).await?.ok_or(CaptureError::NotOpened)?;
    attempt.run.require_in_progress(attempt.ports).await?;
    let session = attempt.session(&opened).await?;
    publication::publish(attempt.ports, attempt.run, session, &captured).await?;
    Ok(json!({}))
}

/// Ends an attempt whose state was lost or changed, and says whether there is another one.
pub(crate) async fn give_up(attempt: &Attempt<'_>, tries: u32) -> Result<(), CaptureError> {
    attempt.give_up().await?;
    if let Some(opened) = attempt.opened().await? {
        abandon(&attempt.ports.session, attempt.run.org, &opened.session).await?;
    }
    if tries < ATTEMPTS { Ok(()) } else { Err(CaptureError::Unsteady) }
}
