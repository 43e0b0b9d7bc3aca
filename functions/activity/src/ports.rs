//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ports::{Clock, Links, Marks, Objects, Ports, Store};

/// The ports that the function uses.
#[derive(Clone)]
pub struct ActivityPorts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub marks: Arc<dyn Marks>,
    pub objects: Arc<dyn Objects>,
    pub links: Arc<dyn Links>,
}

impl From<&Ports> for ActivityPorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, store, marks, objects, links, .. } = ports.clone();
        Self { clock, store, marks, objects, links }
    }
}
