//! Ports of the function.

use std::sync::Arc;

use hozon_shared::api::OncePorts;
use hozon_shared::ports::{Clock, Ids, Links, Objects, Ports, Store};

/// The ports that the function uses.
#[derive(Clone)]
pub struct DownloadPorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub objects: Arc<dyn Objects>,
    pub links: Arc<dyn Links>,
    pub once: OncePorts,
}

impl From<&Ports> for DownloadPorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let once = OncePorts::from(ports);
        let Ports { clock, ids, store, objects, links, .. } = ports.clone();
        Self { clock, ids, store, objects, links, once }
    }
}
