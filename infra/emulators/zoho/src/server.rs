//! The HTTP server: authentication, limits and faults around the calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::asked::{Asked, FileReply, Replied, Reply};
use crate::faults::{Effect, Subject};
use crate::oauth::{Consent, allows};
use crate::organisation::Organisation;
use crate::refusal::Refusal;
use crate::routes::Route;
use crate::state::State;
use crate::{admin, consent, multipart};

/// Largest upload.
const BODY: usize = 100 << 20;
/// Calls of heavy kinds at once (Zoho CRM API v8: sub-concurrency limit).
const HEAVY: usize = 10;
/// How long an answer that breaks off stands still before.
const BREAK: Duration = Duration::from_millis(20);

/// A running server. It stops when it is dropped.
#[derive(Debug)]
pub struct ZohoServer {
    base_url: String,
    state: State,
    served: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl ZohoServer {
    /// Serves a state on a free loopback port.
    pub async fn start(state: State) -> std::io::Result<Self> {
        Self::start_on(0, state).await
    }

    /// Serves a state on a loopback port.
    pub async fn start_on(port: u16, state: State) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let served = Arc::new(AtomicU64::new(0));
        let gate = Arc::new(Gate {
            base_url: base_url.clone(),
            state: state.clone(),
            served: Arc::clone(&served),
            running: AtomicUsize::new(0),
            heavy: AtomicUsize::new(0),
        });
        let router = Router::new().fallback(move |request: Request| {
            let gate = Arc::clone(&gate);
            async move { gate.serve(request).await }
        });
        let task = tokio::spawn(async move {
            // It runs until the task is aborted; an error of accepting is repeated by axum.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { base_url, state, served, task })
    }

    /// The address of everything, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Calls answered so far.
    pub fn served(&self) -> u64 {
        self.served.load(Ordering::Relaxed)
    }
}

impl Drop for ZohoServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Gate {
    base_url: String,
    state: State,
    served: Arc<AtomicU64>,
    /// Calls that run now, and those of heavy kinds.
    running: AtomicUsize,
    heavy: AtomicUsize,
}

/// Counts a call while it runs.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn enter(count: &'a AtomicUsize, limit: usize) -> Result<Self, Refusal> {
        let entered = Self(count);
        if count.fetch_add(1, Ordering::SeqCst) < limit { Ok(entered) } else { Err(Refusal::too_many()) }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Gate {
    async fn serve(&self, request: Request) -> Response {
        self.served.fetch_add(1, Ordering::Relaxed);
        let (parts, body) = request.into_parts();
        let Ok(body) = to_bytes(body, BODY).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
        let mut asked = Asked { query: form(parts.uri.query().unwrap_or_default().as_bytes()), ..Asked::default() };
        asked.headers = plain(&parts.headers);
        asked.body = body.to_vec();
        let path: Vec<&str> = parts.uri.path().split('/').filter(|part| !part.is_empty()).collect();
        match path.as_slice() {
            ["oauth", "v2", rest @ ..] => self.oauth(parts.method.as_str(), rest, asked),
            ["_test", rest @ ..] => respond(admin::answer(&self.state, parts.method.as_str(), rest, &asked)).await,
            path => self.call(parts.method.as_str(), path, asked).await,
        }
    }

    /// Parameters of these calls come in the address or in the body.
    fn oauth(&self, method: &str, path: &[&str], mut asked: Asked) -> Response {
        let is_form = asked.headers.get("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
        let given = if is_form { form(&asked.body) } else { multipart::fields(&asked).into_iter().collect() };
        asked.query.extend(given);
        let language = asked.headers.get("accept-language").cloned().unwrap_or_default();
        let mut organisation = self.state.lock();
        match (method, path) {
            ("POST", ["token"]) => axum::Json(organisation.token(&asked, &self.base_url)).into_response(),
            ("POST", ["token", "revoke"]) => axum::Json(organisation.revoked(&asked)).into_response(),
            (_, ["auth"]) => match Consent::read(&asked.query, &organisation) {
                Err(error) => (StatusCode::BAD_REQUEST, axum::response::Html(consent::refusal(error, &language))).into_response(),
                Ok(_) if method == "GET" => axum::response::Html(consent::page(&asked.query, &language)).into_response(),
                Ok(consent) => {
                    let is_accepted = asked.parameter("decision") == Some("accept");
                    let location = consent.decided(is_accepted, &mut organisation, &self.base_url);
                    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
                }
            },
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }

    /// Answers a call of the API.
    async fn call(&self, method: &str, path: &[&str], mut asked: Asked) -> Response {
        let Some(route) = Route::find(method, path) else {
            let message = "Please check if the URL trying to access is a correct one";
            return refused(&Refusal::new(404, "INVALID_URL_PATTERN", message, json!({})));
        };
        let mut running = Vec::new();
        let (latency, limit) = {
            let organisation = self.state.lock();
            (organisation.options.latency, organisation.options.calls_at_once())
        };
        for (count, limit) in [(&self.running, limit), (&self.heavy, if route.is_heavy { HEAVY } else { usize::MAX })] {
            match Running::enter(count, limit) {
                Ok(_) if limit == usize::MAX => {}
                Ok(entered) => running.push(entered),
                Err(refusal) => return self.not_admitted(route.kind, &refusal),
            }
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        asked.version = route.version.clone();
        asked.path = route.path.clone();
        self.admitted(&route, &asked).await
    }

    fn not_admitted(&self, kind: &str, refusal: &Refusal) -> Response {
        self.state.lock().meter.refuse(kind);
        refused(refusal)
    }

    async fn admitted(&self, route: &Route, asked: &Asked) -> Response {
        let (answered, is_broken, left) = {
            let mut organisation = self.state.lock();
            let admitted = organisation.admit(route, asked);
            let is_broken = matches!(admitted, Ok(true));
            let answered = admitted.and_then(|_| (route.handler)(&mut organisation, asked));
            (answered, is_broken, organisation.credits_left())
        };
        let mut response = respond(answered).await;
        if let Some(left) = left {
            response.headers_mut().insert("x-api-credits-remaining", HeaderValue::from(left));
        }
        if is_broken { broken(response).await } else { response }
    }
}

impl Organisation {
    /// Lets a call in: whether its answer shall break off, or why it is refused.
    fn admit(&mut self, route: &Route, asked: &Asked) -> Result<bool, Refusal> {
        let now = self.now();
        self.authorize(route, asked)?;
        let module = module_of(route, asked);
        if self.meter.spent(now) + route.credits > self.options.daily_credits() {
            self.meter.refuse(route.kind);
            return Err(Refusal::new(429, "RATE_LIMIT_EXCEEDED", "You have exceeded the API credits of the day", json!({})));
        }
        let struck = self.faults.strike(Subject { kind: route.kind, module: module.as_deref() });
        if let Some(Effect::Refused { status, code }) = &struck {
            self.meter.refuse(route.kind);
            if !matches!(status, 401 | 429) {
                self.meter.charge(route.kind, 1, now);
            }
            return Err(Refusal::asked_for(*status, code));
        }
        if let Some(Effect::Vanished(module)) = &struck {
            self.remove_module(module);
        }
        self.meter.spend(route.kind, route.credits, now);
        Ok(struck == Some(Effect::Broken))
    }

    fn authorize(&mut self, route: &Route, asked: &Asked) -> Result<(), Refusal> {
        let refuse = |code: &str, message: &str| Err(Refusal::new(401, code, message, json!({})));
        let given = asked.headers.get("authorization").and_then(|value| value.split_once(' '));
        let Some(("Zoho-oauthtoken" | "Bearer", token)) = given else {
            return refuse("AUTHENTICATION_FAILURE", "Authentication failed");
        };
        match self.tokens.scope_of(token.trim(), self.now()) {
            None => refuse("INVALID_TOKEN", "invalid oauth token"),
            Some(scope) if allows(scope, route.service, route.module(), route.is_write) => Ok(()),
            Some(_) => refuse("OAUTH_SCOPE_MISMATCH", "invalid oauth scope to access this URL"),
        }
    }

    /// The credits that are left, once half are spent.
    fn credits_left(&mut self) -> Option<u64> {
        let (now, limit) = (self.now(), self.options.daily_credits());
        let spent = self.meter.spent(now);
        (spent * 2 >= limit).then(|| limit.saturating_sub(spent))
    }
}

/// The module of a call: in its path, its parameters or its body.
fn module_of(route: &Route, asked: &Asked) -> Option<String> {
    let in_body = || {
        let body = asked.json().ok()?;
        let query = body["select_query"].as_str().map(|query| query.to_owned());
        let after_from = query.and_then(|query| {
            let at = query.to_ascii_lowercase().find(" from ")?;
            query[at + 6..].split_whitespace().next().map(str::to_owned)
        });
        after_from
            .or_else(|| body["query"]["module"]["api_name"].as_str().or(body["query"]["module"].as_str()).map(str::to_owned))
    };
    let in_path = route.module().or_else(|| asked.parameter("module")).map(str::to_owned);
    in_path.or_else(|| if matches!(route.kind, "coql" | "bulk_create") { in_body() } else { None })
}

fn form(bytes: &[u8]) -> BTreeMap<String, String> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

fn plain(headers: &HeaderMap) -> BTreeMap<String, String> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, axum::Json(refusal.body())).into_response()
}

async fn respond(replied: Replied) -> Response {
    match replied {
        Err(refusal) => refused(&refusal),
        Ok(Reply::Json(value)) => axum::Json(value).into_response(),
        Ok(Reply::Created(value)) => (StatusCode::CREATED, axum::Json(value)).into_response(),
        Ok(Reply::Status(status, value)) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::OK), axum::Json(value)).into_response()
        }
        Ok(Reply::Empty) => StatusCode::NO_CONTENT.into_response(),
        Ok(Reply::NotModified) => StatusCode::NOT_MODIFIED.into_response(),
        Ok(Reply::File(file)) => as_file(file),
        Ok(Reply::Part { file, first, size }) => {
            let range = format!("bytes {first}-{}/{size}", size.saturating_sub(1));
            (StatusCode::PARTIAL_CONTENT, [(header::CONTENT_RANGE, range)], as_file(file)).into_response()
        }
        Ok(Reply::Later(make)) => match tokio::task::spawn_blocking(make).await {
            Ok(file) => as_file(file),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        },
        Ok(Reply::Lines(lines)) => {
            let lines = futures_util::stream::iter(lines.map(Ok::<_, std::convert::Infallible>));
            ([(header::CONTENT_TYPE, "application/jsonl")], Body::from_stream(lines)).into_response()
        }
    }
}

fn as_file(file: FileReply) -> Response {
    let name: String = form_urlencoded::byte_serialize(file.name.as_bytes()).collect();
    let disposition = format!("attachment; filename*=UTF-8''{}", name.replace('+', "%20"));
    ([(header::CONTENT_TYPE, file.media_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], file.bytes).into_response()
}

/// Sends half of an answer, then ends the connection.
async fn broken(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let half = bytes.slice(..bytes.len() / 2);
    let pieces = futures_util::stream::iter([Ok(half), Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))]);
    // The first half has to be on its way before the connection ends.
    let pieces = pieces.then(async |piece| {
        tokio::time::sleep(if piece.is_err() { BREAK } else { Duration::ZERO }).await;
        piece
    });
    Response::from_parts(parts, Body::from_stream(pieces))
}
