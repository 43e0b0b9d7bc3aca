//! `GET backup/summary`: everything that the console's first screen shows in one answer, with an ETag for polling.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{self, RepeatKind, RunOutcome};
use hozon_shared::api::{
    Administrator, AllowanceOut, ApiError, BackupOut, LocalTime, PersonOut, local_time, tag_of, unless_known,
};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::estimate::{SAMPLES, estimated_seconds};
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::forecast::Forecast;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::progress::{Amount, CaptureProgress, seconds_left};
use hozon_shared::domain::rule::{RepeatType, Rule};
use hozon_shared::domain::schedule::{Schedule, ScheduleStatus};
use hozon_shared::notices::Notices;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;
use crate::etag;

/// Number of upcoming runs in the answer.
pub const NEXT_RUNS: usize = 5;
/// Number of months in the calendar, including the current one.
const CALENDAR_MONTHS: u32 = 3;

#[derive(Serialize, ToSchema)]
pub struct SummaryEnvelope {
    summary: Summary,
}

/// The current state of backups.
#[derive(Serialize, ToSchema)]
struct Summary {
    /// The current time, from which remaining times are computed.
    now: LocalTime,
    /// The time zone of all times.
    time_zone: String,
    /// The organisation's name.
    organisation: String,
    /// The caller.
    user: PersonOut,
    notifications: NoticesOut,
    /// The active schedule; null if there is none.
    schedule: Option<ScheduleOut>,
    /// The newest backup; null if there is none.
    backup: Option<NewestBackup>,
    /// The backup before the newest one, while that is in progress.
    last: Option<NewestBackup>,
    /// Estimated duration of the next backup in seconds, from earlier backups; null before the first completed backup.
    estimated_seconds: Option<u64>,
    allowance: AllowanceOut,
    /// Outcomes of the runs since the beginning of last month, newest first.
    past_runs: Vec<PastRun>,
}

/// A finished run.
#[derive(Serialize, ToSchema)]
struct PastRun {
    /// When the run ended, or when a skipped or missed run was due.
    time: LocalTime,
    #[schema(value_type = RunOutcome)]
    outcome: &'static str,
}

/// Summary of the caller's notifications.
#[derive(Serialize, ToSchema)]
struct NoticesOut {
    unread: usize,
    /// Id of the newest notification.
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
    #[schema(value_type = closed_sets::ScheduleStatusName)]
    status: ScheduleStatus,
    /// Hours and minutes in the organisation's time zone.
    time_of_day: String,
    start_date: Option<LocalTime>,
    next_runs: Vec<LocalTime>,
    /// All runs until the end of the month after next.
    calendar: Vec<LocalTime>,
    /// Those of `calendar` that will be skipped because no backup will be left.
    skips: Vec<LocalTime>,
    requester: PersonOut,
    /// Entity tag for If-Match.
    etag: String,
}

/// The rule as a sentence.
#[derive(Serialize, ToSchema)]
pub struct Sentence {
    #[schema(example = "every other Monday")]
    en: String,
    #[schema(example = "隔週の月曜日")]
    ja: String,
}

impl Sentence {
    /// Describes a rule.
    pub fn of(rule: Rule) -> Self {
        Self { en: rule.sentence(Locale::En), ja: rule.sentence(Locale::Ja) }
    }
}

/// A backup with its progress.
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
    /// Null until an estimate is possible.
    seconds_left: Option<u64>,
    /// How far the CRM's database has been read; null before and after that.
    #[schema(value_type = Option<CaptureOut>)]
    capture: Option<CaptureProgress>,
    /// Whether the program beside the database captures it, and has been waited for.
    waits_for_program: bool,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the domain's progress of a capture")]
struct CaptureOut {
    /// Modules that are stored.
    modules: u64,
    total_modules: u64,
    /// Records that were read.
    rows: u64,
    /// Number of records by the database's own estimate; zero if it has none.
    expected_rows: u64,
}

#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the domain's amount")]
struct AmountOut {
    items: u64,
    rows: u64,
    bytes: u64,
}

/// Reads the schedule, the newest backup with its progress, and the allowance.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/summary",
    operation_id = "get_summary",
    tag = "overview",
    params(
        ("If-None-Match" = Option<String>, Header, description = "ETag of the caller's last answer"),
    ),
    responses(
        (status = 200, description = "The summary", body = SummaryEnvelope, headers(("ETag" = String))),
        (status = 304, description = "Unchanged, apart from remaining times"),
    ),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let answer = json!(read(&app, &caller).await?);
    let tag = tag_of(&without_passing_time(answer.clone()));
    Ok(unless_known(&headers, tag, answer))
}

/// Reads the state as it is now.
pub async fn read(app: &App, caller: &Caller) -> Result<SummaryEnvelope, ApiError> {
    let organisation = app.organisation(caller.org).await?;
    let now = app.ports.clock.now();
    let allowance_state = app.allowance(&organisation, now).await?;
    let schedule = app.active_schedule(caller.org).await?;
    let schedule = schedule.map(|schedule| {
        let ahead = allowance_state.forecast(&app.terms.plans, &organisation, schedule.recurrence.rule);
        schedule_out(&schedule, &organisation, &ahead, now)
    });
    let backups = app.ports.store.backups(caller.org, SAMPLES + 1).await?;
    let estimated_seconds = estimated_seconds(&backups);
    let (backup, last) = newest_backups(app, &organisation, backups, now).await?;
    let news = Notices::of(&*app.ports.store, &*app.ports.marks, caller.org, caller.person.id).await?;
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
        allowance: AllowanceOut::of(allowance_state, &app.terms, &organisation, now),
        past_runs: past_runs(&news, &organisation, now),
    };
    Ok(SummaryEnvelope { summary })
}

/// Removes the values that change with time alone, so that they do not change the entity tag.
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

/// Returns the runs of the months that the calendar shows.
fn calendar(schedule: &Schedule, organisation: &Organisation, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let zone = organisation.time_zone;
    let last = month_of(now, zone) + i64::from(CALENDAR_MONTHS) - 1;
    let ahead = schedule.recurrence.occurrences().skip_while(|at| *at <= now).take_while(|at| month_of(*at, zone) <= last);
    ahead.collect()
}

fn notices(news: &Notices) -> NoticesOut {
    NoticesOut { unread: news.unread(), newest: news.events.first().map(|event| event.id.to_string()) }
}

/// Returns the past runs that the calendar shows: those of this month and the last.
fn past_runs(news: &Notices, organisation: &Organisation, now: DateTime<Utc>) -> Vec<PastRun> {
    let zone = organisation.time_zone;
    let shown = news.runs.iter().filter_map(|event| {
        let (time, outcome) = match &event.what {
            EventKind::BackupSkipped { occurrence, .. } => (*occurrence, "skipped"),
            EventKind::BackupOverlapped { occurrence, .. } => (*occurrence, "skipped"),
            EventKind::BackupMissed { occurrence, .. } => (*occurrence, "missed"),
            EventKind::BackupFailed { .. } => (event.at, "failed"),
            EventKind::BackupCancelled { .. } => (event.at, "cancelled"),
            _ => (event.at, "ready"),
        };
        (month_of(time, zone) + 1 >= month_of(now, zone)).then(|| PastRun { time: local_time(time, zone), outcome })
    });
    shown.collect()
}

/// Number of months since year 0.
fn month_of(at: DateTime<Utc>, zone: Tz) -> i64 {
    let local = at.with_timezone(&zone);
    i64::from(local.year()) * 12 + i64::from(local.month0())
}

/// Returns the newest backup and, while it is in progress, the one before it.
async fn newest_backups(
    app: &App,
    organisation: &Organisation,
    backups: Vec<Backup>,
    now: DateTime<Utc>,
) -> Result<Newest, ApiError> {
    let mut found = backups.into_iter();
    let Some(newest) = found.next() else { return Ok((None, None)) };
    let is_running = newest.status == BackupStatus::Inprogress;
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
    let is_read = backup.status == BackupStatus::Inprogress && backup.total.is_none();
    let capture = if is_read { app.ports.progress.captured(organisation.id, backup.id).await? } else { None };
    let waits_for_program = is_read && app.ports.captures.awaited(organisation.id, backup.id).await?.is_some();
    let progress = ProgressOut { done, total: backup.total, seconds_left: left, capture, waits_for_program };
    Ok(NewestBackup { backup: BackupOut::of(&backup, organisation.time_zone, now), progress })
}
