//! Notifications of the administrator who asks (R8), and their read mark.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, ApiVersion, Body, FailureOut, Refusals, Success, local_time};
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::event::{Event, What};
use hozon_shared::domain::id::EventId;
use hozon_shared::ports::{EventQuery, Ports};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Notifications are looked for among this many of the newest events.
const LOOK_BACK: usize = 200;

#[derive(Serialize, ToSchema)]
pub struct NotificationsEnvelope {
    notifications: Vec<Notification>,
    info: Unread,
}

#[derive(Serialize, ToSchema)]
struct Unread {
    count: usize,
    unread: usize,
}

#[derive(Serialize, ToSchema)]
struct Notification {
    id: String,
    /// scheduled, changed, stopped, archiving, ready, failed, skipped or missed.
    #[schema(example = "ready")]
    kind: &'static str,
    /// The backup that it is about, where there is one.
    backup: Option<BackupRef>,
    time: String,
    /// Why a backup failed and what to do.
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
    read: bool,
}

#[derive(Serialize, ToSchema)]
struct BackupRef {
    id: String,
}

/// Lists the caller's notifications, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/notifications",
    operation_id = "list_notifications",
    params(("v" = ApiVersion, Path)),
    responses((status = 200, body = NotificationsEnvelope), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn list(
    State(ports): State<Ports>,
    Administrator(caller): Administrator,
) -> Result<Json<NotificationsEnvelope>, ApiError> {
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let read_until = ports.marks.read_until(caller.org, caller.person.id).await?;
    let found = ports.store.events(caller.org, EventQuery { before: None, limit: LOOK_BACK }).await?;
    let mine = found.events.iter().filter(|event| event.by.id == caller.person.id);
    let is_read = |event: &Event| read_until.is_some_and(|until| event.id <= until);
    let zone = organisation.time_zone;
    let notifications: Vec<_> = mine.filter_map(|event| notification(event, is_read(event), zone)).collect();
    let unread = notifications.iter().filter(|notification| !notification.read).count();
    let info = Unread { count: notifications.len(), unread };
    Ok(Json(NotificationsEnvelope { notifications, info }))
}

fn notification(event: &Event, read: bool, zone: Tz) -> Option<Notification> {
    let kind = event.what.notification()?;
    let failure = match &event.what {
        What::BackupFailed { failure, .. } => Some(failure.clone()),
        _ => None,
    };
    let backup = event.what.backup().map(|id| BackupRef { id: id.to_string() });
    Some(Notification { id: event.id.to_string(), kind, backup, time: local_time(event.at, zone), failure, read })
}

#[derive(Deserialize, ToSchema)]
pub struct MarkRead {
    notifications: Until,
}

#[derive(Deserialize, ToSchema)]
struct Until {
    /// Id of the newest notification that was read.
    #[schema(value_type = String)]
    read_until: EventId,
}

#[derive(Serialize, ToSchema)]
pub struct Marked {
    read_until: String,
}

/// Marks everything up to and with one notification as read.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/notifications/actions/mark_read",
    operation_id = "mark_notifications_read",
    params(("v" = ApiVersion, Path)),
    request_body = MarkRead,
    responses((status = 200, body = Success<Marked>), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn mark_read(
    State(ports): State<Ports>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<Success<Marked>>, ApiError> {
    let body: MarkRead = serde_json::from_slice(&body).map_err(|_| {
        ApiError::invalid_data(
            "read_until",
            "$.notifications.read_until",
            "Send {\"notifications\":{\"read_until\":\"<id of a notification>\"}}.",
        )
    })?;
    let until = body.notifications.read_until;
    ports.marks.mark_read(caller.org, caller.person.id, until).await?;
    Ok(Json(Success::new(Marked { read_until: until.to_string() }, "Marked as read.")))
}
