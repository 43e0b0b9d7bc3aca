//! Posts a webhook's message, only to addresses that may be called. Names are resolved here, so that the address that was checked is the
//! one that is called.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use hozon_shared::domain::webhook::{Addresses, Delivery, Webhook};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

const TIMEOUT: Duration = Duration::from_secs(10);

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// Taken: an answer of 200 to 299.
    Arrived,
    /// The receiver wants no more: 410.
    Gone,
    /// Anything else.
    Failed,
}

/// Posts messages.
#[derive(Clone)]
pub struct Post {
    client: Client,
    addresses: Addresses,
}

/// The name or address is none that may be called.
#[derive(Debug, thiserror::Error)]
#[error("the name has no address that may be called")]
struct NotAllowed;

struct Checked(Addresses);

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let addresses = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| addresses.allow(found.ip())).collect();
            if allowed.is_empty() {
                return Err(NotAllowed.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

impl Post {
    /// Posts to these addresses only; follows no redirect and uses no proxy.
    pub fn new(addresses: Addresses) -> Result<Self, reqwest::Error> {
        let resolver = Arc::new(Checked(addresses));
        let client = Client::builder().dns_resolver(resolver).redirect(Policy::none()).no_proxy().timeout(TIMEOUT);
        let client = client.https_only(addresses == Addresses::Public).user_agent("Hozon-Webhook/1").build()?;
        Ok(Self { client, addresses })
    }

    /// Posts a message once, signed for this instant.
    pub async fn attempt(&self, webhook: &Webhook, delivery: &Delivery, now: DateTime<Utc>) -> Attempt {
        let Some(url) = self.allowed(&webhook.url) else { return Attempt::Failed };
        let id = delivery.message_id();
        let signature = webhook.secret.sign(&id, now, &delivery.body);
        let request = self.client.post(url).header("content-type", "application/json").header("webhook-id", id);
        let request = request.header("webhook-timestamp", now.timestamp()).header("webhook-signature", signature);
        match request.body(delivery.body.clone()).send().await.map(|answer| answer.status().as_u16()) {
            Ok(200..=299) => Attempt::Arrived,
            Ok(410) => Attempt::Gone,
            Ok(status) => {
                tracing::info!(webhook.id = webhook.id.0, http.status = status, "a webhook did not take its message");
                Attempt::Failed
            }
            Err(error) => {
                // The error's text would name the address.
                let is_timeout = error.is_timeout();
                tracing::info!(webhook.id = webhook.id.0, timeout = is_timeout, "a webhook could not be reached");
                Attempt::Failed
            }
        }
    }

    /// The URL, unless its host is an address that may not be called: those do not pass through the resolver.
    fn allowed(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
        let is_refused = host.parse::<IpAddr>().is_ok_and(|address| !self.addresses.allow(address));
        (!is_refused).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_any_spelling_is_checked() {
        let post = Post::new(Addresses::Public).expect("a client");
        for url in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "no address",
        ] {
            assert!(post.allowed(url).is_none(), "{url}");
        }
        assert!(post.allowed("https://example.com/hook").is_some());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_private_address_has_no_address() {
        let resolve = async |addresses| {
            let found = Checked(addresses).resolve("localhost".parse().expect("a name")).await;
            found.map(Iterator::count).unwrap_or(0)
        };
        assert_eq!(resolve(Addresses::Public).await, 0);
        assert!(resolve(Addresses::Any).await > 0);
    }
}
