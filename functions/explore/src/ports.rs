//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ports::{Clock, Objects, Ports, Store};

/// The ports that the function uses.
#[derive(Clone)]
pub struct ExplorePorts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub objects: Arc<dyn Objects>,
}

impl From<&Ports> for ExplorePorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, store, objects, .. } = ports.clone();
        Self { clock, store, objects }
    }
}
