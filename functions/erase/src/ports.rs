//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ports::{
    Clock, ErasureKeys, Erasures, Holds, Ids, Objects, Ports, Secrets, Signer, Statements, Store, Versions,
};
use hozon_shared::snapshots::session::SessionPorts;

/// The ports that the function uses.
#[derive(Clone)]
pub struct ErasePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub secrets: Arc<dyn Secrets>,
    pub store: Arc<dyn Store>,
    pub objects: Arc<dyn Objects>,
    pub versions: Arc<dyn Versions>,
    pub holds: Arc<dyn Holds>,
    pub erasures: Arc<dyn Erasures>,
    pub keys: Arc<dyn ErasureKeys>,
    pub signer: Arc<dyn Signer>,
    pub statements: Arc<dyn Statements>,
    pub session: SessionPorts,
}

impl From<&Ports> for ErasePorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let session = SessionPorts::from(ports);
        let Ports { clock, ids, secrets, store, objects, versions, holds, erasures, erasure_keys: keys, .. } = ports.clone();
        let Ports { signer, statements, .. } = ports.clone();
        Self { clock, ids, secrets, store, objects, versions, holds, erasures, keys, signer, statements, session }
    }
}
