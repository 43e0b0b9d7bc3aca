//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ports::{Ids, Ports, Store};

/// The ports that the function uses.
#[derive(Clone)]
pub struct AccessPorts {
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
}

impl From<&Ports> for AccessPorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { ids, store, .. } = ports.clone();
        Self { ids, store }
    }
}
