//! Elements of the wire format that several calls share, and the fallback answers of every router.

use std::fmt;

use axum::Router;
use axum::extract::{OriginalUri, RawPathParams, Request};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;

use super::ApiError;
use super::closed_sets::{SuccessCode, SuccessStatus};
use super::openapi::describe_calls;
use crate::domain::id::UserId;
use crate::domain::organisation::Person;

/// Supported API versions.
const VERSIONS: [&str; 7] = ["v2.1", "v3", "v4", "v5", "v6", "v7", "v8"];

/// A person.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonOut {
    /// User id in the CRM.
    #[schema(value_type = String)]
    id: UserId,
    name: String,
    /// User id at the identity provider.
    #[schema(value_type = String)]
    zuid: UserId,
}

impl From<&Person> for PersonOut {
    fn from(person: &Person) -> Self {
        Self { id: person.id, name: person.name.clone(), zuid: person.zuid }
    }
}

/// Result of a call that changes something.
#[derive(Debug, Serialize, ToSchema)]
pub struct Success<D> {
    #[schema(value_type = SuccessCode)]
    code: &'static str,
    /// The changed resource.
    details: D,
    /// Summary in one sentence.
    message: &'static str,
    #[schema(value_type = SuccessStatus)]
    status: &'static str,
}

impl<D> Success<D> {
    pub fn new(details: D, message: &'static str) -> Self {
        Self { code: "SUCCESS", details, message, status: "success" }
    }
}

/// Envelope of the scheduling calls.
#[derive(Debug, Serialize, ToSchema)]
pub struct BackupEnvelope<T> {
    pub backup: T,
}

/// Id of the changed resource, and an optional note.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changed {
    pub id: String,
    /// Additional information about the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

/// A time in RFC 3339 format with the offset of the organisation's time zone, to the second.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-11-26T04:00:00+09:00")]
pub struct LocalTime(String);

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Formats an instant in the given zone.
pub fn local_time(at: DateTime<Utc>, zone: Tz) -> LocalTime {
    LocalTime(at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false))
}

/// Restricts a router's routes to supported API versions; any other version is an unknown path. The route parameter is
/// named `v`. Documents what all these calls share, so that each describes only what differs.
pub fn with_versions<S: Clone + Send + Sync + 'static>(router: OpenApiRouter<S>) -> OpenApiRouter<S> {
    let mut router = router.route_layer(middleware::from_fn(only_known_versions));
    describe_calls(router.get_openapi_mut());
    router
}

/// Answers unknown paths and methods as Zoho does, and keeps answers out of caches. For the outermost router only.
pub fn with_fallbacks(router: Router) -> Router {
    router
        .fallback(async || ApiError::invalid_url_pattern())
        .method_not_allowed_fallback(async |path: OriginalUri| ApiError::invalid_request_method(is_zohos(path.path())))
        .layer(middleware::map_response(not_stored))
}

/// Returns whether a path belongs to Zoho's Backup API (Zoho CRM Backup API v8: schedule, get details, cancel, history,
/// get URLs).
fn is_zohos(path: &str) -> bool {
    let mut parts = path.strip_prefix("/crm/bulk/").unwrap_or_default().split('/').skip(1);
    let found: [Option<&str>; 5] = std::array::from_fn(|_| parts.next());
    matches!(
        found,
        [Some("backup"), None | Some("history" | "urls"), None, ..]
            | [Some("backup"), Some(_), Some("actions"), Some("cancel"), None]
    )
}

/// Every JSON answer contains customer data, so caches must not store it unless the handler says otherwise.
async fn not_stored(mut response: Response) -> Response {
    let headers = response.headers_mut();
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json {
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

async fn only_known_versions(params: RawPathParams, request: Request, next: Next) -> Response {
    let known = params.iter().all(|(name, value)| name != "v" || VERSIONS.contains(&value));
    if known { next.run(request).await } else { ApiError::invalid_url_pattern().into_response() }
}

#[cfg(test)]
mod tests {
    use super::is_zohos;

    #[test]
    fn zohos_paths_are_those_of_its_reference() {
        for path in ["backup", "backup/history", "backup/urls", "backup/4876876000001593003/actions/cancel"] {
            assert!(is_zohos(&format!("/crm/bulk/v8/{path}")), "{path}");
        }
        for path in ["backup/summary", "backup/orders/1/actions/cancel", "backup/1/actions/download", "backup/urls/1", "prices"] {
            assert!(!is_zohos(&format!("/crm/bulk/v8/{path}")), "{path}");
        }
        assert!(!is_zohos("/mail") && !is_zohos("/"));
    }
}
