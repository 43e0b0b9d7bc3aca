//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ending::EndingPorts;
use hozon_shared::erasing::ErasingPorts;
use hozon_shared::ports::{Clock, Drills, Erasures, Ids, Ports, Restores, Schedules, Store, Workflow};

/// The ports that the function uses.
#[derive(Clone)]
pub struct TriggerPorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub schedules: Arc<dyn Schedules>,
    pub workflow: Arc<dyn Workflow>,
    pub ending: EndingPorts,
    pub erasures: Arc<dyn Erasures>,
    pub erasing: ErasingPorts,
    pub restores: Arc<dyn Restores>,
    pub drills: Arc<dyn Drills>,
}

impl From<&Ports> for TriggerPorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, ids, store, schedules, workflow, erasures, restores, drills, .. } = ports.clone();
        let (ending, erasing) = (EndingPorts::from(ports), ErasingPorts::from(ports));
        Self { clock, ids, store, schedules, workflow, ending, erasures, erasing, restores, drills }
    }
}
