//! `GET backup/summary`: everything that the console's first screen shows, in one answer, with an ETag for polling.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, ApiVersion, FailureOut, PersonOut, Refusals, local_time};
use hozon_shared::domain::backup::{Backup, Failure, Status};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::progress::{Amount, seconds_left};
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::domain::schedule::{Schedule, Status as ScheduleStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::allowance::{self, AllowanceOut};
use super::{App, etag};

/// Runs that are shown ahead.
const NEXT_RUNS: usize = 5;

#[derive(Serialize, ToSchema)]
pub struct SummaryEnvelope {
    summary: Summary,
}

/// The state of backups at a glance.
#[derive(Serialize, ToSchema)]
struct Summary {
    /// The zone of all times.
    time_zone: String,
    /// The schedule that goes on; null when there is none.
    schedule: Option<ScheduleOut>,
    /// The newest backup; null when there was none.
    backup: Option<BackupOut>,
    allowance: AllowanceOut,
}

#[derive(Serialize, ToSchema)]
struct ScheduleOut {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "biweekly")]
    repeat: RepeatType,
    rrule: String,
    sentence: Sentence,
    #[schema(value_type = String, example = "SCHEDULED")]
    status: ScheduleStatus,
    /// Hours and minutes in that zone.
    time_of_day: String,
    start_date: Option<String>,
    next_runs: Vec<String>,
    requester: PersonOut,
    /// For If-Match.
    etag: String,
}

/// The rule in words.
#[derive(Serialize, ToSchema)]
struct Sentence {
    #[schema(example = "every other Monday")]
    en: String,
    #[schema(example = "隔週の月曜日")]
    ja: String,
}

#[derive(Serialize, ToSchema)]
struct BackupOut {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "immediate")]
    repeat: RepeatType,
    #[schema(value_type = String, example = "COMPLETED")]
    status: Status,
    requester: PersonOut,
    created_time: String,
    finished_time: Option<String>,
    expiry_date: String,
    #[schema(value_type = Option<FailureOut>)]
    failure: Option<Failure>,
    progress: ProgressOut,
}

#[derive(Serialize, ToSchema)]
struct ProgressOut {
    #[schema(value_type = AmountOut)]
    done: Amount,
    /// Null until the work is planned.
    #[schema(value_type = Option<AmountOut>)]
    total: Option<Amount>,
    /// Null before there is a rate.
    seconds_left: Option<u64>,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the domain's amount")]
struct AmountOut {
    items: u64,
    rows: u64,
    bytes: u64,
}

/// The schedule, the newest backup with its progress, and the allowance.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/summary",
    operation_id = "get_summary",
    params(
        ("v" = ApiVersion, Path),
        ("If-None-Match" = Option<String>, Header, description = "ETag of the answer that the caller has"),
    ),
    responses(
        (status = 200, body = SummaryEnvelope, headers(("ETag" = String))),
        (status = 304, description = "Nothing has changed but the time left"),
        Refusals,
    ),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let organisation = app.organisation(caller.org).await?;
    let now = app.ports.clock.now();
    let schedule = app.active_schedule(caller.org).await?.map(|schedule| schedule_out(&schedule, &organisation, now));
    let summary = Summary {
        time_zone: organisation.time_zone.name().to_owned(),
        schedule,
        backup: newest_backup(&app, &organisation, now).await?,
        allowance: allowance::read(&app, &organisation, now).await?,
    };
    let answer = json!(SummaryEnvelope { summary });
    let tag = etag::of_contents(&without_time_left(answer.clone()));
    let seen = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let headers = [(header::ETAG, tag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if seen.is_some_and(|seen| etag::matches(seen, &tag)) {
        return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    Ok((headers, Json(answer)).into_response())
}

/// The time left shrinks by itself; only what it is estimated from is news.
fn without_time_left(mut answer: Value) -> Value {
    if let Some(progress) = answer.pointer_mut("/summary/backup/progress").and_then(Value::as_object_mut) {
        progress.remove("seconds_left");
    }
    answer
}

fn schedule_out(schedule: &Schedule, organisation: &Organisation, now: DateTime<Utc>) -> ScheduleOut {
    let (rule, zone) = (schedule.recurrence.rule, organisation.time_zone);
    ScheduleOut {
        id: schedule.id.to_string(),
        repeat: rule.repeat_type(),
        rrule: rule.to_string(),
        sentence: Sentence { en: rule.sentence(Locale::En), ja: rule.sentence(Locale::Ja) },
        status: schedule.status,
        time_of_day: schedule.recurrence.time.format("%H:%M").to_string(),
        start_date: schedule.recurrence.occurrences().next().map(|first| local_time(first, zone)),
        next_runs: schedule.recurrence.upcoming(now, NEXT_RUNS).into_iter().map(|at| local_time(at, zone)).collect(),
        requester: PersonOut::from(&schedule.requester),
        etag: etag::of_schedule(schedule),
    }
}

async fn newest_backup(app: &App, organisation: &Organisation, now: DateTime<Utc>) -> Result<Option<BackupOut>, ApiError> {
    let Some(backup) = app.ports.store.backups(organisation.id, 1).await?.pop() else { return Ok(None) };
    let done = app.ports.progress.done(organisation.id, backup.id).await?;
    Ok(Some(backup_out(backup, done, organisation.time_zone, now)))
}

fn backup_out(backup: Backup, done: Amount, zone: Tz, now: DateTime<Utc>) -> BackupOut {
    let time = |at: DateTime<Utc>| local_time(at, zone);
    let left = backup.total.zip(backup.started).and_then(|(total, at)| seconds_left(done, total, at, now));
    BackupOut {
        id: backup.id.to_string(),
        repeat: backup.repeat,
        status: backup.status,
        requester: PersonOut::from(&backup.requester),
        created_time: time(backup.created),
        finished_time: backup.finished.map(time),
        expiry_date: time(backup.expires()),
        progress: ProgressOut { done, total: backup.total, seconds_left: left },
        failure: backup.failure,
    }
}
