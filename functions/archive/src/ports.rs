//! Ports of the function.

use std::sync::Arc;

use hozon_shared::ending::EndingPorts;
use hozon_shared::ports::{
    Accounts, Clock, Connections, Drills, Ids, Objects, Ports, Progress, Schedules, Signer, Statements, Store, Uploads,
};
use hozon_shared::snapshots::retained::RetainedPorts;
use hozon_shared::snapshots::session::SessionPorts;

/// The ports that the function uses.
#[derive(Clone)]
pub struct ArchivePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub schedules: Arc<dyn Schedules>,
    pub accounts: Arc<dyn Accounts>,
    pub progress: Arc<dyn Progress>,
    pub objects: Arc<dyn Objects>,
    pub uploads: Arc<dyn Uploads>,
    pub session: SessionPorts,
    pub retained: RetainedPorts,
    pub connections: Arc<dyn Connections>,
    pub ending: EndingPorts,
    pub signer: Arc<dyn Signer>,
    pub statements: Arc<dyn Statements>,
    pub drills: Arc<dyn Drills>,
}

impl From<&Ports> for ArchivePorts {
    /// Selects the function's ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let (ending, session, retained) = (EndingPorts::from(ports), SessionPorts::from(ports), RetainedPorts::from(ports));
        let Ports { clock, ids, store, schedules, accounts, progress, objects, uploads, connections, .. } = ports.clone();
        let Ports { signer, statements, drills, .. } = ports.clone();
        Self {
            clock,
            ids,
            store,
            schedules,
            accounts,
            progress,
            objects,
            uploads,
            session,
            retained,
            connections,
            ending,
            signer,
            statements,
            drills,
        }
    }
}
