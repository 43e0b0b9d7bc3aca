//! Ports of the function.

use std::sync::Arc;

use hozon_shared::api::{ApiError, OncePorts};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::organisation::Caller;
use hozon_shared::looks::record_look;
use hozon_shared::ports::{Clock, Ids, Links, Objects, Ports, Store, Uploads};
use hozon_shared::snapshots::find::IdRanges;

/// The ports that the function uses.
#[derive(Clone)]
pub struct ExplorePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub objects: Arc<dyn Objects>,
    pub uploads: Arc<dyn Uploads>,
    pub links: Arc<dyn Links>,
    pub once: OncePorts,
    /// What calls have learned of blocks, for later calls.
    pub ranges: Arc<IdRanges>,
}

impl From<&Ports> for ExplorePorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let (once, ranges) = (OncePorts::from(ports), Arc::default());
        let Ports { clock, ids, store, objects, uploads, links, .. } = ports.clone();
        Self { clock, ids, store, objects, uploads, links, once, ranges }
    }
}

impl ExplorePorts {
    /// Records what a person is about to see. Nothing is shown if this fails.
    pub async fn look(&self, caller: &Caller, backup: BackupId, what: LookedAt) -> Result<(), ApiError> {
        Ok(record_look((&*self.clock, &*self.ids, &*self.store), caller, backup, what).await?)
    }
}
