//! Ports of the function.

use std::sync::Arc;

use hozon_shared::api::OncePorts;
use hozon_shared::erasing::ErasingPorts;
use hozon_shared::ports::{Clock, Erasures, Holds, Ids, Leases, Links, Marks, Objects, Ports, Signer, Statements, Store};

/// The ports that the function uses.
#[derive(Clone)]
pub struct ActivityPorts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub marks: Arc<dyn Marks>,
    pub objects: Arc<dyn Objects>,
    pub links: Arc<dyn Links>,
    pub signer: Arc<dyn Signer>,
    pub statements: Arc<dyn Statements>,
    pub ids: Arc<dyn Ids>,
    pub holds: Arc<dyn Holds>,
    pub leases: Arc<dyn Leases>,
    pub erasures: Arc<dyn Erasures>,
    pub erasing: ErasingPorts,
    pub once: OncePorts,
}

impl From<&Ports> for ActivityPorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, store, marks, objects, links, signer, statements, ids, holds, leases, erasures, .. } = ports.clone();
        let (erasing, once) = (ErasingPorts::from(ports), OncePorts::from(ports));
        Self { clock, store, marks, objects, links, signer, statements, ids, holds, leases, erasures, erasing, once }
    }
}
