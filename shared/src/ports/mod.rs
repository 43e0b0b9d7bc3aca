//! What the use cases need from the outside, one trait per noun.

mod catalogue;
mod clock;
mod ids;
mod mailer;
mod objects;
mod origin;
mod outbox;
mod payments;
mod purchases;
mod requests;
mod schedules;
mod snapshot_reader;
mod store;
mod triggers;
mod webhooks;
mod workflow;

pub use catalogue::Catalogue;
pub use clock::{Clock, SystemClock};
pub use ids::{Ids, RandomIds, Secrets, SystemSecrets};
pub use mailer::{Mail, Mailer};
pub use objects::{Bucket, Links, ObjectBody, ObjectHead, ObjectRef, Objects, PartTag, UploadId, Uploads, read_all};
pub use origin::OriginSecrets;
pub use outbox::Outbox;
pub use payments::{Buyer, Checkout, CheckoutLine, CheckoutRequest, Payments, Renewals};
pub use purchases::{Accounts, Purchases};
pub use requests::Requests;
pub use schedules::{Due, Schedules};
pub use snapshot_reader::{AttachmentStream, RowStream, SnapshotReader, SourceInfo};
pub use store::{Change, EventPage, EventQuery, Marks, Progress, Store, events_since};
pub use triggers::{ScheduleTrigger, Triggers};
pub use webhooks::Webhooks;
pub use workflow::{Execution, Workflow};

use std::sync::Arc;
use std::time::Duration;

/// Everything that a function may use of the outside.
#[derive(Clone)]
#[allow(missing_docs, reason = "each field is documented at its trait")]
pub struct Ports {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub secrets: Arc<dyn Secrets>,
    pub store: Arc<dyn Store>,
    pub schedules: Arc<dyn Schedules>,
    pub accounts: Arc<dyn Accounts>,
    pub purchases: Arc<dyn Purchases>,
    pub progress: Arc<dyn Progress>,
    pub marks: Arc<dyn Marks>,
    pub outbox: Arc<dyn Outbox>,
    pub webhooks: Arc<dyn Webhooks>,
    pub requests: Arc<dyn Requests>,
    pub catalogue: Arc<dyn Catalogue>,
    pub objects: Arc<dyn Objects>,
    pub uploads: Arc<dyn Uploads>,
    pub links: Arc<dyn Links>,
    pub workflow: Arc<dyn Workflow>,
    pub snapshots: Arc<dyn SnapshotReader>,
}

/// What kind of failure a port met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The thing is not there.
    NotFound,
    /// A condition did not hold: somebody else was first, or it was done before.
    Conflict,
    /// The service is busy or out of reach; the same call may succeed later.
    Unavailable,
    /// The service refused: no permission, or a request that it does not take.
    Refused,
    /// There is no room left: a disk is full, or a quota is used up.
    Full,
    /// This machine lacks something that the service needs: the program may not open more files.
    Exhausted,
    /// What came back cannot be understood.
    Corrupt,
}

/// A failure of a port. Its text is for logs and for the owner of the service, never for a client.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {kind:?}")]
pub struct PortError {
    /// What kind.
    pub kind: ErrorKind,
    /// What was tried, without secrets or customers' data.
    pub what: &'static str,
    /// The cause below.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// When to try again, where the service said so.
    pub retry_after: Option<Duration>,
}

impl PortError {
    /// A failure without a cause below it.
    pub fn new(kind: ErrorKind, what: &'static str) -> Self {
        Self { kind, what, source: None, retry_after: None }
    }

    /// A failure with its cause.
    pub fn with(kind: ErrorKind, what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, what, source: Some(source.into()), retry_after: None }
    }
}
