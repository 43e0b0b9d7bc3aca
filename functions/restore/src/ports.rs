//! Ports of the function.

use std::sync::Arc;

use hozon_shared::api::OncePorts;
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ports::{Clock, Connections, Drills, ErasureKeys, Ids, Objects, Ports, Restores, Store, Workflow};

/// The ports that the function uses.
#[derive(Clone)]
pub struct RestorePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub restores: Arc<dyn Restores>,
    pub drills: Arc<dyn Drills>,
    pub connections: Arc<dyn Connections>,
    pub objects: Arc<dyn Objects>,
    pub erasure_keys: Arc<dyn ErasureKeys>,
    pub workflow: Arc<dyn Workflow>,
    pub once: OncePorts,
    /// How long a plan or a run may take.
    pub run_length: RunLength,
}

impl RestorePorts {
    /// Selects the function's ports from the common ones.
    pub fn new(ports: &Ports, run_length: RunLength) -> Self {
        let once = OncePorts::from(ports);
        let Ports { clock, ids, store, restores, drills, connections, objects, erasure_keys, workflow, .. } = ports.clone();
        Self { clock, ids, store, restores, drills, connections, objects, erasure_keys, workflow, once, run_length }
    }
}
