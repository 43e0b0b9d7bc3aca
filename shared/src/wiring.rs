//! The ports of a function, wired to AWS.

use std::sync::Arc;

use crate::aws::Aws;
use crate::ports::{Ports, RandomIds, SystemClock, SystemSecrets};

impl Aws {
    /// Creates the ports that most functions use, with the system clock.
    pub fn ports(&self) -> Ports {
        let (table, objects) = (self.table(), self.objects());
        let (credentials, tokens) = self.credentials();
        Ports {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds::default()),
            secrets: Arc::new(SystemSecrets),
            store: table.clone(),
            schedules: table.clone(),
            accounts: table.clone(),
            purchases: table.clone(),
            progress: table.clone(),
            marks: table.clone(),
            outbox: table.clone(),
            webhooks: table.clone(),
            requests: table.clone(),
            captures: table.clone(),
            catalogue: table.clone(),
            objects: objects.clone(),
            uploads: objects.clone(),
            versions: objects,
            links: self.links(),
            workflow: self.workflow(),
            leases: table.clone(),
            connections: table.clone(),
            credentials,
            consents: table.clone(),
            tokens,
            credits: table.clone(),
            signer: self.signer(),
            statements: table.clone(),
            holds: table.clone(),
            restores: table.clone(),
            drills: table.clone(),
            erasures: table,
            erasure_keys: self.erasure_keys(),
        }
    }
}
