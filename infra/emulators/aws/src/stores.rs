//! The emulated stores: S3 on files behind a loopback port, to which links point, and DynamoDB on SQLite without a
//! port.

use std::path::Path;

use anyhow::{Context, Result};
use dynoxide::Database;
use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access_events::AccessEvent;
use crate::s3::{self, AccessKeys};
use crate::table;

/// The running stores.
pub struct Emulated {
    /// URL of S3.
    pub s3: String,
    /// The DynamoDB database; [`table::router`] answers its calls.
    pub database: Database,
    /// Requests to S3 through links.
    pub accesses: UnboundedReceiver<AccessEvent>,
    /// Sender of those requests.
    pub access_sender: WeakUnboundedSender<AccessEvent>,
}

/// Starts both emulators on the files below `data`. S3 stops when `stop` is cancelled.
pub async fn start(data: &Path, keys: AccessKeys, stop: &CancellationToken, tasks: &TaskTracker) -> Result<Emulated> {
    let (sender, accesses) = unbounded_channel();
    let access_sender = sender.downgrade();
    let s3 = s3::start(data, keys, sender, stop, tasks).await.context("start the S3 emulator")?;
    let database = table::open(&data.join(table::FILE)).context("start the DynamoDB emulator")?;
    Ok(Emulated { s3, database, accesses, access_sender })
}
