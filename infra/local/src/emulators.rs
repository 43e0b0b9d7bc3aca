//! The embedded stores: S3 on files behind a loopback port, because links lead there, and DynamoDB on SQLite without one.

use std::path::Path;

use anyhow::{Context, Result};
use dynoxide::Database;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access_events::AccessEvent;
use crate::s3;
use crate::table;

pub use crate::s3::{Allowed, Keys};
pub use crate::table::{PATH as TABLE_PATH, TABLE, router as table_router};

/// The bucket of zips and work objects.
pub const ARCHIVES_BUCKET: &str = "archives";
/// The native CRM store's bucket.
pub const CRM_BUCKET: &str = "crm";

/// The embedded stores.
pub struct Emulated {
    /// S3's URL.
    pub s3: String,
    /// DynamoDB: [`table_router`] answers its calls.
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

/// Listens where it did last time, so that links that were given out go on working; on a free port where that one is taken.
pub async fn bind_as_before(note: &Path) -> Result<TcpListener> {
    let before = std::fs::read_to_string(note).ok().and_then(|port| port.trim().parse::<u16>().ok());
    if let Some(port) = before {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => tracing::warn!(port, %error, "the port of earlier links is taken; they do not work until it is free"),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    if before.is_none() {
        std::fs::write(note, listener.local_addr()?.port().to_string())?;
    }
    Ok(listener)
}
