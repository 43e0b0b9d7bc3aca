//! Adding, listing, testing and removing webhooks. The `notify` function sends the messages.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::uri::{Authority, Uri};
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{WebhookFormat, WebhookStatus};
use hozon_shared::api::{Administrator, ApiError, Body, LocalTime, Once, Success, local_time};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::change::Lock;
use hozon_shared::domain::chat::ChatMessage;
use hozon_shared::domain::delivery::{Delivery, DeliveryId, Receiver};
use hozon_shared::domain::id::{EventId, OrgId, WebhookId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::webhook::{Secret, Webhook, WebhookKind, free_slot};
use hozon_shared::ports::{Change, ErrorKind, PortError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::ports::SchedulePorts;

const LONGEST_URL: usize = 2000;
/// Attempts to acquire a free slot.
const ATTEMPTS: usize = 20;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookRequest {
    webhook: WantedWebhook,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedWebhook {
    /// URL to which messages are posted: HTTPS, on the public internet.
    #[schema(example = "https://example.com/hooks/backup")]
    url: String,
    /// The format of its messages; `json` where it is left out.
    #[schema(value_type = Option<WebhookFormat>)]
    kind: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Added {
    id: String,
    /// Signing secret as defined by the Standard Webhooks specification, shown only once. Chat channels have none: their messages are not
    /// signed.
    #[schema(example = "whsec_...")]
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct WebhooksEnvelope {
    webhooks: Vec<WebhookOut>,
}

#[derive(Serialize, ToSchema)]
struct WebhookOut {
    id: String,
    /// Where messages are posted. The address of a chat channel is a secret, of which the host and the last four characters are shown.
    url: String,
    #[schema(value_type = WebhookFormat)]
    kind: &'static str,
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
    request_body = WebhookRequest,
    responses((status = 201, description = "Added; the secret is shown only once", body = Success<Added>)),
)]
pub async fn add(
    State(app): State<App>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<(StatusCode, Json<Success<Added>>), ApiError> {
    if once.is_repeat() {
        let message =
            "The webhook was added, and its secret is shown only once. Remove it and add it again if you have not seen it.";
        return Err(ApiError::answer_not_kept(message));
    }
    let request: WebhookRequest = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let kind = request.webhook.kind.as_deref().map_or(Ok(WebhookKind::Json), known_kind)?;
    let url = checked(request.webhook.url, app.addresses)?;
    let now = app.ports.clock.now();
    let secret = Secret::of(app.ports.secrets.token().as_bytes());
    let (id, org) = (WebhookId(app.ports.ids.next(now)), caller.org);
    let added = Added { id: id.to_string(), secret: (!kind.is_chat()).then(|| secret.reveal().to_owned()) };
    let webhook = Webhook { org, id, url, secret, created: now, disabled: None, slot: None, kind };
    acquire_slot(&app.ports, webhook, &once).await?;
    Ok((StatusCode::CREATED, Json(Success::new(added, "Webhook added."))))
}

/// Stores a webhook together with the lock of a free slot, so that concurrent requests cannot exceed the limit.
async fn acquire_slot(ports: &SchedulePorts, webhook: Webhook, once: &Once) -> Result<(), ApiError> {
    for _ in 0..ATTEMPTS {
        let Some(slot) = free_slot(&ports.webhooks.webhooks(webhook.org).await?) else {
            return Err(ApiError::not_allowed("An organisation can have at most 5 webhooks. Remove one first."));
        };
        let place = Change::Acquire(Lock::Webhook { slot, id: webhook.id });
        let written = Change::Webhook(Box::new(Webhook { slot: Some(slot), ..webhook.clone() }));
        let changes = [Some(place), Some(written), once.answer_with_secret(StatusCode::CREATED)];
        match ports.store.commit(webhook.org, changes.into_iter().flatten().collect()).await {
            Ok(()) => return Ok(()),
            Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Unavailable) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(PortError::new(ErrorKind::Unavailable, "add a webhook while others are added").into())
}

/// Lists the webhooks, oldest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/webhooks",
    operation_id = "list_webhooks",
    tag = "webhooks",
    responses((status = 200, description = "The webhooks", body = WebhooksEnvelope)),
)]
pub async fn list(State(app): State<App>, Administrator(caller): Administrator) -> Result<Json<WebhooksEnvelope>, ApiError> {
    let organisation = app.ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let webhooks = app.ports.webhooks.webhooks(caller.org).await?;
    let webhooks = webhooks.into_iter().map(|webhook| out(webhook, organisation.time_zone)).collect();
    Ok(Json(WebhooksEnvelope { webhooks }))
}

/// Removes a webhook and discards its pending deliveries.
#[utoipa::path(
    delete,
    path = "/crm/bulk/{v}/backup/webhooks/{id}",
    operation_id = "remove_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook")),
    responses((status = 200, description = "Removed", body = Success<WebhookRef>)),
)]
pub async fn remove(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<Success<WebhookRef>>, ApiError> {
    let webhook = find(&app.ports, caller.org, &id).await?;
    let freed = webhook.slot.map(|slot| Change::Release(Lock::Webhook { slot, id: webhook.id }));
    let changes = [freed, Some(Change::WebhookRemoved(webhook.id))];
    match app.ports.store.commit(caller.org, changes.into_iter().flatten().collect()).await {
        // Another request has just removed it.
        Err(error) if error.kind == ErrorKind::Conflict => Err(ApiError::not_found()),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(Json(Success::new(WebhookRef { id }, "Webhook removed."))),
    }
}

/// Sends a test message within a minute, and enables a disabled webhook.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/webhooks/{id}/actions/test",
    operation_id = "test_webhook",
    tag = "webhooks",
    params(("id" = String, Path, description = "The webhook")),
    responses((status = 200, description = "The message will be sent", body = Success<WebhookRef>)),
)]
pub async fn test(
    State(app): State<App>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<Success<WebhookRef>>, ApiError> {
    let webhook = find(&app.ports, caller.org, &id).await?;
    let organisation = app.ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let now = app.ports.clock.now();
    let message = test_message(&organisation, organisation.locale.unwrap_or(caller.locale));
    let json = || json!({ "type": "backup.test", "timestamp": now, "data": { "organisation": { "id": caller.org } } });
    let body = message.body(webhook.kind).unwrap_or_else(json).to_string();
    let event = EventId(app.ports.ids.next(now));
    let id_of_delivery = DeliveryId { org: caller.org, event, receiver: Receiver::Webhook(webhook.id) };
    let delivery = Delivery::new(id_of_delivery, Some(body), now);
    let answer = Success::new(WebhookRef { id }, "A test message will be sent.");
    let enabled = webhook.disabled.map(|_| Change::Webhook(Box::new(Webhook { disabled: None, ..webhook })));
    let changes = [Some(Change::Delivery(Box::new(delivery))), enabled, once.answer(StatusCode::OK, &answer)];
    app.ports.store.commit(caller.org, changes.into_iter().flatten().collect()).await?;
    Ok(Json(answer))
}

/// The test message of a chat channel.
fn test_message(organisation: &Organisation, locale: Locale) -> ChatMessage {
    let (title, paragraph, footer) = match locale {
        Locale::En => ("Test message", "This channel receives notices about backups.", "Hozon backups of"),
        Locale::Ja => ("テストメッセージ", "このチャンネルに、バックアップの通知が届きます。", "Hozon（保存）バックアップ"),
    };
    let footer = format!("{footer} {}", organisation.name);
    ChatMessage { locale, title: title.to_owned(), paragraphs: vec![paragraph.to_owned()], footer }
}

async fn find(ports: &SchedulePorts, org: OrgId, id: &str) -> Result<Webhook, ApiError> {
    let id: WebhookId = id.parse().map_err(|_| ApiError::not_found())?;
    let webhooks = ports.webhooks.webhooks(org).await?;
    webhooks.into_iter().find(|webhook| webhook.id == id).ok_or_else(ApiError::not_found)
}

fn known_kind(name: &str) -> Result<WebhookKind, ApiError> {
    let known = WebhookKind::ALL.into_iter().find(|kind| kind.name() == name);
    known.ok_or_else(|| ApiError::invalid_data("kind", "$.webhook.kind", "kind is json, slack or teams."))
}

/// Validates a URL as far as possible before a message is posted. Name resolution is checked for each message.
fn checked(url: String, addresses: Addresses) -> Result<String, ApiError> {
    let invalid = |message: &str| ApiError::invalid_data("url", "$.webhook.url", message);
    let form =
        "Set url to an HTTPS address of at most 2,000 characters without a user name, such as https://example.com/hooks/backup.";
    let uri: Uri = url.parse().map_err(|_| invalid(form))?;
    let is_scheme = uri.scheme_str() == Some("https") || (addresses == Addresses::Any && uri.scheme_str() == Some("http"));
    let authority = uri.authority().filter(|authority| is_scheme && !authority.as_str().contains('@'));
    let host = authority.map(|authority| authority.host()).filter(|host| !host.is_empty() && url.len() <= LONGEST_URL);
    let host = host.ok_or_else(|| invalid(form))?.trim_start_matches('[').trim_end_matches(']');
    if authority.is_some_and(|authority| !has_usable_port(authority)) {
        return Err(invalid("Set the port of url to a number from 1 to 65535."));
    }
    match host.parse() {
        Ok(address) if !addresses.allow(address) => {
            Err(invalid("Private, local and reserved addresses cannot be called.").because("private"))
        }
        Err(_) if !addresses.allow_name(host) => {
            Err(invalid("This host name does not belong to the public internet and cannot be called.").because("private"))
        }
        _ => Ok(url),
    }
}

fn has_usable_port(authority: &Authority) -> bool {
    let is_named = authority.as_str().rsplit(']').next().is_some_and(|rest| rest.contains(':'));
    !is_named || authority.port_u16().is_some_and(|port| port > 0)
}

fn out(webhook: Webhook, zone: Tz) -> WebhookOut {
    let status = if webhook.disabled.is_some() { "disabled" } else { "active" };
    let created_time = local_time(webhook.created, zone);
    WebhookOut { id: webhook.id.to_string(), url: webhook.shown_url(), kind: webhook.kind.name(), status, created_time }
}
