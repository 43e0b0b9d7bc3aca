//! The `access` function: records downloads through links that the console did not record, from the bucket's access
//! events. Events arrive minutes late, more than once, and once per range where a client fetches a file in ranges. Each
//! download is recorded once.

mod notice;
mod ports;

use std::future::ready;
use std::pin::pin;

use futures_util::TryStreamExt;
use hozon_shared::call::CallError;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::download::LinkRequest;
use hozon_shared::domain::id::EventId;
use hozon_shared::ports::{ErrorKind, PortError, events_since};
use notice::{CloudTrailEvent, Served};
pub use ports::AccessPorts;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Number of events per read.
const READ: usize = 100;

/// Error text for an event of an unknown kind.
const BAD_INPUT: &str = "neither a CloudTrail event about an object nor a record of a served zip";

/// A CloudTrail event, or the record of a download by a link without a query string.
#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Served { served: Served },
    Notice(CloudTrailEvent),
}

impl Input {
    fn link_request(self) -> Option<LinkRequest> {
        match self {
            Self::Served { served } => Some(served.link_request()),
            Self::Notice(notice) => notice.link_request(),
        }
    }
}

/// Result of handling a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessOutcome {
    /// A new download, which was added to the history.
    Recorded,
    /// Part of a download that the history already contains.
    Known,
    /// Not a download of a zip by a link.
    Other,
}

/// Handles one event. Idempotent.
pub async fn handle(ports: &AccessPorts, input: Value) -> Result<AccessOutcome, CallError> {
    let input: Input = serde_json::from_value(input).map_err(|error| CallError::BadInput(BAD_INPUT, error))?;
    let Some(request) = input.link_request() else { return Ok(AccessOutcome::Other) };
    let Some((org, id)) = request.backup() else { return Ok(AccessOutcome::Other) };
    let Some(backup) = ports.store.backup(org, id).await? else { return Ok(AccessOutcome::Other) };
    if request.may_follow_a_click() && follows_a_click(ports, &backup, &request).await? {
        return Ok(AccessOutcome::Known);
    }
    let event = EventId(ports.ids.next(request.time(&backup)));
    let Some(changes) = request.record(&backup, event) else { return Ok(AccessOutcome::Other) };
    match ports.store.commit(org, changes).await {
        Ok(()) => Ok(AccessOutcome::Recorded),
        Err(error) if error.kind == ErrorKind::Conflict => Ok(AccessOutcome::Known),
        Err(error) => Err(error.into()),
    }
}

/// Returns whether the link was handed out for a download that was recorded at that time.
async fn follows_a_click(ports: &AccessPorts, backup: &Backup, request: &LinkRequest) -> Result<bool, PortError> {
    let Some(signed) = request.signed else { return Ok(false) };
    let events = events_since(&*ports.store, backup.org, signed, READ);
    let mut clicks = pin!(events.try_filter(|event| ready(request.follows(event))));
    Ok(clicks.try_next().await?.is_some())
}
