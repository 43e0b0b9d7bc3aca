//! Writing a snapshot: a session begins, its modules are written, and all of them become current at once.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::amend::{Amendment, Changes};
use super::document::write;
use super::error::WriteError;
use super::input::ModuleHead;
use super::keys;
use super::leases::change;
use super::reader::stored_module;
use super::stores::SnapshotStores;
use super::writer::{ModuleWriter, StoredPart};
use crate::domain::crm::{Field, Module, captured_version};
use crate::domain::cutting::Cutting;
use crate::domain::id::OrgId;
use crate::ports::{Catalogue, ErrorKind, Leases, PortError, Ports};

/// Maximum size of a DynamoDB item in bytes, names of attributes included (DynamoDB developer guide, "Item size").
const MAX_ITEM_BYTES: usize = 400 << 10;
/// Space reserved for a module's other attributes and its key.
const OWN_ATTRIBUTES: usize = 4 << 10;
/// Overhead of a field in bytes: the names of its four attributes, its kind, one byte per element of the map and the
/// list, and three for the map.
const FIELD_OVERHEAD: usize = 8 + 5 + 9 + 8 + 11 + 8;

/// Returns the size of a module's fields in its catalogue item, in bytes. A module above [`MAX_FIELD_BYTES`] cannot
/// be published.
pub fn field_bytes(fields: &[Field]) -> usize {
    let of = |field: &Field| field.api_name.len() + field.label.len() + field.data_type.len() + FIELD_OVERHEAD;
    fields.iter().map(of).sum()
}

/// Maximum size of a module's fields in bytes, as [`field_bytes`] measures it.
pub const MAX_FIELD_BYTES: usize = MAX_ITEM_BYTES - OWN_ATTRIBUTES;

/// How long the lease of a session lasts.
const LEASE: TimeDelta = TimeDelta::days(1);
/// Attempts to take a lease while a sweep is under way. It lasts for seconds.
const LEASE_ATTEMPTS: usize = 240;
/// Time between two attempts.
const LEASE_WAIT: Duration = Duration::from_millis(250);

/// Where the modules of a session come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A platform writes them. Modules that it does not write stay as they are.
    Native,
    /// They are captured. Modules of an earlier capture that are not among them are gone.
    Captured,
}

/// What sessions use.
#[derive(Clone)]
pub struct SessionPorts {
    pub catalogue: Arc<dyn Catalogue>,
    pub leases: Arc<dyn Leases>,
    pub stores: SnapshotStores,
}

impl From<&Ports> for SessionPorts {
    fn from(ports: &Ports) -> Self {
        let stores = SnapshotStores { objects: ports.objects.clone(), uploads: ports.uploads.clone() };
        Self { catalogue: ports.catalogue.clone(), leases: ports.leases.clone(), stores }
    }
}

/// A snapshot that is being written. It holds a lease until it is published or abandoned.
pub struct Session {
    ports: SessionPorts,
    org: OrgId,
    origin: Origin,
    version: String,
    /// What is current now.
    before: Vec<Module>,
}

impl Session {
    /// Begins a session. `id` is new, and greater than those of earlier sessions. Waits while stored objects that
    /// are no longer needed are being deleted, for a minute at most; then it fails with `Unavailable`.
    pub async fn begin(
        ports: SessionPorts,
        (org, origin): (OrgId, Origin),
        id: u64,
        now: DateTime<Utc>,
    ) -> Result<Self, PortError> {
        let version = match origin {
            Origin::Native => format!("{id:020}"),
            Origin::Captured => captured_version(id),
        };
        Self::resume(ports, (org, origin), version, now).await
    }

    /// Goes on with a session that another process has begun, and prolongs its lease. Otherwise as [`Session::begin`].
    pub async fn resume(
        ports: SessionPorts,
        (org, origin): (OrgId, Origin),
        version: String,
        now: DateTime<Utc>,
    ) -> Result<Self, PortError> {
        lease(&ports, org, &version, now).await?;
        let mut session = Self { ports, org, origin, version, before: Vec::new() };
        session.before = session.current().await?;
        Ok(session)
    }

    /// Prolongs the lease of the session. Waits as [`Session::begin`] does.
    pub async fn prolong(&self, now: DateTime<Utc>) -> Result<(), PortError> {
        lease(&self.ports, self.org, &self.version, now).await
    }

    /// Name under which another process resumes the session.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Begins a module.
    pub fn module(&self, head: ModuleHead) -> ModuleWriter {
        self.rest_of_module(head, StoredPart::default())
    }

    /// Goes on with a module of which a part is stored.
    pub fn rest_of_module(&self, head: ModuleHead, part: StoredPart) -> ModuleWriter {
        let before = self.module_now(&head.api_name).cloned();
        ModuleWriter::new((self.ports.stores.clone(), self.org, &self.version), head, part, before, Cutting::STORED)
    }

    /// Begins a module whose rows are those of a stored version with changes; the version may be one that this session has written. The
    /// writer has all rows. Attachments follow; those of the stored version are known. Fails with `NotAmendable` if the module must be
    /// written as a whole.
    pub async fn amend(&self, base: &Module, head: ModuleHead, changes: Changes) -> Result<ModuleWriter, WriteError> {
        let objects = &self.ports.stores.objects;
        let stored = stored_module(&**objects, self.org, base).await?;
        let amendment = Amendment::new(&head, &stored.module, changes)?;
        let mut writer = self.module(head).knowing(&stored.module);
        amendment.write((objects.clone(), self.org), stored, &mut writer).await?;
        Ok(writer)
    }

    /// The version of a module that was current when the session began.
    pub fn module_now(&self, api_name: &str) -> Option<&Module> {
        self.before.iter().find(|module| module.api_name == api_name)
    }

    /// Makes the modules current, all at once, records the snapshot, and ends the session.
    pub async fn publish(self, modules: &[Module], now: DateTime<Utc>) -> Result<(), PortError> {
        let published = self.make_current(modules, now).await;
        let ended = self.abandon().await;
        published.and(ended)
    }

    /// Publishes modules that a platform writes, as [`Self::publish`] does, if nobody else has published one of them since the session began. Fails
    /// with `Conflict` otherwise; the session has ended then, too.
    pub async fn publish_if_unchanged(self, modules: &[Module], now: DateTime<Utc>) -> Result<(), PortError> {
        let published = match self.ports.catalogue.publish_over(self.org, modules, &self.before).await {
            Ok(()) => self.record(now).await,
            failed => failed,
        };
        let ended = self.abandon().await;
        published.and(ended)
    }

    async fn make_current(&self, modules: &[Module], now: DateTime<Utc>) -> Result<(), PortError> {
        match self.origin {
            Origin::Native => self.ports.catalogue.publish(self.org, modules).await?,
            Origin::Captured => self.ports.catalogue.publish_capture(self.org, modules).await?,
        }
        self.record(now).await
    }

    async fn record(&self, now: DateTime<Utc>) -> Result<(), PortError> {
        let objects = &*self.ports.stores.objects;
        write(objects, &keys::snapshot(self.org, &self.version), now, &self.current().await?).await
    }

    /// Ends the session. What it has written and not published is deleted by a later sweep.
    pub async fn abandon(self) -> Result<(), PortError> {
        abandon(&self.ports, self.org, &self.version).await
    }

    async fn current(&self) -> Result<Vec<Module>, PortError> {
        match self.origin {
            Origin::Native => self.ports.catalogue.modules(self.org).await,
            Origin::Captured => self.ports.catalogue.captured(self.org).await,
        }
    }
}

/// Ends a session that another process has begun, by its name, as [`Session::abandon`] does.
pub async fn abandon(ports: &SessionPorts, org: OrgId, version: &str) -> Result<(), PortError> {
    change(&*ports.leases, org, |leases| Ok(leases.release(version))).await.map(drop)
}

/// Keeps everything that snapshots consist of for a day, as a session does, for a holder that writes no snapshot. [`abandon`] ends it.
pub async fn keep(ports: &SessionPorts, org: OrgId, holder: &str, now: DateTime<Utc>) -> Result<(), PortError> {
    lease(ports, org, holder, now).await
}

/// Takes a lease, after the end of a sweep that is under way.
async fn lease(ports: &SessionPorts, org: OrgId, holder: &str, now: DateTime<Utc>) -> Result<(), PortError> {
    for _ in 0..LEASE_ATTEMPTS {
        if change(&*ports.leases, org, |leases| leases.take(holder, now + LEASE, now)).await?.is_some() {
            return Ok(());
        }
        tokio::time::sleep(LEASE_WAIT).await;
    }
    Err(PortError::new(ErrorKind::Unavailable, "write a snapshot while old ones are deleted"))
}
