//! Records in the history who has looked at what.

use chrono::TimeDelta;

use crate::domain::event::{Event, EventKind};
use crate::domain::exploring::LookedAt;
use crate::domain::id::{BackupId, EventId};
use crate::domain::organisation::Caller;
use crate::ports::{Change, Clock, EventQuery, Ids, PortError, Store};

/// How long repeated looks of a person at the same count as one.
const ONE_LOOK: TimeDelta = TimeDelta::minutes(10);
/// Number of events among which the earlier look is searched for.
const RECENT: usize = 100;

/// Records what a person is about to see, unless they have seen it in the last ten minutes. Nothing may be shown if this fails.
pub async fn record_look(
    (clock, ids, store): (&dyn Clock, &dyn Ids, &dyn Store),
    caller: &Caller,
    backup: BackupId,
    what: LookedAt,
) -> Result<(), PortError> {
    let now = clock.now();
    let kind = EventKind::Explored { backup, what };
    let recent = store.events(caller.org, EventQuery { before: None, limit: RECENT }).await?.events;
    let is_repeat = |event: &Event| event.at > now - ONE_LOOK && event.by.id == caller.person.id && event.what == kind;
    if recent.iter().any(is_repeat) {
        return Ok(());
    }
    let event = Event { id: EventId(ids.next(now)), at: now, by: caller.person.clone(), what: kind };
    store.commit(caller.org, vec![Change::Event(event)]).await
}
