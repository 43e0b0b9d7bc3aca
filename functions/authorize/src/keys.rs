//! The issuer's keys, fetched when they are needed and kept for an hour. A key that is not among them makes them be fetched again, at
//! most once a minute, so that made-up key ids cannot be used to flood the issuer.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use tokio::sync::Mutex;

const KEPT: TimeDelta = TimeDelta::hours(1);
const PAUSE: TimeDelta = TimeDelta::minutes(1);
const TIMEOUT: Duration = Duration::from_secs(5);

/// The keys cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("the issuer's keys cannot be fetched")]
pub struct KeysUnavailable(#[source] reqwest::Error);

/// A cache of one key set.
pub struct Keys {
    url: String,
    http: reqwest::Client,
    cached: Mutex<Option<Cached>>,
}

struct Cached {
    set: JwkSet,
    at: DateTime<Utc>,
}

impl Keys {
    pub fn new(url: String) -> Self {
        Self { url, http: reqwest::Client::new(), cached: Mutex::new(None) }
    }

    /// The key with that id; `None` when the issuer has none.
    pub async fn find(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Jwk>, KeysUnavailable> {
        let mut cached = self.cached.lock().await;
        if let Some(kept) = cached.as_ref().filter(|kept| now - kept.at < KEPT) {
            let known = kept.set.find(id).cloned();
            if known.is_some() || now - kept.at < PAUSE {
                return Ok(known);
            }
        }
        let set = self.fetch().await.map_err(KeysUnavailable)?;
        let known = set.find(id).cloned();
        *cached = Some(Cached { set, at: now });
        Ok(known)
    }

    async fn fetch(&self) -> Result<JwkSet, reqwest::Error> {
        let answer = self.http.get(&self.url).timeout(TIMEOUT).send().await?;
        answer.error_for_status()?.json().await
    }
}
