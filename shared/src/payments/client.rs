//! HTTP client for Stripe's REST API, and the classification of its error answers.

use std::time::Duration;

use reqwest::header::RETRY_AFTER;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::form;
use super::keys::PaymentKeys;
use crate::ports::{ErrorKind, PortError};

/// Stripe's own endpoint.
const STRIPE: &str = "https://api.stripe.com";
/// API version whose data model this code uses, whatever the account's default is.
const VERSION: &str = "2024-06-20";
/// Below the 30 seconds after which API Gateway gives up.
const TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// An error answer of Stripe. Its message is left out because it quotes the request.
#[derive(Debug, thiserror::Error)]
#[error("stripe answered {status}: type {kind:?}, code {code:?}, parameter {param:?}, request {request:?}")]
pub struct StripeRefusal {
    pub status: u16,
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
    request: Option<String>,
}

#[derive(Deserialize, Default)]
struct Envelope {
    #[serde(default)]
    error: ErrorBody,
}

#[derive(Deserialize, Default)]
struct ErrorBody {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
}

/// Stripe's REST API.
pub struct StripeApi {
    http: Client,
    keys: PaymentKeys,
    endpoint: String,
}

impl StripeApi {
    /// Creates a client that follows no redirects and uses no proxy, so that the API key reaches only the endpoint.
    pub fn new(keys: PaymentKeys, endpoint: Option<String>) -> Result<Self, PortError> {
        let endpoint = endpoint.unwrap_or_else(|| STRIPE.to_owned());
        let http = Client::builder().redirect(Policy::none()).no_proxy().timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
        let http = http.https_only(endpoint.starts_with("https://")).user_agent("Hozon/1").build();
        Ok(Self {
            http: http.map_err(|error| PortError::with(ErrorKind::Refused, "create the Stripe client", error))?,
            keys,
            endpoint,
        })
    }

    /// The secrets that sign webhook messages.
    pub fn webhook_secrets(&self) -> &[String] {
        &self.keys.webhook_secrets
    }

    /// Sends a GET request.
    pub async fn get<T: DeserializeOwned>(&self, what: &'static str, path: &str, query: &Value) -> Result<T, PortError> {
        send(what, self.http.get(self.url(path, query)), &self.keys.api_key).await
    }

    /// Sends a DELETE request.
    pub async fn delete<T: DeserializeOwned>(&self, what: &'static str, path: &str, query: &Value) -> Result<T, PortError> {
        send(what, self.http.delete(self.url(path, query)), &self.keys.api_key).await
    }

    /// Sends a POST request. Only requests that create an object carry an idempotency key: a state change may be made,
    /// undone and made again.
    pub async fn post<T: DeserializeOwned>(
        &self,
        what: &'static str,
        path: &str,
        fields: &Value,
        key: Option<String>,
    ) -> Result<T, PortError> {
        let request = self.http.post(self.url(path, &Value::Null)).body(form::encode(fields));
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        send(what, request, &self.keys.api_key).await
    }

    fn url(&self, path: &str, query: &Value) -> String {
        let query = form::encode(query);
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/v1/{path}{mark}{query}", self.endpoint)
    }
}

/// Returns the path of an object in a collection. A text that cannot be a Stripe id names no object.
pub fn path(collection: &str, id: &str) -> Result<String, PortError> {
    let is_id = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_id.then(|| format!("{collection}/{id}")).ok_or(PortError::new(ErrorKind::NotFound, "build the path of a Stripe object"))
}

async fn send<T: DeserializeOwned>(what: &'static str, request: RequestBuilder, key: &str) -> Result<T, PortError> {
    let unavailable = |error: reqwest::Error| PortError::with(ErrorKind::Unavailable, what, error.without_url());
    let request = request.bearer_auth(key).header("stripe-version", VERSION);
    let answer = request.send().await.map_err(unavailable)?;
    if !answer.status().is_success() {
        return Err(refused(what, answer).await);
    }
    let body = answer.bytes().await.map_err(unavailable)?;
    serde_json::from_slice(&body).map_err(|error| PortError::with(ErrorKind::Corrupt, what, error))
}

async fn refused(what: &'static str, answer: Response) -> PortError {
    let status = answer.status().as_u16();
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let request = header("request-id");
    let retry_after = header(RETRY_AFTER.as_str()).and_then(|text| text.parse().ok()).map(Duration::from_secs);
    // A proxy in between may answer without Stripe's error envelope; the status is enough then.
    let body = answer.bytes().await.unwrap_or_default();
    let ErrorBody { kind, code, param } = serde_json::from_slice::<Envelope>(&body).unwrap_or_default().error;
    let error = PortError::with(kind_of(status, code.as_deref()), what, StripeRefusal { status, kind, code, param, request });
    PortError { retry_after, ..error }
}

fn kind_of(status: u16, code: Option<&str>) -> ErrorKind {
    match (status, code) {
        // Stripe also answers 400 when a parameter names a missing object.
        (_, Some("resource_missing")) | (404, _) => ErrorKind::NotFound,
        // 409 means that another request holds a lock or uses the same key; 424 is a failure behind Stripe.
        (409 | 424 | 429 | 500..=599, _) => ErrorKind::Unavailable,
        _ => ErrorKind::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_answers_become_error_kinds() {
        for (status, code, kind) in [
            (400, None, ErrorKind::Refused),
            (400, Some("resource_missing"), ErrorKind::NotFound),
            (401, None, ErrorKind::Refused),
            (402, Some("card_declined"), ErrorKind::Refused),
            (403, None, ErrorKind::Refused),
            (404, None, ErrorKind::NotFound),
            (409, Some("lock_timeout"), ErrorKind::Unavailable),
            (429, Some("rate_limit"), ErrorKind::Unavailable),
            (503, None, ErrorKind::Unavailable),
        ] {
            assert_eq!(kind_of(status, code), kind, "{status} {code:?}");
        }
    }

    #[test]
    fn only_ids_make_paths() {
        assert_eq!(path("charges", "ch_1A").expect("a path"), "charges/ch_1A");
        for id in ["", "../customers", "ch_1?expand", "ch_1/refunds", "ch 1"] {
            assert_eq!(path("charges", id).expect_err(id).kind, ErrorKind::NotFound);
        }
    }
}
