//! Ports: what the use cases need from the outside world, one trait per noun. Implementations for AWS live in
//! `crate::aws`; no AWS type appears here.

mod captures;
mod catalogue;
mod clock;
mod connections;
mod connector;
mod consents;
mod dead_letters;
mod drills;
mod erasures;
mod file_bytes;
mod holds;
mod ids;
mod leases;
mod mailer;
mod objects;
mod origin;
mod outbox;
mod payments;
mod purchases;
mod requests;
mod restores;
mod schedules;
mod signing;
mod source_error;
mod source_info;
mod statements;
mod store;
mod triggers;
mod versions;
mod webhooks;
mod workflow;
mod writing;

pub use captures::Captures;
pub use catalogue::Catalogue;
pub use clock::{Clock, SystemClock};
pub use connections::{AccessToken, AccessTokens, Connections, Credentials, CredentialsOf, SourceCredits, SourceSecret};
pub use connector::{
    Connector, FileBuckets, FilesReading, HeldState, ModuleChanges, ModuleReading, Protection, ResumePoint, SourceFile,
    SourcePage, SourceRows, StateToken,
};
pub use consents::Consents;
pub use dead_letters::DeadLetters;
pub use drills::Drills;
pub use erasures::{ErasureKeys, Erasures};
pub use file_bytes::{FileBytes, SourceBytes};
pub use holds::Holds;
pub use ids::{Ids, RandomIds, Secrets, SystemSecrets};
pub use leases::Leases;
pub use mailer::{Mail, Mailer};
pub use objects::{
    Bucket, Links, ObjectBody, ObjectHead, ObjectRef, Objects, PartTag, UploadId, Uploads, find_json, put_json, read_all,
    read_json,
};
pub use origin::OriginSecrets;
pub use outbox::Outbox;
pub use payments::{Buyer, Checkout, CheckoutLine, CheckoutRequest, Payments, Renewals};
pub use purchases::{Accounts, Purchases};
pub use requests::Requests;
pub use restores::Restores;
pub use schedules::{Due, DueItems, Schedules};
pub use signing::Signer;
pub use source_error::SourceError;
pub use source_info::SourceInfo;
pub use statements::Statements;
pub use store::{Change, EventPage, EventQuery, Marks, Progress, Store, events_since};
pub use triggers::{ScheduleTrigger, Triggers};
pub use versions::Versions;
pub use webhooks::Webhooks;
pub use workflow::{StartOutcome, Workflow};
pub use writing::{FileDetails, FileOutcomes, FileWrite, NewIds, NewRows, WriteBatch, Writer, WrittenBefore};

use std::sync::Arc;
use std::time::Duration;

/// Every port that a function may use.
#[derive(Clone)]
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
    pub captures: Arc<dyn Captures>,
    pub catalogue: Arc<dyn Catalogue>,
    pub objects: Arc<dyn Objects>,
    pub uploads: Arc<dyn Uploads>,
    pub links: Arc<dyn Links>,
    pub workflow: Arc<dyn Workflow>,
    pub leases: Arc<dyn Leases>,
    pub connections: Arc<dyn Connections>,
    pub credentials: Arc<dyn Credentials>,
    pub consents: Arc<dyn Consents>,
    pub tokens: Arc<dyn AccessTokens>,
    pub credits: Arc<dyn SourceCredits>,
    pub signer: Arc<dyn Signer>,
    pub statements: Arc<dyn Statements>,
    pub holds: Arc<dyn Holds>,
    pub restores: Arc<dyn Restores>,
    pub drills: Arc<dyn Drills>,
    pub erasures: Arc<dyn Erasures>,
    pub erasure_keys: Arc<dyn ErasureKeys>,
    pub versions: Arc<dyn Versions>,
}

/// Kinds of port failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The item does not exist.
    NotFound,
    /// A condition was not met: another writer came first, or the change was already made.
    Conflict,
    /// The service is busy or unreachable; the same call may succeed later.
    Unavailable,
    /// The service rejected the request: permission is missing, or the request is invalid.
    Refused,
    /// No space is left: the disk is full, or a quota is exhausted.
    Full,
    /// The local machine ran out of a resource, for example file descriptors.
    Exhausted,
    /// The response could not be understood.
    Corrupt,
    /// An older version of Hozon wrote it, in a form that this one does not read.
    Outdated,
}

/// A port failure. Its text is for logs and for the operator of the service, never for a client.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {kind:?}")]
pub struct PortError {
    pub kind: ErrorKind,
    /// The attempted operation, without secrets or customer data.
    pub what: &'static str,
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// How long to wait before the next attempt, if the service said so.
    pub retry_after: Option<Duration>,
}

impl PortError {
    /// Creates a failure without an underlying cause.
    pub fn new(kind: ErrorKind, what: &'static str) -> Self {
        Self { kind, what, source: None, retry_after: None }
    }

    /// Creates a failure with its underlying cause.
    pub fn with(kind: ErrorKind, what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self { kind, what, source: Some(source.into()), retry_after: None }
    }
}
