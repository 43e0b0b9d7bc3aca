//! The embedded stores: S3 on files behind a loopback port, because links lead there, and DynamoDB on SQLite without one.

use std::path::Path;

use anyhow::{Context, Result};
use dynoxide::Database;
use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access_events::AccessEvent;
use crate::s3::{self, Keys};
use crate::table;

/// The embedded stores.
pub struct Emulated {
    /// S3's URL.
    pub s3: String,
    /// DynamoDB: [`table::router`] answers its calls.
    pub database: Database,
    /// What is fetched from S3 with links.
    pub news: UnboundedReceiver<AccessEvent>,
    /// Where those come from.
    pub teller: WeakUnboundedSender<AccessEvent>,
}

/// Starts both on the files below `data`; S3 stops when `stop` is cancelled.
pub async fn start(data: &Path, keys: Keys, stop: &CancellationToken, tasks: &TaskTracker) -> Result<Emulated> {
    let (told, news) = unbounded_channel();
    let teller = told.downgrade();
    let s3 = s3::start(data, keys, told, stop, tasks).await.context("start the embedded S3")?;
    let database = table::open(&data.join(table::FILE)).context("start the embedded DynamoDB")?;
    Ok(Emulated { s3, database, news, teller })
}
