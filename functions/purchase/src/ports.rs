//! Ports of the function.

use std::sync::Arc;

use hozon_shared::api::OncePorts;
use hozon_shared::ports::{Accounts, Clock, Ids, Ports, Purchases, Store};

/// The ports that the function uses.
#[derive(Clone)]
pub struct PurchasePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub accounts: Arc<dyn Accounts>,
    pub purchases: Arc<dyn Purchases>,
    pub once: OncePorts,
}

impl From<&Ports> for PurchasePorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let once = OncePorts::from(ports);
        let Ports { clock, ids, store, accounts, purchases, .. } = ports.clone();
        Self { clock, ids, store, accounts, purchases, once }
    }
}
