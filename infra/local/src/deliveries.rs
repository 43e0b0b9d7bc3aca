//! Delivers messages beside everything else, so that a slow webhook holds up neither the stream nor the clock: new ones when the stream has
//! them, and once a minute whatever is due.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_notify::Notify;
use hozon_shared::ports::Clock;
use serde_json::json;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use crate::ticker::is_due;

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// How often deliveries that are due are tried, as infra/template.yaml has it.
const TRY_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Tries deliveries.
#[derive(Clone)]
pub struct Deliveries {
    notify: Notify,
    clock: Arc<dyn Clock>,
    woken: watch::Sender<()>,
    tried: Arc<Mutex<DateTime<Utc>>>,
}

impl Deliveries {
    /// Nothing has been tried yet.
    pub fn new(notify: Notify, clock: Arc<dyn Clock>) -> Self {
        let tried = Arc::new(Mutex::new(DateTime::<Utc>::MIN_UTC));
        Self { notify, clock, woken: watch::Sender::new(()), tried }
    }

    /// Has new deliveries tried soon.
    pub fn wake(&self) {
        self.woken.send_replace(());
    }

    /// Tries deliveries until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let trying = async {
            let mut woken = self.woken.subscribe();
            loop {
                let is_woken = tokio::time::timeout(LOOK, woken.changed()).await.is_ok();
                let tried = *self.tried.lock().await;
                if is_woken || is_due(tried, self.clock.now(), TRY_EVERY) {
                    self.try_or_say_why().await;
                }
            }
        };
        // An attempt that is cut short is made again when it counts as failed.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = trying => {}
        }
    }

    /// Tries what is due, and waits for attempts that have begun.
    pub async fn try_due(&self) -> Result<()> {
        let mut tried = self.tried.lock().await;
        *tried = self.clock.now();
        self.notify.handle(json!({ "again": {} })).await?;
        Ok(())
    }

    /// The same, where nobody waits for the answer.
    pub async fn try_or_say_why(&self) {
        if let Err(error) = self.try_due().await {
            tracing::error!(error = format!("{error:#}"), "messages could not be delivered; tried again in a minute");
        }
    }
}
