//! Pieces of the wire format that several calls share, and the fallbacks of every router.

use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::ApiError;
use crate::domain::id::UserId;
use crate::domain::organisation::Person;

/// API versions that are spoken.
const VERSIONS: [&str; 7] = ["v2.1", "v3", "v4", "v5", "v6", "v7", "v8"];

/// A person as the API shows them.
#[derive(Debug, Serialize)]
pub struct PersonOut<'a> {
    id: UserId,
    name: &'a str,
    zuid: UserId,
}

impl<'a> From<&'a Person> for PersonOut<'a> {
    fn from(person: &'a Person) -> Self {
        Self { id: person.id, name: &person.name, zuid: person.zuid }
    }
}

/// Writes an instant as ISO 8601 with the zone's offset, to the second.
pub fn local_time(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// Makes a router's routes answer only API versions that are spoken; others are paths that do not exist. The route's
/// parameter is `v`.
pub fn with_versions<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.route_layer(middleware::from_fn(only_known_versions))
}

/// Makes unknown paths and methods answer as Zoho does. For the outermost router only.
pub fn with_fallbacks(router: Router) -> Router {
    router
        .fallback(async || ApiError::invalid_url_pattern())
        .method_not_allowed_fallback(async || ApiError::invalid_request_method())
}

async fn only_known_versions(params: RawPathParams, request: Request, next: Next) -> Response {
    let known = params.iter().all(|(name, value)| name != "v" || VERSIONS.contains(&value));
    if known { next.run(request).await } else { ApiError::invalid_url_pattern().into_response() }
}
