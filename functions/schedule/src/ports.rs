//! Ports of the function.

use std::sync::Arc;

use hozon_shared::api::OncePorts;
use hozon_shared::ending::EndingPorts;
use hozon_shared::ports::{
    Accounts, Captures, Catalogue, Clock, Connections, Ids, Marks, Ports, Progress, Purchases, Schedules, Secrets, Store,
    Webhooks, Workflow,
};

/// The ports that the function uses.
#[derive(Clone)]
pub struct SchedulePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub secrets: Arc<dyn Secrets>,
    pub store: Arc<dyn Store>,
    pub schedules: Arc<dyn Schedules>,
    pub accounts: Arc<dyn Accounts>,
    pub purchases: Arc<dyn Purchases>,
    pub progress: Arc<dyn Progress>,
    pub captures: Arc<dyn Captures>,
    pub marks: Arc<dyn Marks>,
    pub webhooks: Arc<dyn Webhooks>,
    pub workflow: Arc<dyn Workflow>,
    pub connections: Arc<dyn Connections>,
    pub catalogue: Arc<dyn Catalogue>,
    pub once: OncePorts,
    pub ending: EndingPorts,
}

impl From<&Ports> for SchedulePorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let (once, ending) = (OncePorts::from(ports), EndingPorts::from(ports));
        let Ports {
            clock,
            ids,
            secrets,
            store,
            schedules,
            accounts,
            purchases,
            progress,
            captures,
            marks,
            webhooks,
            workflow,
            connections,
            catalogue,
            ..
        } = ports.clone();
        Self {
            clock,
            ids,
            secrets,
            store,
            schedules,
            accounts,
            purchases,
            progress,
            captures,
            marks,
            webhooks,
            workflow,
            connections,
            catalogue,
            once,
            ending,
        }
    }
}
