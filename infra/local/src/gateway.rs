//! The gateway: the functions' routers and the console behind one port. It adds what API Gateway adds on AWS: the
//! caller's identity and a request id.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use hozon_authorize::Authorizer;
use hozon_emulator_aws::mail::Mailbox;
use hozon_emulator_host::origins::{self, AllowedHosts};
use hozon_shared::api::{Documented, Identity, with_fallbacks, without_unused_schemas};
use hozon_shared::domain::plain_link::PREFIX;
use hozon_shared::ports::Ports;
use tracing::Instrument;

use crate::console;
use crate::downloads::Downloads;
use crate::mail;
use crate::tokens::{Issuer, JWKS_PATH};

/// What comes before the id of a record in a path.
const RECORDS: &str = "/records/";

/// Returns all routes of the local program.
pub fn router(
    ports: &Ports,
    functions: Documented,
    authorizer: Arc<Authorizer>,
    issuer: &Issuer,
    mailbox: Mailbox,
    downloads: Downloads,
    hosts: AllowedHosts,
) -> Router {
    let keys = issuer.keys().clone();
    let (api, document) = functions.split_for_parts();
    let document = without_unused_schemas(document);
    let routes = api.route("/openapi.json", get(async move || Json(document))).route(JWKS_PATH, get(async move || Json(keys)));
    with_fallbacks(routes.merge(console::router()).merge(mail::router(mailbox)).merge(downloads.router()))
        .layer(middleware::from_fn_with_state(authorizer, identify))
        .layer(middleware::from_fn_with_state(ports.clone(), request_id))
        .layer(middleware::from_fn_with_state(hosts, origins::own_pages))
}

/// Authenticates requests for paths that need a caller. The key set must be readable without authentication.
async fn identify(State(authorizer): State<Arc<Authorizer>>, mut request: Request, next: Next) -> Response {
    if ["/crm/", "/mail/messages"].iter().any(|start| request.uri().path().starts_with(start)) {
        let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let identity = Identity(authorizer.authenticate(header).await);
        request.extensions_mut().insert(identity);
    }
    next.run(request).await
}

/// The part of a path that may be logged. The path of a link is as secret as its token, and the id of a record may be personal data.
fn loggable(path: &str) -> &str {
    if path.starts_with(PREFIX) {
        return PREFIX;
    }
    path.find(RECORDS).map_or(path, |at| &path[..at + RECORDS.len()])
}

async fn request_id(State(ports): State<Ports>, request: Request, next: Next) -> Response {
    let id = ports.ids.next(ports.clock.now()).to_string();
    let path = loggable(request.uri().path());
    let span = tracing::info_span!("request", request.id = id, http.method = %request.method(), http.path = path);
    let mut response = next.run(request).instrument(span).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
