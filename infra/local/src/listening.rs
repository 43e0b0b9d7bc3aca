//! Where the gateway listens.

use std::path::Path;

use anyhow::Result;
use hozon_emulator_host::listening::{bind, bind_as_before, with_url};
use tokio::net::TcpListener;

/// Listens where the gateway does. The usual port makes bookmarks work; it is given up only when nobody asked for it. Any other port is
/// noted, so that links that were given out go on working after a restart.
pub async fn bind_gateway(port: Option<u16>, note: &Path) -> Result<(TcpListener, String)> {
    const USUAL: u16 = 4690;
    match port {
        None => match bind(USUAL).await {
            Ok(bound) => Ok(bound),
            Err(_) => with_url(bind_as_before(note).await?),
        },
        Some(0) => with_url(bind_as_before(note).await?),
        Some(port) => bind(port).await,
    }
}
