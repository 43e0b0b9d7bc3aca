//! Posts messages to webhooks, and only to permitted addresses. Names are resolved here, so that the checked address
//! is the one that is called.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::webhook::Webhook;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};

const TIMEOUT: Duration = Duration::from_secs(10);

/// Answer to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PostOutcome {
    /// Any 2xx status.
    Taken,
    /// Any other status.
    Status {
        status: u16,
        /// The `Retry-After` header, if it holds seconds.
        retry_after: Option<TimeDelta>,
    },
    /// No answer: the address is not permitted, or did not answer in time.
    NotReached,
}

/// Posts messages.
#[derive(Clone)]
pub struct Post {
    client: Client,
    addresses: Addresses,
}

/// Error returned when no permitted address exists for a name.
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
    /// Creates a client for these addresses, without redirects and without a proxy.
    pub fn new(addresses: Addresses) -> Result<Self, reqwest::Error> {
        let resolver = Arc::new(Checked(addresses));
        let client = Client::builder().dns_resolver(resolver).redirect(Policy::none()).no_proxy().timeout(TIMEOUT);
        let client = client.https_only(addresses == Addresses::Public).user_agent("Hozon-Webhook/1").build()?;
        Ok(Self { client, addresses })
    }

    /// Posts a message once.
    pub async fn post(&self, webhook: &Webhook, headers: &[(&str, String)], body: &str) -> PostOutcome {
        let Some(url) = self.allowed(&webhook.url) else { return PostOutcome::NotReached };
        let mut request = self.client.post(url).header("content-type", "application/json").body(body.to_owned());
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => PostOutcome::Taken,
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::info!(webhook.id = webhook.id.0, http.status = status, "a webhook did not take its message");
                PostOutcome::Status { status, retry_after: retry_after(&answer) }
            }
            Err(error) => {
                // The error's text would name the address.
                let is_timeout = error.is_timeout();
                tracing::info!(webhook.id = webhook.id.0, timeout = is_timeout, "a webhook could not be reached");
                PostOutcome::NotReached
            }
        }
    }

    /// Parses the URL and rejects addresses that are not permitted. An address in place of a name bypasses the
    /// resolver.
    fn allowed(&self, url: &str) -> Option<Url> {
        let url = Url::parse(url).ok()?;
        let host = url.host_str()?.trim_start_matches('[').trim_end_matches(']');
        let is_refused = host.parse::<IpAddr>().is_ok_and(|address| !self.addresses.allow(address));
        (!is_refused).then_some(url)
    }
}

/// Parses the header (RFC 9110 section 10.2.3). A date in place of seconds is ignored.
fn retry_after(answer: &Response) -> Option<TimeDelta> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?.parse::<u32>().ok()?;
    Some(TimeDelta::seconds(i64::from(seconds)))
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
