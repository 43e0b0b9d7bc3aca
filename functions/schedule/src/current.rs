//! `GET backup` and its summary.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, Envelope, PersonOut, local_time};
use hozon_shared::domain::allowance::{Free, Month};
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::progress::{Amount, seconds_left};
use serde_json::{Value, json};

use super::App;

/// The newest backup as Zoho's reference shows it; 204 when there is none.
pub async fn backup(State(app): State<App>, Administrator(caller): Administrator) -> Result<Response, ApiError> {
    let newest = app.ports.store.backups(caller.org, 1).await?.into_iter().next();
    let Some(backup) = newest else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let answer = json!({ "backup": {
        "id": backup.id,
        "scheduled_date": null,
        "start_date": null,
        "rrule": null,
        "requester": PersonOut::from(&backup.requester),
        "status": backup.status,
    }});
    Ok(Json(answer).into_response())
}

/// The newest backup with its progress, and the allowance.
pub async fn summary(State(app): State<App>, Administrator(caller): Administrator) -> Result<Json<Value>, ApiError> {
    let organisation = app.ports.store.organisation(caller.org).await?;
    let organisation = organisation.ok_or_else(|| ApiError::not_found().envelope(Envelope::Backup))?;
    let now = app.ports.clock.now();
    let newest = app.ports.store.backups(caller.org, 1).await?.into_iter().next();
    let backup = match newest {
        Some(backup) => {
            let done = app.ports.progress.done(caller.org, backup.id).await?;
            Some(backup_out(&backup, done, organisation.time_zone, now))
        }
        None => None,
    };
    let allowance = allowance_out(&app, &caller, &organisation, now).await?;
    Ok(Json(json!({ "summary": { "backup": backup, "allowance": allowance } })))
}

fn backup_out(backup: &Backup, done: Amount, zone: Tz, now: DateTime<Utc>) -> Value {
    let time = |at: DateTime<Utc>| local_time(at, zone);
    json!({
        "id": backup.id,
        "type": "immediate",
        "status": backup.status,
        "requester": PersonOut::from(&backup.requester),
        "created_time": time(backup.created),
        "finished_time": backup.finished.map(time),
        "expiry_date": time(backup.expires()),
        "failure": backup.failure,
        "progress": {
            "done": done,
            "total": backup.total,
            "seconds_left": backup.total.zip(backup.started).and_then(|(total, at)| seconds_left(done, total, at, now)),
        },
    })
}

async fn allowance_out(app: &App, caller: &Caller, organisation: &Organisation, now: DateTime<Utc>) -> Result<Value, ApiError> {
    let month = Month::of(now, organisation.time_zone);
    let used = app.ports.store.month_use(caller.org, month).await?.used;
    Ok(match app.plans.free(&organisation.plan) {
        Free::Unlimited => json!({ "plan": organisation.plan, "free_per_month": null, "left": null }),
        Free::PerMonth(count) => {
            json!({ "plan": organisation.plan, "free_per_month": count, "left": count.saturating_sub(used) })
        }
    })
}
