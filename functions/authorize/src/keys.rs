//! The issuer's signing keys. They are fetched on demand and cached for an hour. The issuer is asked at most once a
//! minute, whatever key ids tokens contain and whether or not it answers. While it does not answer, the last known keys
//! stay in use.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::telemetry::Causes;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

const KEPT: TimeDelta = TimeDelta::hours(1);
const PAUSE: TimeDelta = TimeDelta::minutes(1);
const TIMEOUT: Duration = Duration::from_secs(5);

/// Error returned when the issuer does not answer and the requested key is not among the known ones.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the issuer's keys cannot be fetched")]
pub struct KeysUnavailable;

/// A cache of the issuer's key set.
pub struct IssuerKeys {
    url: String,
    http: reqwest::Client,
    cached: Mutex<Cached>,
}

#[derive(Default)]
struct Cached {
    keys: Vec<Jwk>,
    /// When these keys were fetched.
    fetched: Option<DateTime<Utc>>,
    /// When the issuer was last asked.
    asked: Option<DateTime<Utc>>,
}

/// Keys of unknown kinds are skipped and do not invalidate the set (RFC 7517 section 5).
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

impl IssuerKeys {
    pub fn new(url: String) -> Self {
        Self { http: client(&url), url, cached: Mutex::default() }
    }

    /// Returns the key with that id, or `None` if the issuer has no such key.
    pub async fn find(&self, id: &str, now: DateTime<Utc>) -> Result<Option<Jwk>, KeysUnavailable> {
        let mut cached = self.cached.lock().await;
        let is_known = cached.find(id).is_some() && is_within(KEPT, cached.fetched, now);
        if !is_known && !is_within(PAUSE, cached.asked, now) {
            cached.asked = Some(now);
            match self.fetch().await {
                Ok(keys) => *cached = Cached { keys, fetched: Some(now), asked: Some(now) },
                Err(error) => {
                    tracing::error!(error = %Causes(&error), "the issuer's keys cannot be fetched; those it gave last go on being used");
                }
            }
        }
        let has_answered = cached.fetched.is_some() && cached.fetched == cached.asked;
        match cached.find(id) {
            None if !has_answered => Err(KeysUnavailable),
            found => Ok(found.cloned()),
        }
    }

    async fn fetch(&self) -> Result<Vec<Jwk>, reqwest::Error> {
        let answer = self.http.get(&self.url).timeout(TIMEOUT).send().await?;
        let set: KeySet = answer.error_for_status()?.json().await?;
        Ok(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }
}

impl Cached {
    fn find(&self, id: &str) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.common.key_id.as_deref() == Some(id))
    }
}

fn is_within(span: TimeDelta, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    since.is_some_and(|since| (now - since).abs() < span)
}

/// Creates a client for the URL. A remote issuer may be behind the proxy that the environment names; a local one is
/// not.
fn client(url: &str) -> reqwest::Client {
    let client = reqwest::Client::builder();
    let client = if is_loopback(url) { client.no_proxy() } else { client };
    client.build().unwrap_or_default()
}

fn is_loopback(url: &str) -> bool {
    let url = reqwest::Url::parse(url).ok();
    let host = url.as_ref().and_then(reqwest::Url::host_str).unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_loopback() {
        for near in ["http://127.0.0.1:4690/keys", "http://[::1]:80/", "http://localhost/"] {
            assert!(is_loopback(near), "{near}");
        }
        for far in ["https://issuer.example/keys", "https://127.0.0.1.example/", "https://10.0.0.1/", "nothing"] {
            assert!(!is_loopback(far), "{far}");
        }
    }
}
