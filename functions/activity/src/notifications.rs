//! Notifications of the administrator who asks (R8), and their read mark.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, Body, local_time};
use hozon_shared::domain::event::{Event, What};
use hozon_shared::domain::id::EventId;
use hozon_shared::ports::{EventQuery, Ports};
use serde::Deserialize;
use serde_json::{Value, json};

/// Notifications are looked for among this many of the newest events.
const LOOK_BACK: usize = 200;

pub async fn list(State(ports): State<Ports>, Administrator(caller): Administrator) -> Result<Json<Value>, ApiError> {
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let read_until = ports.marks.read_until(caller.org, caller.person.id).await?;
    let found = ports.store.events(caller.org, EventQuery { before: None, limit: LOOK_BACK }).await?;
    let mine = found.events.iter().filter(|event| event.what.notifies() && event.by.id == caller.person.id);
    let is_read = |event: &Event| read_until.is_some_and(|until| event.id <= until);
    let list: Vec<Value> = mine.map(|event| notification(event, is_read(event), organisation.time_zone)).collect();
    let unread = list.iter().filter(|entry| entry["read"] == false).count();
    Ok(Json(json!({ "notifications": list, "info": { "count": list.len(), "unread": unread } })))
}

fn notification(event: &Event, read: bool, zone: Tz) -> Value {
    let (kind, failure) = match &event.what {
        What::BackupReady { .. } => ("ready", None),
        What::BackupFailed { failure, .. } => ("failed", Some(failure)),
        _ => ("archiving", None),
    };
    let time = local_time(event.at, zone);
    json!({ "id": event.id, "kind": kind, "backup": { "id": event.what.backup() }, "time": time, "failure": failure, "read": read })
}

#[derive(Deserialize)]
struct MarkRead {
    notifications: Until,
}

#[derive(Deserialize)]
struct Until {
    read_until: EventId,
}

/// Marks everything up to and with one notification as read.
pub async fn mark_read(
    State(ports): State<Ports>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let body: MarkRead = serde_json::from_slice(&body).map_err(|_| {
        ApiError::invalid_data(
            "read_until",
            "$.notifications.read_until",
            "Send {\"notifications\":{\"read_until\":\"<id of a notification>\"}}.",
        )
    })?;
    ports.marks.mark_read(caller.org, caller.person.id, body.notifications.read_until).await?;
    let details = json!({ "read_until": body.notifications.read_until });
    Ok(Json(json!({ "code": "SUCCESS", "details": details, "message": "Marked as read.", "status": "success" })))
}
