//! The port of the gateway.

use std::path::Path;

use anyhow::Result;
use hozon_emulator_host::listening::{bind, bind_as_before, with_url};
use tokio::net::TcpListener;

/// Listens on the gateway's port. The default port keeps bookmarks valid; another one is chosen only if the user did
/// not request a port. Any other port is stored, so that existing links keep working after a restart.
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
