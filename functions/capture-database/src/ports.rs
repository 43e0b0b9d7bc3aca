//! Ports of the function.

use std::sync::Arc;

use hozon_connectors::Connectors;
use hozon_shared::ports::{Catalogue, Clock, Connections, Credentials, Ids, Objects, Ports, Progress, Uploads};

/// The ports that the function uses.
#[derive(Clone)]
pub struct CapturePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub progress: Arc<dyn Progress>,
    pub connections: Arc<dyn Connections>,
    pub credentials: Arc<dyn Credentials>,
    pub catalogue: Arc<dyn Catalogue>,
    pub objects: Arc<dyn Objects>,
    pub uploads: Arc<dyn Uploads>,
    pub connectors: Connectors,
}

impl CapturePorts {
    /// Selects the function's ports from the common ones.
    pub fn new(ports: &Ports, connectors: Connectors) -> Self {
        let Ports { clock, ids, progress, connections, credentials, catalogue, objects, uploads, .. } = ports.clone();
        Self { clock, ids, progress, connections, credentials, catalogue, objects, uploads, connectors }
    }
}
