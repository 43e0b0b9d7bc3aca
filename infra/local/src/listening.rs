//! Listening and serving on loopback.

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::emulators::bind_as_before;

/// Listens on a port of this machine; 0 takes any that is free. Gives the address too, without a slash at its end.
pub async fn bind(port: u16) -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("listen on port {port}"))?;
    with_url(listener)
}

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

fn with_url(listener: TcpListener) -> Result<(TcpListener, String)> {
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves until it is stopped; requests under way are answered first.
pub fn serve(listener: TcpListener, router: Router, stop: &CancellationToken, tasks: &TaskTracker) {
    let stopped = stop.clone().cancelled_owned();
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection answers slowly");
        }
    });
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(%error, "a server stopped");
        }
    });
}
