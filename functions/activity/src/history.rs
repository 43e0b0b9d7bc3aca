//! `GET backup/history`: one year of events, newest first, by pages.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use chrono::Duration;
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, Params, PersonOut, local_time};
use hozon_shared::domain::event::{Event, What};
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::ports::{EventQuery, Ports};
use serde_json::{Value, json};

/// Most records of a page, and as many as it has unless asked for fewer.
const MOST_PER_PAGE: usize = 200;
/// Pages beyond this one are refused: history is kept for one year only.
const LAST_PAGE: usize = 500;

pub async fn handle(
    State(ports): State<Ports>,
    Administrator(caller): Administrator,
    Params(params): Params<HashMap<String, String>>,
) -> Result<Json<Value>, ApiError> {
    let page = number(&params, "page", 1, LAST_PAGE)?;
    let per_page = number(&params, "per_page", MOST_PER_PAGE, MOST_PER_PAGE)?;
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let kept_since = ports.clock.now() - Duration::days(365);
    let found = ports.store.events(caller.org, EventQuery { before: None, limit: page * per_page + 1 }).await?;
    let kept: Vec<Event> = found.events.into_iter().take_while(|event| event.at >= kept_since).collect();
    let more = kept.len() > page * per_page;
    let records: Vec<Value> =
        kept.iter().skip((page - 1) * per_page).take(per_page).map(|event| record(event, organisation.time_zone)).collect();
    let info = json!({ "per_page": per_page, "count": records.len(), "page": page, "more_records": more });
    Ok(Json(json!({ "history": records, "info": info })))
}

fn number(params: &HashMap<String, String>, name: &'static str, default: usize, most: usize) -> Result<usize, ApiError> {
    let Some(text) = params.get(name) else { return Ok(default) };
    let value = text.parse().ok().filter(|value| (1..=most).contains(value));
    value.ok_or_else(|| ApiError::invalid_param(name, format!("{name} is a whole number from 1 to {most}.")))
}

fn record(event: &Event, zone: Tz) -> Value {
    let (state, action, file_name) = match &event.what {
        What::ScheduleSet { .. } | What::ScheduleChanged { .. } => (None, Some("scheduled"), None),
        What::ScheduleStopped { .. } => (None, Some("stopped"), None),
        What::BackupStarted { repeat: RepeatType::Immediate, .. } => (None, Some("scheduled"), None),
        What::BackupReady { files, .. } => (Some("completed"), None, Some(files.join(", "))),
        What::BackupFailed { .. } | What::BackupSkipped { .. } | What::BackupMissed { .. } => (Some("failure"), None, None),
        What::DownloadStarted { file, .. } => (None, None, Some(file.clone())),
        What::BackupStarted { .. } => (None, None, None),
    };
    json!({
        "id": event.id,
        "done_by": PersonOut::from(&event.by),
        "log_time": local_time(event.at, zone),
        "state": state,
        "action": action,
        "repeat_type": event.what.repeat(),
        "file_name": file_name,
        "count": null,
        "kind": event.what.name(),
    })
}
