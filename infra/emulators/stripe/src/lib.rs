//! A Stripe emulator. It answers the REST calls that the functions make, serves the hosted pages, renews subscriptions
//! by the clock, and sends signed webhook messages. Its state is one file. It knows nothing about Hozon: customers,
//! sessions and subscriptions, but no orders.
//!
//! Not supported, and rejected when requested: proration other than a credit at the end, prices that are not monthly,
//! changing quantities of subscriptions, coupons, taxes, and asynchronous payments.

mod api;
mod cards;
mod charges;
mod checkouts;
mod deliveries;
mod error;
mod form;
mod objects;
mod pages;
mod renewals;
mod state;
mod subscriptions;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use anyhow::Result;
use aws_lc_rs::hmac;
use axum::{Router, middleware};
use hozon_emulator_host::origins;
use hozon_shared::ports::{Clock, Ids};
use hozon_shared::telemetry::Causes;
use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use deliveries::Sender;
use error::Refusal;
use state::{State, Work};

/// Keys of the server.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Keys {
    /// Secret API key.
    pub api_key: String,
    /// Secret that signs webhook messages.
    pub webhook_secret: String,
}

/// The Stripe server.
#[derive(Clone)]
pub struct StripeServer(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// Its own URL, without a trailing slash.
    url: String,
    keys: Keys,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    state: Mutex<State>,
    /// Creates names that nobody can guess.
    names: hmac::Key,
    sender: Sender,
    /// Notified when there is something to send.
    woken: Notify,
}

impl StripeServer {
    /// Opens the server with the state in a file; an absent file is an empty state. `router` will be served at `url`.
    pub fn open(path: &Path, url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, keys: Keys) -> Result<Self> {
        let state = Mutex::new(State::load(path)?);
        let sender = Sender::new(&keys)?;
        let names = hmac::Key::new(hmac::HMAC_SHA256, keys.api_key.as_bytes());
        let (path, url) = (path.to_owned(), url.to_owned());
        Ok(Self(Arc::new(Inner { path, url, keys, clock, ids, state, names, sender, woken: Notify::new() })))
    }

    /// The server's own URL.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Returns the routes of the API and the hosted pages.
    pub fn router(&self) -> Router {
        let routes = api::router(self.clone()).merge(pages::router(self.clone()));
        routes.layer(middleware::from_fn_with_state(origins::AllowedHosts::default(), origins::own_pages))
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
    fn change<T>(&self, act: impl FnOnce(&mut Work<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let now = self.0.clock.now();
        let mut kept = self.lock();
        let mut state = kept.clone();
        state.forget(now);
        let (url, ids, names) = (&*self.0.url, &*self.0.ids, &self.0.names);
        let mut work = Work { state: &mut state, now, url, ids, names };
        work.catch_up();
        let done = act(&mut work)?;
        state.save(&self.0.path)?;
        *kept = state;
        drop(kept);
        self.0.woken.notify_one();
        Ok(done)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().expect("nothing panics while it is held")
    }
}

#[cfg(test)]
mod tests;
