//! Ports of the function.

use std::sync::Arc;
use std::time::Duration;

use hozon_connectors::Connectors;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::ports::{Clock, Connections, Credentials, Ids, Objects, Ports, Progress, Store};
use hozon_shared::snapshots::session::SessionPorts;

/// The ports that the function uses.
#[derive(Clone)]
pub struct CapturePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub progress: Arc<dyn Progress>,
    pub connections: Arc<dyn Connections>,
    pub credentials: Arc<dyn Credentials>,
    pub objects: Arc<dyn Objects>,
    pub session: SessionPorts,
    pub connectors: Connectors,
    pub profiles: Arc<Profiles>,
    /// How long a call should last; `None` where nothing limits it.
    pub call_time: Option<Duration>,
}

impl CapturePorts {
    /// Selects the function's ports from the common ones. Calls last as long as they need.
    pub fn new(ports: &Ports, connectors: Connectors, profiles: Arc<Profiles>) -> Self {
        let session = SessionPorts::from(ports);
        let Ports { clock, ids, store, progress, connections, credentials, objects, .. } = ports.clone();
        Self { clock, ids, store, progress, connections, credentials, objects, session, connectors, profiles, call_time: None }
    }
}
