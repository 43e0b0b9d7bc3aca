//! Support for the `Idempotency-Key` header: a repeated POST has no second effect and returns the first answer. A key
//! belongs to an organisation, user and route, and is kept for a day. A handler adds its answer to the transaction of
//! its effect ([`Once::answer`]), so that an effect never exists without its answer. A failed request stores nothing
//! and may be sent again. Follows the IETF draft "The Idempotency-Key HTTP Header Field"
//! (draft-ietf-httpapi-idempotency-key-header).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use tracing::Instrument;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Content, ObjectBuilder, Ref, ResponseBuilder, Type};
use utoipa_axum::router::OpenApiRouter;

use super::{ApiError, Identity};
use crate::domain::id::OrgId;
use crate::domain::organisation::{Caller, Role};
use crate::domain::request::{Repeat, StoredAnswer};
use crate::ports::{Change, Clock, Ids, PortError, Ports, Requests, Store};

const HEADER: &str = "idempotency-key";
/// Response header that marks a replayed answer.
const REPLAYED: &str = "idempotency-replayed";
const LONGEST_KEY: usize = 255;
/// Maximum body size, the same as in axum's own extractors.
const LARGEST_BODY: usize = 2 << 20;

/// The ports that keep keys and answers.
#[derive(Clone)]
pub struct OncePorts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub store: Arc<dyn Store>,
    pub requests: Arc<dyn Requests>,
}

impl From<&Ports> for OncePorts {
    /// Selects these ports from the common ones.
    fn from(ports: &Ports) -> Self {
        let Ports { clock, ids, store, requests, .. } = ports.clone();
        Self { clock, ids, store, requests }
    }
}

/// Makes a router's POST routes accept an `Idempotency-Key`, and documents the header.
pub fn with_idempotency<S: Clone + Send + Sync + 'static>(router: OpenApiRouter<S>, ports: &OncePorts) -> OpenApiRouter<S> {
    let mut router = router.route_layer(middleware::from_fn_with_state(ports.clone(), handle));
    router.get_openapi_mut().paths.paths.values_mut().filter_map(|path| path.post.as_mut()).for_each(describe);
    router
}

fn describe(operation: &mut Operation) {
    let description = "Makes the call safe to repeat. Another call with the same key by the same user within a day has no second effect \
        and returns the same answer. Send 1 to 255 visible ASCII characters, and a new key for each intent, for example a UUID.";
    let text = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(LONGEST_KEY));
    let header = ParameterBuilder::new().name("Idempotency-Key").parameter_in(ParameterIn::Header);
    let header = header.required(utoipa::openapi::Required::False).description(Some(description)).schema(Some(text)).build();
    operation.parameters.get_or_insert_default().push(header.into());
    for (status, description) in [
        ("409", "A request with this `Idempotency-Key` is in progress, or its answer contained a secret and was not stored."),
        ("422", "The `Idempotency-Key` was used for a different request."),
    ] {
        let content = Content::new(Some(Ref::from_schema_name("AnyError")));
        let response = ResponseBuilder::new().description(description).content("application/json", content).build();
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| response.into());
    }
}

/// The current request's idempotency key, for its handler. Has no effect if the request carries no key.
#[derive(Debug, Clone, Default)]
pub struct Once {
    attempt: Option<Arc<Attempt>>,
    is_repeat: bool,
}

#[derive(Debug)]
struct Attempt {
    request: crate::domain::request::Request,
    now: chrono::DateTime<chrono::Utc>,
    /// Whether the handler added its answer to a transaction.
    is_answered: AtomicBool,
}

impl Once {
    /// Returns the change that stores the answer; the handler adds it to the transaction of its effect.
    pub fn answer<T: Serialize>(&self, status: StatusCode, answer: &T) -> Option<Change> {
        let body = serde_json::to_string(answer).ok();
        self.attempt.as_ref().map(|attempt| attempt.change(StoredAnswer { status: status.as_u16(), body }))
    }

    /// Returns the change that records the request as carried out without storing its answer, because the answer
    /// contains a secret. A repeated request reaches the handler again; [`Self::is_repeat`] detects it.
    pub fn answer_with_secret(&self, status: StatusCode) -> Option<Change> {
        self.attempt.as_ref().map(|attempt| attempt.change(StoredAnswer { status: status.as_u16(), body: None }))
    }

    /// Releases the key after the handler has undone its effect.
    pub async fn retract(&self, ports: &OncePorts, org: OrgId) -> Result<(), PortError> {
        match &self.attempt {
            Some(attempt) => ports.requests.retract(org, &attempt.request).await,
            None => Ok(()),
        }
    }

    /// Returns whether the request was carried out before with an answer that contained a secret.
    pub fn is_repeat(&self) -> bool {
        self.is_repeat
    }
}

impl Attempt {
    fn change(&self, answer: StoredAnswer) -> Change {
        self.is_answered.store(true, Ordering::Relaxed);
        Change::Answered(Box::new(self.request.clone().answered(answer, self.now)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Once {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

async fn handle(State(ports): State<OncePorts>, request: Request, next: Next) -> Response {
    let caller = match request.extensions().get::<Identity>() {
        Some(Identity(Ok(caller))) if caller.role == Role::Administrator => caller.clone(),
        _ => return next.run(request).await,
    };
    match key_of(request.method(), request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => carry_out(ports, caller, key, request, next).await.unwrap_or_else(IntoResponse::into_response),
        Err(refused) => refused.into_response(),
    }
}

/// Returns the idempotency key of a POST request.
fn key_of(method: &Method, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut sent = headers.get_all(HEADER).iter();
    let Some(key) = sent.next().filter(|_| method == Method::POST) else { return Ok(None) };
    let is_key = |key: &&str| (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(is_key).filter(|_| sent.next().is_none());
    key.map(|key| Some(key.to_owned())).ok_or_else(ApiError::invalid_idempotency_key)
}

async fn carry_out(ports: OncePorts, caller: Caller, key: String, request: Request, next: Next) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, LARGEST_BODY).await.map_err(|_| ApiError::body_not_readable())?;
    let now = ports.clock.now();
    let (name, digest) = (name_of(&parts, &key), digest_of(&parts, &body));
    let begun = crate::domain::request::Request::begin(caller.person.id, name, digest, ports.ids.next(now), now);
    let known = ports.requests.begin(caller.org, &begun, now.timestamp()).await?;
    let is_repeat = match known.map(|known| known.repeat(&begun)) {
        None => false,
        Some(Repeat::InFlight) => return Err(ApiError::idempotency_key_in_flight()),
        Some(Repeat::Different) => return Err(ApiError::idempotency_key_reused()),
        Some(Repeat::Answered(StoredAnswer { status, body: Some(body) })) => return Ok(replay(status, body)),
        Some(Repeat::Answered(StoredAnswer { body: None, .. })) => true,
    };
    let attempt = Arc::new(Attempt { request: begun, now, is_answered: AtomicBool::new(false) });
    parts.extensions.insert(Once { attempt: Some(attempt.clone()).filter(|_| !is_repeat), is_repeat });
    let request = Request::from_parts(parts, Body::from(body));
    if is_repeat {
        return Ok(next.run(request).await);
    }
    // Runs on its own task: if the client disconnects midway, the answer must still be stored for its next attempt.
    let work = async move { settle(&ports, caller.org, &attempt, next.run(request).await).await };
    tokio::spawn(work.in_current_span()).await.unwrap_or_else(|_| Err(ApiError::crashed()))
}

/// Stores the answer of a handler that had no transaction, and releases the key of a request that was rejected.
async fn settle(ports: &OncePorts, org: OrgId, attempt: &Attempt, response: Response) -> Result<Response, ApiError> {
    if !response.status().is_success() {
        ports.requests.release(org, &attempt.request).await?;
        return Ok(response);
    }
    if attempt.is_answered.load(Ordering::Relaxed) {
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| ApiError::crashed())?;
    let text = String::from_utf8_lossy(&body).into_owned();
    let answer = attempt.change(StoredAnswer { status: parts.status.as_u16(), body: Some(text) });
    ports.store.commit(org, vec![answer]).await?;
    Ok(Response::from_parts(parts, Body::from(body)))
}

fn replay(status: u16, body: String) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::HeaderName::from_static(REPLAYED), HeaderValue::from_static("true")),
    ];
    (status, headers, body).into_response()
}

fn name_of(parts: &Parts, key: &str) -> String {
    let route = parts.extensions.get::<MatchedPath>().map_or_else(|| parts.uri.path(), MatchedPath::as_str);
    digits(Sha256::new().chain_update(route).chain_update([0]).chain_update(key))
}

fn digest_of(parts: &Parts, body: &Bytes) -> String {
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
    digits(Sha256::new().chain_update(target).chain_update([0]).chain_update(body))
}

fn digits(digest: Sha256) -> String {
    hex::encode(digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_visible_and_sent_once_with_a_post() {
        let key = |method: Method, values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(HEADER, value.parse().expect("a value"));
            }
            key_of(&method, &headers).map_err(|_| ())
        };
        assert_eq!(key(Method::POST, &["8e03978e-40d5"]), Ok(Some("8e03978e-40d5".to_owned())));
        assert_eq!(key(Method::POST, &["\"8e03978e-40d5\""]), Ok(Some("\"8e03978e-40d5\"".to_owned())));
        assert_eq!(key(Method::POST, &[]), Ok(None));
        assert_eq!(key(Method::PUT, &["a"]), Ok(None));
        for bad in [&["" as &str] as &[&str], &["a b"], &["a", "b"], &[&"k".repeat(256)]] {
            assert_eq!(key(Method::POST, bad), Err(()), "{bad:?}");
        }
    }
}
