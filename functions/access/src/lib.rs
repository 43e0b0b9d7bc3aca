//! Downloads straight from a link: the bucket's own access events say who fetched a zip without asking for it first (R7). Events come
//! some minutes late, more than once, and one for each piece where a program fetches a file in pieces; each download is recorded once.

mod notice;

use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::download::LinkRequest;
use hozon_shared::domain::id::EventId;
use hozon_shared::ports::{ErrorKind, EventQuery, PortError, Ports};
use notice::Notice;
use serde::Serialize;
use serde_json::Value;

/// Events read at a time.
const READ: usize = 100;

/// Why a request was not dealt with; Lambda calls again.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The input is no event of CloudTrail about an object.
    #[error("the input is no event of CloudTrail about an object")]
    BadInput(#[source] serde_json::Error),
    /// The outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl AccessError {
    /// Its name, for Lambda.
    pub fn name(&self) -> &'static str {
        match self {
            Self::BadInput(_) => "BadInput",
            Self::Port(_) => "Retryable",
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
pub async fn handle(ports: &Ports, input: Value) -> Result<Outcome, AccessError> {
    let notice: Notice = serde_json::from_value(input).map_err(AccessError::BadInput)?;
    let Some(request) = notice.link_request() else { return Ok(Outcome::Other) };
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
    let mut before = None;
    loop {
        let page = ports.store.events(backup.org, EventQuery { before, limit: READ }).await?;
        if page.events.iter().any(|event| request.follows(event)) {
            return Ok(true);
        }
        let Some(oldest) = page.events.last().filter(|oldest| page.more && oldest.at >= request.signed) else {
            return Ok(false);
        };
        before = Some(oldest.id);
    }
}
