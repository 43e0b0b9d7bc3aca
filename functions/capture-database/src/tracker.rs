//! Records how far a reader is, so that people can see it.

use std::time::Duration;

use hozon_shared::domain::progress::CaptureProgress;
use hozon_shared::domain::source::SourceModule;
use hozon_shared::ports::PortError;
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::ports::CapturePorts;
use crate::source::Run;

/// Least time between two records of a reader.
const EVERY: Duration = Duration::from_secs(2);

/// Tracks what one reader reads of its share.
pub(crate) struct Tracker<'a> {
    ports: &'a CapturePorts,
    run: Run,
    reader: u64,
    state: Mutex<State>,
}

struct State {
    read: CaptureProgress,
    recorded: Instant,
}

impl<'a> Tracker<'a> {
    /// Records that a reader begins, or goes on with, these modules. Reader 0 has all of them if there is no other.
    pub(crate) async fn begin<'m>(
        ports: &'a CapturePorts,
        run: Run,
        reader: u64,
        modules: impl Iterator<Item = &'m SourceModule>,
    ) -> Result<Self, PortError> {
        let of = |module: &SourceModule| CaptureProgress {
            total_modules: 1,
            expected_rows: module.estimated_rows.unwrap_or_default(),
            ..CaptureProgress::default()
        };
        let state = Mutex::new(State { read: modules.map(of).sum(), recorded: Instant::now() });
        let tracker = Self { ports, run, reader, state };
        tracker.record(tracker.state.lock().await.read).await?;
        Ok(tracker)
    }

    /// Adds records that were read.
    pub(crate) async fn add_rows(&self, rows: u64) -> Result<(), PortError> {
        self.add(CaptureProgress { rows, ..CaptureProgress::default() }).await
    }

    /// Adds a module that is stored.
    pub(crate) async fn add_module(&self) -> Result<(), PortError> {
        self.add(CaptureProgress { modules: 1, ..CaptureProgress::default() }).await
    }

    async fn add(&self, more: CaptureProgress) -> Result<(), PortError> {
        let mut state = self.state.lock().await;
        state.read = state.read + more;
        let is_last = state.read.modules == state.read.total_modules;
        if !is_last && state.recorded.elapsed() < EVERY {
            return Ok(());
        }
        state.recorded = Instant::now();
        self.record(state.read).await
    }

    async fn record(&self, read: CaptureProgress) -> Result<(), PortError> {
        let Run { org, backup } = self.run;
        self.ports.progress.record_capture((org, backup), self.reader, read, self.ports.clock.now()).await
    }
}
