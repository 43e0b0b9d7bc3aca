//! `GET backup/summary`: everything that the console's first screen shows, in one answer, with an ETag for polling.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{self, RepeatKind, RunOutcome};
use hozon_shared::api::{
    Administrator, ApiError, ApiVersion, BackupOut, LocalTime, PersonOut, Refusals, local_time, tag_of, unless_known,
};
use hozon_shared::domain::backup::{Backup, Status};
use hozon_shared::domain::estimate::{SAMPLES, estimated_seconds};
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::forecast::Forecast;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::progress::{Amount, seconds_left};
use hozon_shared::domain::rule::{RepeatType, Rule};
use hozon_shared::domain::schedule::{Schedule, Status as ScheduleStatus};
use hozon_shared::notices::Notices;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::allowance::{AllowanceOut, Means};
use super::{App, etag};

/// Runs that are shown ahead.
pub const NEXT_RUNS: usize = 5;
/// Months of the calendar, this one included.
const CALENDAR_MONTHS: u32 = 3;

#[derive(Serialize, ToSchema)]
pub struct SummaryEnvelope {
    summary: Summary,
}

/// The state of backups at a glance.
#[derive(Serialize, ToSchema)]
struct Summary {
    /// The time now; what is left until something is counted from it.
    now: LocalTime,
    /// The zone of all times.
    time_zone: String,
    /// The organisation's name.
    organisation: String,
    /// Who asks.
    user: PersonOut,
    notifications: NoticesOut,
    /// The schedule that goes on; null when there is none.
    schedule: Option<ScheduleOut>,
    /// The newest backup; null when there was none.
    backup: Option<NewestBackup>,
    /// While the newest backup is being made: the one before it.
    last: Option<NewestBackup>,
    /// How many seconds the next backup will probably take, judged by earlier ones; null before one is completed.
    estimated_seconds: Option<u64>,
    allowance: AllowanceOut,
    /// How the runs since the beginning of last month ended, newest first.
    past_runs: Vec<PastRun>,
}

/// A run that is over.
#[derive(Serialize, ToSchema)]
struct PastRun {
    /// When it ended, or when it would have begun.
    time: LocalTime,
    #[schema(value_type = RunOutcome)]
    outcome: &'static str,
}

/// The caller's notifications, in short.
#[derive(Serialize, ToSchema)]
struct NoticesOut {
    unread: usize,
    /// Id of the newest one.
    newest: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ScheduleOut {
    id: String,
    #[serde(rename = "type")]
    #[schema(value_type = RepeatKind)]
    repeat: RepeatType,
    rrule: String,
    sentence: Sentence,
    #[schema(value_type = closed_sets::ScheduleStatus)]
    status: ScheduleStatus,
    /// Hours and minutes in that zone.
    time_of_day: String,
    start_date: Option<LocalTime>,
    next_runs: Vec<LocalTime>,
    /// All runs until the end of the month after next.
    calendar: Vec<LocalTime>,
    /// Those of them that will be skipped as things stand, because nothing will be left to use.
    skips: Vec<LocalTime>,
    requester: PersonOut,
    /// For If-Match.
    etag: String,
}

/// The rule in words.
#[derive(Serialize, ToSchema)]
pub struct Sentence {
    #[schema(example = "every other Monday")]
    en: String,
    #[schema(example = "隔週の月曜日")]
    ja: String,
}

impl Sentence {
    /// Says a rule.
    pub fn of(rule: Rule) -> Self {
        Self { en: rule.sentence(Locale::En), ja: rule.sentence(Locale::Ja) }
    }
}

/// A backup, and how far it is.
#[derive(Serialize, ToSchema)]
struct NewestBackup {
    #[serde(flatten)]
    backup: BackupOut,
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
    tag = "overview",
    params(
        ("v" = ApiVersion, Path),
        ("If-None-Match" = Option<String>, Header, description = "ETag of the answer that the caller has"),
    ),
    responses(
        (status = 200, description = "The summary", body = SummaryEnvelope, headers(("ETag" = String))),
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
    let means = Means::read(&app, &organisation, now).await?;
    let schedule = app.active_schedule(caller.org).await?;
    let schedule = schedule.map(|schedule| {
        let ahead = means.forecast(&app, &organisation, schedule.recurrence.rule);
        schedule_out(&schedule, &organisation, &ahead, now)
    });
    let backups = app.ports.store.backups(caller.org, SAMPLES + 1).await?;
    let estimated_seconds = estimated_seconds(&backups);
    let (backup, last) = newest_backups(&app, &organisation, backups, now).await?;
    let news = Notices::of(&app.ports, caller.org, caller.person.id).await?;
    let summary = Summary {
        now: local_time(now, organisation.time_zone),
        time_zone: organisation.time_zone.name().to_owned(),
        organisation: organisation.name.clone(),
        user: PersonOut::from(&caller.person),
        notifications: notices(&news),
        schedule,
        backup,
        last,
        estimated_seconds,
        allowance: means.written(&app, &organisation, now),
        past_runs: past_runs(&news, &organisation, now),
    };
    let answer = json!(SummaryEnvelope { summary });
    let tag = tag_of(&without_passing_time(answer.clone()));
    Ok(unless_known(&headers, tag, answer))
}

/// Time passes by itself; only what the time left is estimated from is news.
fn without_passing_time(mut answer: Value) -> Value {
    answer["summary"]["now"].take();
    if let Some(progress) = answer.pointer_mut("/summary/backup/progress").and_then(Value::as_object_mut) {
        progress.remove("seconds_left");
    }
    answer
}

fn schedule_out(schedule: &Schedule, organisation: &Organisation, ahead: &Forecast, now: DateTime<Utc>) -> ScheduleOut {
    let (rule, zone) = (schedule.recurrence.rule, organisation.time_zone);
    let times = |runs: Vec<DateTime<Utc>>| runs.into_iter().map(|at| local_time(at, zone)).collect();
    let calendar = calendar(schedule, organisation, now);
    ScheduleOut {
        id: schedule.id.to_string(),
        repeat: rule.repeat_type(),
        rrule: rule.to_string(),
        sentence: Sentence::of(rule),
        status: schedule.status,
        time_of_day: schedule.recurrence.time.format("%H:%M").to_string(),
        start_date: schedule.recurrence.occurrences().next().map(|first| local_time(first, zone)),
        next_runs: times(schedule.recurrence.upcoming(now, NEXT_RUNS)),
        skips: times(ahead.skipped(calendar.iter().copied())),
        calendar: times(calendar),
        requester: PersonOut::from(&schedule.requester),
        etag: etag::of_schedule(schedule),
    }
}

/// The runs of this month and the next ones, as far as the calendar shows them.
fn calendar(schedule: &Schedule, organisation: &Organisation, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let zone = organisation.time_zone;
    let last = month_of(now, zone) + i64::from(CALENDAR_MONTHS) - 1;
    let ahead = schedule.recurrence.occurrences().skip_while(|at| *at <= now).take_while(|at| month_of(*at, zone) <= last);
    ahead.collect()
}

fn notices(news: &Notices) -> NoticesOut {
    NoticesOut { unread: news.unread(), newest: news.events.first().map(|event| event.id.to_string()) }
}

/// The runs that the calendar shows: those of this month and the last.
fn past_runs(news: &Notices, organisation: &Organisation, now: DateTime<Utc>) -> Vec<PastRun> {
    let zone = organisation.time_zone;
    let shown = news.runs.iter().filter_map(|event| {
        let (time, outcome) = match &event.what {
            EventKind::BackupSkipped { occurrence, .. } => (*occurrence, "skipped"),
            EventKind::BackupMissed { occurrence, .. } => (*occurrence, "missed"),
            EventKind::BackupFailed { .. } => (event.at, "failed"),
            _ => (event.at, "ready"),
        };
        (month_of(time, zone) + 1 >= month_of(now, zone)).then(|| PastRun { time: local_time(time, zone), outcome })
    });
    shown.collect()
}

/// The months up to then.
fn month_of(at: DateTime<Utc>, zone: Tz) -> i64 {
    let local = at.with_timezone(&zone);
    i64::from(local.year()) * 12 + i64::from(local.month0())
}

/// The newest backup, and the one before it while that one is being made.
async fn newest_backups(
    app: &App,
    organisation: &Organisation,
    backups: Vec<Backup>,
    now: DateTime<Utc>,
) -> Result<Newest, ApiError> {
    let mut found = backups.into_iter();
    let Some(newest) = found.next() else { return Ok((None, None)) };
    let is_running = newest.status == Status::Inprogress;
    let last = match found.next().filter(|_| is_running) {
        Some(last) => Some(with_progress(app, organisation, last, now).await?),
        None => None,
    };
    Ok((Some(with_progress(app, organisation, newest, now).await?), last))
}

type Newest = (Option<NewestBackup>, Option<NewestBackup>);

async fn with_progress(
    app: &App,
    organisation: &Organisation,
    backup: Backup,
    now: DateTime<Utc>,
) -> Result<NewestBackup, ApiError> {
    let done = app.ports.progress.done(organisation.id, backup.id).await?;
    let left = backup.total.zip(backup.started).and_then(|(total, at)| seconds_left(done, total, at, now));
    let progress = ProgressOut { done, total: backup.total, seconds_left: left };
    Ok(NewestBackup { backup: BackupOut::of(&backup, organisation.time_zone, now), progress })
}
