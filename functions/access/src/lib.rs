//! Downloads straight from a link: the bucket's own access events say who fetched a zip without asking for it first (R7). Events come
//! some minutes late, more than once, and one for each piece where a program fetches a file in pieces; each download is recorded once.

mod notice;

use std::future::ready;
use std::pin::pin;

use futures_util::TryStreamExt;
use hozon_shared::call::CallError;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::download::LinkRequest;
use hozon_shared::domain::id::EventId;
use hozon_shared::ports::{ErrorKind, PortError, Ports, events_since};
use notice::{Notice, Served};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Events read at a time.
const READ: usize = 100;

/// What an input is that cannot be read.
const BAD_INPUT: &str = "no event of CloudTrail about an object, and no note of a zip that was served";

/// An event of CloudTrail, or the note of a download with a link without a query.
#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Served { served: Served },
    Notice(Notice),
}

impl Input {
    fn link_request(self) -> Option<LinkRequest> {
        match self {
            Self::Served { served } => Some(served.link_request()),
            Self::Notice(notice) => notice.link_request(),
        }
    }
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A new download, which is in the history now.
    Recorded,
    /// Part of a download that is in the history already.
    Known,
    /// No download of a zip by a link.
    Other,
}

/// Deals with one event. May be repeated.
pub async fn handle(ports: &Ports, input: Value) -> Result<Outcome, CallError> {
    let input: Input = serde_json::from_value(input).map_err(|error| CallError::BadInput(BAD_INPUT, error))?;
    let Some(request) = input.link_request() else { return Ok(Outcome::Other) };
    let Some((org, id)) = request.backup() else { return Ok(Outcome::Other) };
    let Some(backup) = ports.store.backup(org, id).await? else { return Ok(Outcome::Other) };
    if request.may_follow_a_click() && follows_a_click(ports, &backup, &request).await? {
        return Ok(Outcome::Known);
    }
    let event = EventId(ports.ids.next(request.time(&backup)));
    let Some(changes) = request.record(&backup, event) else { return Ok(Outcome::Other) };
    match ports.store.commit(org, changes).await {
        Ok(()) => Ok(Outcome::Recorded),
        Err(error) if error.kind == ErrorKind::Conflict => Ok(Outcome::Known),
        Err(error) => Err(error.into()),
    }
}

/// Whether the link was given out for a download that was recorded then.
async fn follows_a_click(ports: &Ports, backup: &Backup, request: &LinkRequest) -> Result<bool, PortError> {
    let Some(signed) = request.signed else { return Ok(false) };
    let events = events_since(&*ports.store, backup.org, signed, READ);
    let mut clicks = pin!(events.try_filter(|event| ready(request.follows(event))));
    Ok(clicks.try_next().await?.is_some())
}
