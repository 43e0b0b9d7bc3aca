//! The caller's notifications, and their read mark.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::NotificationKind;
use hozon_shared::api::{
    Administrator, ApiError, Body, ChangesOut, FailureOut, LocalTime, LossesOut, Success, local_time, tag_of, unless_known,
};
use hozon_shared::domain::backup::Failure;
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::file_name::saved_as;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::notices::Notices;
use hozon_shared::ports::ObjectRef;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::ports::ActivityPorts;

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
    #[schema(value_type = NotificationKind)]
    kind: &'static str,
    /// The backup that the notification is about.
    backup: Option<NotifiedBackup>,
    time: LocalTime,
    /// Why a backup failed, and what to do.
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
    /// What the files of a finished backup lack because it could not be read; null if the backup is complete.
    losses: Option<LossesOut>,
    /// What differs between a finished backup and the previous one; null if an older version made the backup.
    changes: Option<ChangesOut>,
    /// Links to the files of a finished backup, while they can be downloaded.
    links: Vec<Link>,
    read: bool,
}

#[derive(Serialize, ToSchema)]
struct Link {
    #[schema(example = "Data_001.zip")]
    file_name: String,
    url: String,
    /// When the link expires.
    expiry_date: LocalTime,
}

#[derive(Serialize, ToSchema)]
struct NotifiedBackup {
    id: String,
}

/// Lists the caller's notifications, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/notifications",
    operation_id = "list_notifications",
    tag = "activity",
    params(
        ("If-None-Match" = Option<String>, Header, description = "ETag of the caller's last answer"),
    ),
    responses(
        (status = 200, description = "The notifications", body = NotificationsEnvelope, headers(("ETag" = String))),
        (status = 304, description = "Unchanged; the links from the last answer stay valid"),
    ),
)]
pub async fn list(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let notices = Notices::of(&*ports.store, &*ports.marks, caller.org, caller.person.id).await?;
    let mut notifications = Vec::new();
    for event in &notices.events {
        let Some(kind) = event.what.notification() else { continue };
        let links = links(&ports, &organisation, event).await?;
        notifications.push(notification(event, kind, links, notices.is_read(event), organisation.time_zone));
    }
    let info = Unread { count: notifications.len(), unread: notices.unread() };
    let answer = json!(NotificationsEnvelope { notifications, info });
    let tag = tag_of(&without_links(answer.clone()));
    Ok(unless_known(&headers, tag, answer))
}

/// Replaces links by their number. Each answer signs its links anew, which must not change the entity tag.
fn without_links(mut answer: Value) -> Value {
    for notification in answer["notifications"].as_array_mut().into_iter().flatten() {
        let count = notification["links"].as_array().map(Vec::len);
        notification["links"] = json!(count);
    }
    answer
}

/// Returns links to the files of a finished backup, until they expire.
async fn links(ports: &ActivityPorts, organisation: &Organisation, event: &Event) -> Result<Vec<Link>, ApiError> {
    let now = ports.clock.now();
    let (EventKind::BackupReady { backup, expires, .. } | EventKind::LinksEnding { backup, expires, .. }) = &event.what else {
        return Ok(Vec::new());
    };
    let backup = if now < *expires { ports.store.backup(organisation.id, *backup).await? } else { None };
    let Some(backup) = backup.filter(|backup| backup.can_be_downloaded(now)) else { return Ok(Vec::new()) };
    let valid = (backup.expires() - now).to_std().unwrap_or_default();
    let expiry_date = local_time(backup.expires(), organisation.time_zone);
    let mut links = Vec::new();
    for file in backup.files {
        let name = saved_as(&organisation.name, organisation.time_zone, backup.created, &file.name);
        let url = ports.links.sign(&ObjectRef::archives(file.key), &name, now, valid).await?;
        links.push(Link { file_name: file.name, url, expiry_date: expiry_date.clone() });
    }
    Ok(links)
}

fn notification(event: &Event, kind: &'static str, links: Vec<Link>, read: bool, zone: Tz) -> Notification {
    let failure = match &event.what {
        EventKind::BackupFailed { failure, .. } => Some(failure.clone()),
        _ => None,
    };
    let losses = event.what.losses().map(LossesOut::from);
    let changes = event.what.changes().map(ChangesOut::from);
    let backup = event.what.backup().map(|id| NotifiedBackup { id: id.to_string() });
    let (id, time) = (event.id.to_string(), local_time(event.at, zone));
    Notification { id, kind, backup, time, failure, losses, changes, links, read }
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

/// Marks all notifications up to and including the given one as read.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/notifications/actions/mark_read",
    operation_id = "mark_notifications_read",
    tag = "activity",
    request_body = MarkRead,
    responses((status = 200, description = "The read mark", body = Success<Marked>)),
)]
pub async fn mark_read(
    State(ports): State<ActivityPorts>,
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
