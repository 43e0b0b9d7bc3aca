//! Ports of the function.

use std::sync::Arc;
use std::time::Duration;

use hozon_connectors::Connectors;
use hozon_shared::domain::connection::CapturedBy;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::ports::{Captures, Clock, Connections, Credentials, Ids, Objects, Ports, Progress, Store};
use hozon_shared::snapshots::session::SessionPorts;
use tokio_util::sync::CancellationToken;

/// The ports that the function uses.
#[derive(Clone)]
pub struct CapturePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub progress: Arc<dyn Progress>,
    pub captures: Arc<dyn Captures>,
    pub connections: Arc<dyn Connections>,
    pub credentials: Arc<dyn Credentials>,
    pub objects: Arc<dyn Objects>,
    pub session: SessionPorts,
    pub connectors: Connectors,
    pub profiles: Arc<Profiles>,
    /// How long a call should last; `None` where nothing limits it.
    pub call_time: Option<Duration>,
    /// What this process is. A service leaves to the program what that captures; a program captures everything.
    pub runs_as: CapturedBy,
    /// Ends a capture early, without a failure.
    pub stop: CancellationToken,
}

impl CapturePorts {
    /// Selects the function's ports from the common ones, for the service. Calls last as long as they need.
    pub fn new(ports: &Ports, connectors: Connectors, profiles: Arc<Profiles>) -> Self {
        let session = SessionPorts::from(ports);
        let Ports { clock, ids, store, progress, captures, connections, credentials, objects, .. } = ports.clone();
        Self {
            clock,
            ids,
            store,
            progress,
            captures,
            connections,
            credentials,
            objects,
            session,
            connectors,
            profiles,
            call_time: None,
            runs_as: CapturedBy::Service,
            stop: CancellationToken::new(),
        }
    }
}
