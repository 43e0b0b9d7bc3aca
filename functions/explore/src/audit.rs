//! Records in the history who has looked at what.

use chrono::TimeDelta;
use hozon_shared::api::ApiError;
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::id::{BackupId, EventId};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::ports::{Change, EventQuery};

use crate::ports::ExplorePorts;

/// How long repeated looks of a person at the same count as one.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(10);
/// Number of events among which the earlier look is searched for.
const RECENT: usize = 100;

/// Records what a person is about to see, unless they have seen it in the last ten minutes. Nothing is shown if this fails.
pub async fn record(ports: &ExplorePorts, caller: &Caller, backup: BackupId, what: LookedAt) -> Result<(), ApiError> {
    let now = ports.clock.now();
    let kind = EventKind::Explored { backup, what };
    let recent = ports.store.events(caller.org, EventQuery { before: None, limit: RECENT }).await?.events;
    let is_repeat = |event: &Event| event.at > now - ONE_LOOK && event.by.id == caller.person.id && event.what == kind;
    if recent.iter().any(is_repeat) {
        return Ok(());
    }
    let event = Event { id: EventId(ports.ids.next(now)), at: now, by: caller.person.clone(), what: kind };
    Ok(ports.store.commit(caller.org, vec![Change::Event(event)]).await?)
}
