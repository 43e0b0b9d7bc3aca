//! Calls to Zoho's API: the token, the budget, tries after failures that pass, and calls at a time.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{AccessToken, Clock, SourceBytes, SourceError};
use reqwest::header::{AUTHORIZATION, CONTENT_DISPOSITION, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::budget::Budget;
use crate::call::{Call, form_of};
use crate::connection::Zoho;
use crate::errors::{ApiError, Unexpected, without_answer};
use crate::tokens::Tokens;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest silence of a server that is answering.
const READ_TIMEOUT: Duration = Duration::from_secs(60);
/// Number of tries of a call whose failure passes.
const TRIES: u32 = 4;
/// Number of other tokens that a call is tried with: that of another worker, and then a new one.
const RENEWALS: u32 = 2;
/// Wait before the second try; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// Longest wait of a call; the capture itself waits longer.
const LONGEST_WAIT: Duration = Duration::from_secs(20);
/// Number of workers that read a connection at a time, each with its own share of the calls.
const WORKERS: usize = 2;
/// Header with the number of credits that the organisation has left, which comes only when they run low.
const REMAINING: &str = "x-api-credits-remaining";
/// Credits of a day until the edition is known: those of the smallest that is paid for.
const USUAL_CREDITS: u64 = 50_000;

/// An answer: its JSON, `Null` for an empty one.
pub(crate) struct Answer {
    pub body: Value,
    /// When the server gave it, by its own clock.
    pub at: Option<DateTime<Utc>>,
}

/// Why a call has failed: by an answer that the caller may understand, or otherwise.
#[derive(Debug)]
pub(crate) enum Failed {
    Api(ApiError),
    Otherwise(SourceError),
}

impl From<SourceError> for Failed {
    fn from(error: SourceError) -> Self {
        Self::Otherwise(error)
    }
}

impl Failed {
    pub(crate) fn about(self, module: &str) -> SourceError {
        match self {
            Self::Api(error) => error.about(module),
            Self::Otherwise(error) => error,
        }
    }

    fn is_passing(&self) -> bool {
        match self {
            Self::Api(error) => error.is_passing(),
            Self::Otherwise(error) => error.kind == SourceErrorKind::Interrupted && is_of_network(error),
        }
    }

    /// Whether nothing was done for sure.
    fn is_not_done(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_too_many())
    }

    /// The error answer, if it is one that the caller understands.
    pub(crate) fn filter(self, is_understood: impl Fn(&ApiError) -> bool) -> Result<ApiError, Self> {
        match self {
            Self::Api(error) if is_understood(&error) => Ok(error),
            other => Err(other),
        }
    }
}

fn is_of_network(error: &SourceError) -> bool {
    error.source.as_ref().is_some_and(|cause| cause.is::<reqwest::Error>())
}

/// Zoho's API for one connection.
pub(crate) struct Client {
    pub http: reqwest::Client,
    pub api: String,
    /// Domain of the servers from which files are downloaded.
    pub download_domain: &'static str,
    pub tokens: Tokens,
    pub budget: Budget,
    clock: Arc<dyn Clock>,
    calls: Semaphore,
}

impl Client {
    /// Creates a client that follows no redirects, so that a token reaches only Zoho's API.
    pub(crate) fn new(zoho: &Zoho) -> Result<Self, SourceError> {
        let api = zoho.settings.servers(zoho.access.instead.as_deref()).api;
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().https_only(api.starts_with("https://"));
        let http = http.connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT).user_agent("Hozon/1");
        let limit = share(USUAL_CREDITS, zoho.settings.credit_share);
        Ok(Self {
            http: http.build().map_err(without_answer)?,
            api,
            download_domain: zoho.settings.data_center.download_domain(),
            tokens: Tokens::new(zoho)?,
            clock: zoho.access.clock.clone(),
            budget: Budget::new(zoho.connection, zoho.access.credits.clone(), zoho.access.clock.clone(), limit),
            calls: Semaphore::new((usize::from(zoho.settings.calls_at_once) / WORKERS).max(1)),
        })
    }

    /// Time of our own clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Makes a call, and reads its answer.
    pub(crate) async fn call(&self, call: Call<'_>) -> Result<Answer, SourceError> {
        let about = call.about;
        self.try_call(call).await.map_err(|failed| failed.about(about))
    }

    /// Makes a call whose error answers the caller may understand.
    pub(crate) async fn try_call(&self, call: Call<'_>) -> Result<Answer, Failed> {
        self.repeat(&call, |response| answer(response).boxed()).await
    }

    /// Makes a call whose answer is a file.
    pub(crate) async fn download(&self, call: Call<'_>) -> Result<SourceBytes, Failed> {
        self.repeat(&call, |response| file(response).boxed()).await
    }

    /// Makes a call that says of each of several things what became of it, and returns what it says.
    pub(crate) async fn results(&self, call: Call<'_>) -> Result<Vec<Value>, Failed> {
        self.repeat(&call, |response| results(response).boxed()).await
    }

    /// Makes a call until it succeeds, fails in a way that does not pass, or was tried often enough.
    async fn repeat<T>(&self, call: &Call<'_>, read: Reading<T>) -> Result<T, Failed> {
        let (mut wait, mut refused, mut renewals, mut tries) = (FIRST_WAIT, None, 0, 1);
        loop {
            let (token, tried) = self.attempt(call, refused.as_deref(), read).await?;
            let Tried { failed, retry_after } = match tried {
                Ok(value) => return Ok(value),
                Err(tried) => tried,
            };
            if matches!(&failed, Failed::Api(error) if error.is_about_token()) && renewals < RENEWALS {
                (refused, renewals) = (Some(token.token), renewals + 1);
                continue;
            }
            if tries == TRIES || !failed.is_passing() || (call.is_once && !failed.is_not_done()) {
                return Err(failed);
            }
            let jitter = 0.75 + fastrand::f64() / 2.0;
            tokio::time::sleep(retry_after.unwrap_or(wait).min(LONGEST_WAIT).mul_f64(jitter)).await;
            (tries, wait) = (tries + 1, wait * 2);
        }
    }

    /// Makes a call once. Returns the token it was made with, and how it ended.
    async fn attempt<T>(
        &self,
        call: &Call<'_>,
        refused: Option<&str>,
        read: Reading<T>,
    ) -> Result<(AccessToken, Result<T, Tried>), SourceError> {
        // The semaphore is never closed.
        let _permit = self.calls.acquire().await.ok();
        let token = self.tokens.token(&self.http, refused).await?;
        self.budget.take(call.cost).await?;
        let response = match self.request(call, &token).send().await {
            Ok(response) => response,
            Err(error) => return Ok((token, Err(Tried { failed: without_answer(error).into(), retry_after: None }))),
        };
        let retry_after = seconds_in(response.headers(), RETRY_AFTER.as_str()).map(Duration::from_secs);
        let is_used_up = seconds_in(response.headers(), REMAINING) == Some(0);
        let ended = match read(response).await {
            Err(Failed::Api(error)) if is_used_up && error.is_too_many() => Err(self.budget.used_up().into()),
            other => other,
        };
        Ok((token, ended.map_err(|failed| Tried { failed, retry_after })))
    }

    fn request(&self, call: &Call<'_>, token: &AccessToken) -> RequestBuilder {
        let request = self.http.request(call.method.clone(), format!("{}/crm/{}", self.api, call.path));
        let request = request.header(AUTHORIZATION, format!("Zoho-oauthtoken {}", token.token));
        let request = match call.since {
            Some(since) => request.header("If-Modified-Since", since.to_rfc3339_opts(chrono::SecondsFormat::Secs, false)),
            None => request,
        };
        match (&call.body, call.upload) {
            (_, Some(upload)) => form_of(request, upload),
            (Some(body), None) => request.json(body),
            (None, None) => request,
        }
    }
}

/// How an answer is read.
type Reading<T> = fn(Response) -> BoxFuture<'static, Result<T, Failed>>;

/// A try that has failed.
struct Tried {
    failed: Failed,
    /// How long to wait before the next one, if Zoho says so.
    retry_after: Option<Duration>,
}

/// Reads an answer of JSON.
async fn answer(response: Response) -> Result<Answer, Failed> {
    let (status, at) = (response.status().as_u16(), date_in(response.headers()));
    let bytes = response.bytes().await.map_err(without_answer)?;
    let body = if bytes.is_empty() { Some(Value::Null) } else { serde_json::from_slice(&bytes).ok() };
    match ApiError::of(status, body.as_ref().unwrap_or(&Value::Null)) {
        Some(error) => Err(Failed::Api(error)),
        None => Ok(Answer { body: body.ok_or(Unexpected("JSON")).map_err(SourceError::from)?, at }),
    }
}

/// Reads an answer that lists what became of each of several things. It has such a list whatever the status, unless the whole call has failed.
async fn results(response: Response) -> Result<Vec<Value>, Failed> {
    let status = response.status().as_u16();
    let bytes = response.bytes().await.map_err(without_answer)?;
    let mut body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    for key in ["data", "recycle_bin"] {
        if let Some(Value::Array(results)) = body.get_mut(key).map(Value::take) {
            return Ok(results);
        }
    }
    // Photos have a single result.
    match ApiError::of(status, &body) {
        Some(error) => Err(Failed::Api(error)),
        None if body.get("code").is_some() => Ok(vec![body]),
        None => Err(Failed::Otherwise(Unexpected("what became of records").into())),
    }
}

/// Reads a file. JSON that is not named as a file is an error answer, whatever the status.
async fn file(response: Response) -> Result<SourceBytes, Failed> {
    if response.status() == StatusCode::NO_CONTENT {
        return Err(Failed::Api(ApiError { status: 204, code: "NOT_FOUND".to_owned() }));
    }
    let headers = response.headers();
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !response.status().is_success() || (is_json && !headers.contains_key(CONTENT_DISPOSITION)) {
        answer(response).await?;
        return Err(Failed::Otherwise(Unexpected("a file").into()));
    }
    Ok(response.bytes_stream().map_err(without_answer).boxed())
}

fn seconds_in(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn date_in(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    Some(date.with_timezone(&Utc))
}

/// A share of credits, in percent.
pub(crate) fn share(credits: u64, percent: u8) -> u64 {
    u64::try_from(u128::from(credits) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}
