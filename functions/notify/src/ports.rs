//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ports::{Clock, DeadLetters, Links, Mailer, Outbox, Ports, Schedules, Store, Webhooks};

/// The ports that the function uses.
#[derive(Clone)]
pub struct NotifyPorts {
    pub clock: Arc<dyn Clock>,
    pub store: Arc<dyn Store>,
    pub schedules: Arc<dyn Schedules>,
    pub webhooks: Arc<dyn Webhooks>,
    pub outbox: Arc<dyn Outbox>,
    pub links: Arc<dyn Links>,
    pub mailer: Arc<dyn Mailer>,
    pub failures: Arc<dyn DeadLetters>,
}

impl NotifyPorts {
    /// Selects the function's ports from the common ones.
    pub fn new(ports: Ports, mailer: Arc<dyn Mailer>, failures: Arc<dyn DeadLetters>) -> Self {
        let Ports { clock, store, schedules, webhooks, outbox, links, .. } = ports;
        Self { clock, store, schedules, webhooks, outbox, links, mailer, failures }
    }
}
