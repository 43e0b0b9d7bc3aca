//! The tasks and servers that run beside the one that has started them, and the signal that stops them.

use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use hozon_emulator_host::listening;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long requests in progress may take at shutdown.
const GRACE: Duration = Duration::from_secs(10);

/// Everything that runs in the background. A stop waits for the tasks that `tasks` tracks.
#[derive(Default)]
pub struct Background {
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
}

impl Background {
    /// Serves until the stop.
    pub fn serve(&self, listener: TcpListener, router: Router) {
        listening::serve(listener, router, &self.stop, &self.tasks);
    }

    /// Stops all tasks. Fails if one of them does not end in time.
    pub async fn stop(self) -> Result<()> {
        self.stop.cancel();
        self.tasks.close();
        tokio::time::timeout(GRACE, self.tasks.wait()).await.context("some requests did not end in time")
    }
}
