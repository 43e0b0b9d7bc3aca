//! Ports of the function.

use std::sync::Arc;
use std::time::Duration;

use hozon_capture_database::CapturePorts;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::{Clock, Connections, Drills, ErasureKeys, Ids, Objects, Ports, Restores, Store};
use hozon_shared::snapshots::native::NativeWriter;
use hozon_shared::snapshots::session::SessionPorts;
use tokio::time::{Instant, timeout_at};

/// The ports that the function uses.
#[derive(Clone)]
pub struct WriteBackPorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub restores: Arc<dyn Restores>,
    pub drills: Arc<dyn Drills>,
    pub objects: Arc<dyn Objects>,
    pub erasure_keys: Arc<dyn ErasureKeys>,
    pub connections: Arc<dyn Connections>,
    pub session: SessionPorts,
    /// Captures the CRM when a restore is planned. Its connectors write, too.
    pub capture: CapturePorts,
}

impl WriteBackPorts {
    /// Selects the function's ports from the common ones. Calls last as long as those of `capture`.
    pub fn new(ports: &Ports, capture: CapturePorts) -> Self {
        let session = SessionPorts::from(ports);
        let Ports { clock, ids, store, restores, drills, objects, erasure_keys, connections, .. } = ports.clone();
        Self { clock, ids, store, restores, drills, objects, erasure_keys, connections, session, capture }
    }

    /// What writes into the native store of an organisation.
    pub(crate) fn native_writer(&self, org: OrgId) -> NativeWriter {
        let (session, clock, ids) = (self.session.clone(), self.clock.clone(), self.ids.clone());
        NativeWriter { session, clock, ids, org, ranges: Arc::default() }
    }

    /// The time of a call that begins now.
    pub(crate) fn time(&self) -> CallEnd {
        CallEnd::after(self.capture.call_time)
    }
}

/// When a call should end; never where nothing limits it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CallEnd(Option<Instant>);

impl CallEnd {
    fn after(limit: Option<Duration>) -> Self {
        Self(limit.map(|limit| Instant::now() + limit))
    }

    /// Waits for work until the call should end. `None` if it has not ended by then.
    pub(crate) async fn limit<T>(self, work: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            Some(end) => timeout_at(end, work).await.ok(),
            None => Some(work.await),
        }
    }

    /// Whether the call should end.
    pub(crate) fn is_over(self) -> bool {
        self.0.is_some_and(|end| Instant::now() >= end)
    }
}
