//! Webhook messages: signed, delivered in order, and retried until they arrive.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use aws_lc_rs::hmac;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::keys::StripeKeys;
use crate::state::{MessageDelivery, StripeState};

/// How long a receiver may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Waits between attempts, by the service's clock; the last one repeats.
const WAITS: [TimeDelta; 6] = [
    TimeDelta::seconds(1),
    TimeDelta::seconds(5),
    TimeDelta::seconds(30),
    TimeDelta::minutes(2),
    TimeDelta::minutes(10),
    TimeDelta::hours(1),
];

/// Why a message did not arrive.
#[derive(Debug, thiserror::Error)]
pub enum NotDelivered {
    #[error("the receiver did not answer")]
    NoAnswer(#[from] reqwest::Error),
    #[error("the receiver answered {0}")]
    Answer(u16),
}

/// Sends messages one after the other.
pub struct Sender {
    http: Client,
    key: hmac::Key,
    url: Mutex<Option<String>>,
    pub(crate) one_at_a_time: tokio::sync::Mutex<()>,
}

impl Sender {
    /// Creates a sender without a receiver.
    pub fn new(keys: &StripeKeys) -> Result<Self> {
        let http = Client::builder().redirect(Policy::none()).no_proxy().timeout(TIMEOUT).user_agent("Stripe/1.0").build()?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, keys.webhook_secret.as_bytes());
        Ok(Self { http, key, url: Mutex::default(), one_at_a_time: tokio::sync::Mutex::default() })
    }

    /// Sets the receiver's URL.
    pub fn set_url(&self, url: &str) {
        *self.url.lock().unwrap_or_else(PoisonError::into_inner) = Some(url.to_owned());
    }

    pub fn url(&self) -> Option<String> {
        self.url.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends a body with a signature for that time. Any answer but a success is an error.
    pub async fn post(&self, url: &str, body: String, now: DateTime<Utc>) -> Result<(), NotDelivered> {
        let signature = sign(&self.key, &body, now);
        let request = self.http.post(url).header("content-type", "application/json; charset=utf-8");
        let answer =
            request.header("stripe-signature", signature).body(body).send().await.map_err(reqwest::Error::without_url)?;
        let status = answer.status();
        if status.is_success() { Ok(()) } else { Err(NotDelivered::Answer(status.as_u16())) }
    }
}

fn sign(key: &hmac::Key, body: &str, now: DateTime<Utc>) -> String {
    let time = now.timestamp();
    let tag = hmac::sign(key, format!("{time}.{body}").as_bytes());
    format!("t={time},v1={}", hex::encode(tag))
}

impl StripeState {
    /// Returns the oldest pending message if it is due. Later messages wait for it, so that they arrive in order.
    pub fn next_message(&self, now: DateTime<Utc>) -> Option<(MessageDelivery, String)> {
        // A longer wait means that the clock was set back.
        let is_due = |delivery: &&MessageDelivery| delivery.next <= now || delivery.next - now > WAITS[WAITS.len() - 1];
        let delivery = self.deliveries.front().filter(is_due)?;
        let event = self.events.iter().find(|event| event.id == delivery.event)?;
        Some((delivery.clone(), serde_json::to_string(event).ok()?))
    }

    pub fn arrived(&mut self, id: &str) {
        self.deliveries.retain(|delivery| delivery.event != id);
        if let Some(event) = self.events.iter_mut().find(|event| event.id == id) {
            event.pending_webhooks = 0;
        }
    }

    pub fn failed(&mut self, id: &str, now: DateTime<Utc>) {
        if let Some(delivery) = self.deliveries.iter_mut().find(|delivery| delivery.event == id) {
            delivery.next = now + WAITS[delivery.tries.min(WAITS.len() - 1)];
            delivery.tries += 1;
        }
    }
}
