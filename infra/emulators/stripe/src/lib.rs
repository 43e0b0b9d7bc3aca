//! A small Stripe: the calls of the REST API that the functions make, the hosted pages, renewals by the clock, and
//! signed messages. Its state is one file. Nothing here is Hozon's: it knows customers, sessions and subscriptions, not orders.
//!
//! Left out, and refused where it is asked for: proration other than a credit at the end, prices that are not monthly, quantities of
//! subscriptions that change, coupons, taxes, and payments that come later than the buyer's work.

#![allow(missing_docs, reason = "the fields are Stripe's, and documented there")]

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

/// Who may call the server, and how its messages are signed.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Keys {
    /// The secret API key.
    pub api_key: String,
    /// What messages are signed with.
    pub webhook_secret: String,
}

/// The server.
#[derive(Clone)]
pub struct StripeServer(Arc<Inner>);

struct Inner {
    path: PathBuf,
    /// Its own address, without a slash at its end.
    url: String,
    keys: Keys,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    state: Mutex<State>,
    /// Makes names that nobody can guess.
    names: hmac::Key,
    sender: Sender,
    /// Told when there is something to send.
    woken: Notify,
}

impl StripeServer {
    /// Goes on with the state in that file; one that is not there is an empty state. `url` is where `router` will be served.
    pub fn open(path: &Path, url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>, keys: Keys) -> Result<Self> {
        let state = Mutex::new(State::load(path)?);
        let sender = Sender::new(&keys)?;
        let names = hmac::Key::new(hmac::HMAC_SHA256, keys.api_key.as_bytes());
        let (path, url) = (path.to_owned(), url.to_owned());
        Ok(Self(Arc::new(Inner { path, url, keys, clock, ids, state, names, sender, woken: Notify::new() })))
    }

    /// Its own address.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The API and the pages.
    pub fn router(&self) -> Router {
        let routes = api::router(self.clone()).merge(pages::router(self.clone()));
        routes.layer(middleware::from_fn_with_state(origins::AllowedHosts::default(), origins::own_pages))
    }

    /// Where messages go from now on; until this is called they wait.
    pub fn set_webhook_url(&self, url: &str) {
        self.0.sender.set_url(url);
        self.0.woken.notify_one();
    }

    /// Does what the clock has made due, and sends what is to be sent.
    pub async fn tick(&self) {
        let is_due = self.lock().is_due(self.0.clock.now());
        if is_due && let Err(error) = self.change(|_| Ok(())) {
            tracing::error!(error = %Causes(&error), "renewals wait for the next look at the clock");
        }
        self.send().await;
    }

    /// Sends messages as soon as there are any, until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let sending = async {
            loop {
                self.0.woken.notified().await;
                self.send().await;
            }
        };
        // A message that is cut short is sent again at the next start.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = sending => {}
        }
    }

    /// Changes the state after what the clock has made due. What is refused, or cannot be kept, has changed nothing.
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
