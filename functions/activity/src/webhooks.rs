//! Webhooks: added, listed, tested and removed. Messages are posted by `notify`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::uri::Uri;
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::WebhookStatus;
use hozon_shared::api::{Administrator, ApiError, ApiVersion, Body, LocalTime, Once, Refusals, Success, local_time};
use hozon_shared::domain::id::{EventId, OrgId, WebhookId};
use hozon_shared::domain::webhook::{Addresses, Delivery, MOST, Secret, Webhook};
use hozon_shared::ports::{Change, Ports};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::App;

const LONGEST_URL: usize = 2000;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    webhook: WantedWebhook,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedWebhook {
    /// Where messages are posted: https, of the public internet.
    #[schema(example = "https://example.com/hooks/backup")]
    url: String,
}

#[derive(Serialize, ToSchema)]
pub struct Added {
    id: String,
    /// The signing secret after the Standard Webhooks specification; it is shown this once.
    #[schema(example = "whsec_...")]
    secret: String,
}

#[derive(Serialize, ToSchema)]
pub struct WebhooksEnvelope {
    webhooks: Vec<WebhookOut>,
}

#[derive(Serialize, ToSchema)]
struct WebhookOut {
    id: String,
    url: String,
    #[schema(value_type = WebhookStatus)]
    status: &'static str,
    created_time: LocalTime,
}

#[derive(Serialize, ToSchema)]
pub struct WebhookRef {
    id: String,
}

/// Adds a webhook.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/webhooks",
    operation_id = "add_webhook",
    tag = "webhooks",
    params(("v" = ApiVersion, Path)),
    request_body = WebhookRequest,
    responses((status = 201, description = "Added; its secret is shown this once", body = Success<Added>), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn add(
    State(app): State<App>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<(StatusCode, Json<Success<Added>>), ApiError> {
    if once.is_repeat() {
        let message = "The webhook was added; its secret is shown only once. Remove it and add it again if you have not seen it.";
        return Err(ApiError::answer_not_kept(message));
    }
    let request: WebhookRequest = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let url = checked(request.webhook.url, app.addresses)?;
    if app.ports.webhooks.webhooks(caller.org).await?.len() >= MOST {
        return Err(ApiError::not_allowed("An organisation has 5 webhooks at most. Remove one first."));
    }
    let now = app.ports.clock.now();
    let secret = Secret::of(app.ports.secrets.token().as_bytes());
    let (id, org) = (WebhookId(app.ports.ids.next(now)), caller.org);
    let added = Added { id: id.to_string(), secret: secret.reveal().to_owned() };
    let webhook = Change::Webhook(Box::new(Webhook { org, id, url, secret, created: now, disabled: None }));
    let changes = [Some(webhook), once.answer_with_secret(StatusCode::CREATED)];
    app.ports.store.commit(org, changes.into_iter().flatten().collect()).await?;
    Ok((StatusCode::CREATED, Json(Success::new(added, "Webhook added."))))
}

/// Lists the webhooks, oldest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    params(("v" = ApiVersion, Path)),
    responses((status = 200, description = "The webhooks", body = WebhooksEnvelope), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn list(State(app): State<App>, Administrator(caller): Administrator) -> Result<Json<WebhooksEnvelope>, ApiError> {
    let organisation = app.ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let webhooks = app.ports.webhooks.webhooks(caller.org).await?;
    let webhooks = webhooks.into_iter().map(|webhook| out(webhook, organisation.time_zone)).collect();
    Ok(Json(WebhooksEnvelope { webhooks }))
}

/// Removes a webhook. Messages that have not arrived are given up.
#[utoipa::path(
    delete,
    path = "/crm/bulk/{v}/backup/webhooks/{id}",
    operation_id = "remove_webhook",
    tag = "webhooks",
    params(("v" = ApiVersion, Path), ("id" = String, Path, description = "The webhook")),
    responses((status = 200, description = "Removed", body = Success<WebhookRef>), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn remove(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<Success<WebhookRef>>, ApiError> {
    let webhook = find(&app.ports, caller.org, &id).await?;
    app.ports.webhooks.delete_webhook(caller.org, webhook.id).await?;
    Ok(Json(Success::new(WebhookRef { id }, "Webhook removed.")))
}

/// Sends a test message, within a minute. A webhook that was disabled is active again.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/webhooks/{id}/actions/test",
    operation_id = "test_webhook",
    tag = "webhooks",
    params(("v" = ApiVersion, Path), ("id" = String, Path, description = "The webhook")),
    responses((status = 200, description = "The message will be sent", body = Success<WebhookRef>), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn test(
    State(app): State<App>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<Success<WebhookRef>>, ApiError> {
    let webhook = find(&app.ports, caller.org, &id).await?;
    let now = app.ports.clock.now();
    let body = json!({ "type": "backup.test", "timestamp": now, "data": { "organisation": { "id": caller.org } } }).to_string();
    let event = EventId(app.ports.ids.next(now));
    let delivery = Delivery { org: caller.org, webhook: webhook.id, event, body, attempts: 0, next: now };
    let answer = Success::new(WebhookRef { id }, "A test message is on its way.");
    let enabled = webhook.disabled.map(|_| Change::Webhook(Box::new(Webhook { disabled: None, ..webhook })));
    let changes = [Some(Change::Delivery(Box::new(delivery))), enabled, once.answer(StatusCode::OK, &answer)];
    app.ports.store.commit(caller.org, changes.into_iter().flatten().collect()).await?;
    Ok(Json(answer))
}

async fn find(ports: &Ports, org: OrgId, id: &str) -> Result<Webhook, ApiError> {
    let id: WebhookId = id.parse().map_err(|_| ApiError::not_found())?;
    let webhooks = ports.webhooks.webhooks(org).await?;
    webhooks.into_iter().find(|webhook| webhook.id == id).ok_or_else(ApiError::not_found)
}

/// Refuses what can be told to be wrong before a message is posted; the rest shows when it is.
fn checked(url: String, addresses: Addresses) -> Result<String, ApiError> {
    let invalid = |message: &str| ApiError::invalid_data("url", "$.webhook.url", message);
    let form = "url is an https address of at most 2,000 characters, without user name: https://example.com/hooks/backup.";
    let uri: Uri = url.parse().map_err(|_| invalid(form))?;
    let is_scheme = uri.scheme_str() == Some("https") || (addresses == Addresses::Any && uri.scheme_str() == Some("http"));
    let authority = uri.authority().filter(|authority| is_scheme && !authority.as_str().contains('@'));
    let host = authority.map(|authority| authority.host()).filter(|host| !host.is_empty() && url.len() <= LONGEST_URL);
    let host = host.ok_or_else(|| invalid(form))?.trim_start_matches('[').trim_end_matches(']');
    let is_local = host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    let is_refused = host.parse().map_or(is_local && addresses == Addresses::Public, |address| !addresses.allow(address));
    if is_refused { Err(invalid("Private, local and reserved addresses cannot be called.").because("private")) } else { Ok(url) }
}

fn out(webhook: Webhook, zone: Tz) -> WebhookOut {
    let status = if webhook.disabled.is_some() { "disabled" } else { "active" };
    let created_time = local_time(webhook.created, zone);
    WebhookOut { id: webhook.id.to_string(), url: webhook.url, status, created_time }
}
