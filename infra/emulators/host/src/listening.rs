//! Listening and serving on loopback.

use std::path::Path;

use anyhow::{Context, Result};
use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Listens on a loopback port; 0 selects a free one. Also returns the URL, without a trailing slash.
pub async fn bind(port: u16) -> Result<(TcpListener, String)> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await.with_context(|| format!("listen on port {port}"))?;
    with_url(listener)
}

/// Listens on the same port as last time, so that existing links keep working, or on a free port if that one is taken.
pub async fn bind_as_before(note: &Path) -> Result<TcpListener> {
    let before = std::fs::read_to_string(note).ok().and_then(|port| port.trim().parse::<u16>().ok());
    if let Some(port) = before {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => tracing::warn!(
                port,
                error = error.to_string(),
                "the port of earlier links is taken; they do not work until it is free"
            ),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    if before.is_none() {
        std::fs::write(note, listener.local_addr()?.port().to_string())?;
    }
    Ok(listener)
}

/// Returns the listener with its URL.
pub fn with_url(listener: TcpListener) -> Result<(TcpListener, String)> {
    let url = format!("http://{}", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves until it is stopped. Requests in progress are answered first.
pub fn serve(listener: TcpListener, router: Router, stop: &CancellationToken, tasks: &TaskTracker) {
    let stopped = stop.clone().cancelled_owned();
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(error = error.to_string(), "a connection answers slowly");
        }
    });
    tasks.spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stopped).await {
            tracing::error!(error = error.to_string(), "a server stopped");
        }
    });
}
