//! The running server. A lock guards its state, everything due is applied before each change, and messages are sent in
//! order.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use aws_lc_rs::hmac;
use hozon_shared::ports::{Clock, Ids};
use hozon_shared::telemetry::Causes;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::deliveries::Sender;
use crate::error::RequestError;
use crate::keys::StripeKeys;
use crate::state::{StripeState, Transaction};

/// The Stripe server.
#[derive(Clone)]
pub struct StripeServer(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) path: PathBuf,
    /// URL of the server, without a trailing slash.
    pub(crate) url: String,
    pub(crate) keys: StripeKeys,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) state: Mutex<StripeState>,
    /// Creates names that nobody can guess.
    pub(crate) names: hmac::Key,
    pub(crate) sender: Sender,
    /// Notified when there is something to send.
    pub(crate) woken: Notify,
}

impl StripeServer {
    /// Opens the server with the state in a file; an absent file is an empty state. `router` will be served at `url`.
    pub fn open(path: &Path, url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, keys: StripeKeys) -> Result<Self> {
        let state = Mutex::new(StripeState::load(path)?);
        let sender = Sender::new(&keys)?;
        let names = hmac::Key::new(hmac::HMAC_SHA256, keys.api_key.as_bytes());
        let (path, url) = (path.to_owned(), url.to_owned());
        Ok(Self(Arc::new(Inner { path, url, keys, clock, ids, state, names, sender, woken: Notify::new() })))
    }

    /// The server's own URL.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Sets the URL of webhook messages. Messages wait until this is called.
    pub fn set_webhook_url(&self, url: &str) {
        self.0.sender.set_url(url);
        self.0.woken.notify_one();
    }

    /// Does everything that is due, and sends pending messages.
    pub async fn tick(&self) {
        let is_due = self.lock().is_due(self.0.clock.now());
        if is_due && let Err(error) = self.change(|_| Ok(())) {
            tracing::error!(error = %Causes(&error), "renewals wait for the next look at the clock");
        }
        self.send().await;
    }

    /// Sends messages as they arise, until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let sending = async {
            loop {
                self.0.woken.notified().await;
                self.send().await;
            }
        };
        // An interrupted message is sent again at the next start.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = sending => {}
        }
    }

    /// Applies a change after everything that is due. A change that is rejected or cannot be stored has no effect.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut Transaction<'_>) -> Result<T, RequestError>) -> Result<T, RequestError> {
        let now = self.0.clock.now();
        let mut kept = self.lock();
        let mut state = kept.clone();
        state.forget(now);
        let (url, ids, names) = (&*self.0.url, &*self.0.ids, &self.0.names);
        let mut work = Transaction { state: &mut state, now, url, ids, names };
        work.catch_up();
        let done = act(&mut work)?;
        state.save(&self.0.path)?;
        *kept = state;
        drop(kept);
        self.0.woken.notify_one();
        Ok(done)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, StripeState> {
        self.0.state.lock().expect("nothing panics while it is held")
    }
}

impl StripeServer {
    /// Sends the messages that are due, up to the first one that does not arrive.
    async fn send(&self) {
        let sender = &self.0.sender;
        let _turn = sender.one_at_a_time.lock().await;
        let Some(url) = sender.url() else { return };
        loop {
            let next = self.lock().next_message(self.0.clock.now());
            let Some((delivery, body)) = next else { return };
            // Signed as late as possible, because the receiver accepts it for five minutes of the same clock.
            let posted = sender.post(&url, body, self.0.clock.now()).await;
            let kept = self.change(|work| {
                match posted {
                    Ok(()) => work.state.arrived(&delivery.event),
                    Err(_) => work.state.failed(&delivery.event, work.now),
                }
                Ok(())
            });
            if let Err(error) = kept {
                tracing::error!(error = %Causes(&error), "a payment's message may be sent again");
                return;
            }
            if let Err(error) = posted {
                let (id, tries) = (delivery.event, delivery.tries + 1);
                tracing::info!(event.id = id, tries, error = %Causes(&error), "a payment message did not arrive");
            }
        }
    }
}
