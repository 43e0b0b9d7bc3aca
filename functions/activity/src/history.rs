//! `GET backup/history`: the events of one year, newest first, by page, kind and date.

use std::collections::HashSet;
use std::future::ready;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::api::closed_sets::{EventName, HistoryAction, HistoryState, MonthlyProductKind, RepeatKind};
use hozon_shared::api::{Administrator, ApiError, LocalTime, Page, PageInfo, Params, PersonOut, local_time};
use hozon_shared::domain::event::{Event, EventKind, OrderStep};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::rule::RepeatType;
use hozon_shared::ports::events_since;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ports::ActivityPorts;

/// Default and maximum number of records per page.
const MAX_PER_PAGE: usize = 200;
/// Number of events per read.
const READ: usize = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct HistoryQuery {
    /// Page number from 1. Defaults to 1.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    page: Option<String>,
    /// Records per page, 1 to 200. Defaults to 200.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    per_page: Option<String>,
    /// Only events of these kinds, separated by commas; see `kind` of a record.
    kind: Option<String>,
    /// First day, in the organisation's time zone, for example `2026-11-24`.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// Last day, inclusive.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct HistoryEnvelope {
    history: Vec<Record>,
    info: PageInfo,
}

#[derive(Serialize, ToSchema)]
struct Record {
    id: String,
    done_by: PersonOut,
    log_time: LocalTime,
    #[schema(value_type = Option<HistoryState>)]
    state: Option<&'static str>,
    #[schema(value_type = Option<HistoryAction>)]
    action: Option<&'static str>,
    #[schema(value_type = RepeatKind)]
    repeat_type: RepeatType,
    file_name: Option<String>,
    /// The backup that the event is about.
    backup: Option<String>,
    /// IP address of the client, if a link was used without a recorded click. The person is unknown then, and `done_by` is the backup's requester.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// Number of backups bought.
    count: Option<u32>,
    /// The order that the event is about.
    order: Option<String>,
    /// Amount paid or refunded, in minor units of the currency.
    amount: Option<u64>,
    #[schema(example = "JPY")]
    currency: Option<&'static str>,
    /// Product of the subscription.
    #[schema(value_type = Option<MonthlyProductKind>)]
    product: Option<&'static str>,
    /// The plan that the event is about.
    plan: Option<String>,
    /// The schedule's rule as a sentence.
    sentence: Option<RuleInWords>,
    #[schema(value_type = EventName)]
    kind: &'static str,
}

/// A rule as a sentence.
#[derive(Serialize, ToSchema)]
struct RuleInWords {
    #[schema(example = "every other Monday")]
    en: String,
    #[schema(example = "隔週の月曜日")]
    ja: String,
}

/// Lists the history.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/history",
    operation_id = "get_history",
    tag = "activity",
    params(HistoryQuery),
    responses((status = 200, description = "The requested page", body = HistoryEnvelope)),
)]
pub async fn handle(
    State(ports): State<ActivityPorts>,
    Administrator(caller): Administrator,
    Params(query): Params<HistoryQuery>,
) -> Result<Json<HistoryEnvelope>, ApiError> {
    let page = Page::read(query.page.as_deref(), query.per_page.as_deref(), MAX_PER_PAGE, MAX_PER_PAGE)?;
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let filter = Filter::read(&query, &organisation, ports.clock.now())?;
    let (shown, info) = page.of(matching(&ports, caller.org, &filter, page.needed()).await?);
    let history = shown.iter().map(|event| record(event, organisation.time_zone)).collect();
    Ok(Json(HistoryEnvelope { history, info }))
}

/// Returns the newest events that pass the filter, up to `count`.
async fn matching(ports: &ActivityPorts, org: OrgId, filter: &Filter, count: usize) -> Result<Vec<Event>, ApiError> {
    let events = events_since(&*ports.store, org, filter.from, READ);
    Ok(events.try_filter(|event| ready(filter.passes(event))).take(count).try_collect().await?)
}

/// Criteria for the listed events.
struct Filter {
    kinds: Option<HashSet<String>>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
}

impl Filter {
    fn read(query: &HistoryQuery, organisation: &Organisation, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let kept_since = now - Duration::days(365);
        let zone = organisation.time_zone;
        let from = query.from.as_deref().map(|text| day("from", text)).transpose()?;
        let to = query.to.as_deref().map(|text| day("to", text)).transpose()?;
        let kinds = query.kind.as_ref().map(|list| list.split(',').map(|kind| kind.trim().to_owned()).collect::<HashSet<_>>());
        if let Some(unknown) = kinds.iter().flatten().find(|kind| !EventKind::NAMES.contains(&kind.as_str())) {
            let known = EventKind::NAMES.join(", ");
            return Err(ApiError::invalid_param(
                "kind",
                format!("{unknown:?} is not a kind of event. Use one or more of {known}."),
            ));
        }
        Ok(Self {
            kinds,
            from: from.map_or(kept_since, |day| start_of(day, zone).max(kept_since)),
            until: to.map_or(DateTime::<Utc>::MAX_UTC, |day| start_of(day + Days::new(1), zone)),
        })
    }

    fn passes(&self, event: &Event) -> bool {
        let is_kind = self.kinds.as_ref().is_none_or(|kinds| kinds.contains(event.what.name()));
        is_kind && self.from <= event.at && event.at < self.until
    }
}

fn day(name: &str, text: &str) -> Result<NaiveDate, ApiError> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    let day = day.filter(|day| (1970..=9000).contains(&chrono::Datelike::year(day)));
    day.ok_or_else(|| ApiError::invalid_param(name, format!("Set {name} to a date such as 2026-11-24.")))
}

fn start_of(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    // Where midnight is skipped, the day starts within hours of it.
    zone.from_local_datetime(&midnight).earliest().map_or(midnight.and_utc(), |at| at.to_utc())
}

fn record(event: &Event, zone: Tz) -> Record {
    let (state, action, file_name) = match &event.what {
        EventKind::ScheduleSet { .. } | EventKind::ScheduleChanged { .. } => (None, Some("scheduled"), None),
        EventKind::ScheduleStopped { .. } => (None, Some("stopped"), None),
        EventKind::BackupStarted { repeat: RepeatType::Immediate, .. } => (None, Some("scheduled"), None),
        EventKind::BackupStarted { .. } | EventKind::SettingsSaved {} => (None, None, None),
        EventKind::BackupReady { files, .. } => (Some("completed"), None, Some(files.join(", "))),
        EventKind::BackupFailed { .. } | EventKind::BackupSkipped { .. } | EventKind::BackupMissed { .. } => {
            (Some("failure"), None, None)
        }
        EventKind::DownloadStarted { file, .. } => (None, None, Some(file.clone())),
        EventKind::Order { step: OrderStep::Paid, .. } => (None, Some("purchased"), None),
        EventKind::Order { .. } | EventKind::Subscription { .. } | EventKind::PlanChanged { .. } => (None, None, None),
    };
    let (order, count, amount) = match &event.what {
        EventKind::Order { order, backups, amount, .. } => (Some(*order), Some(*backups), Some(*amount)),
        EventKind::Subscription { order, amount, .. } => (Some(*order), None, Some(*amount)),
        _ => (None, None, None),
    };
    let (product, plan) = match &event.what {
        EventKind::Subscription { product, .. } => (Some(product.kind()), product.plan().map(str::to_owned)),
        EventKind::PlanChanged { to, .. } => (None, Some(to.clone())),
        _ => (None, None),
    };
    let sentence = match &event.what {
        EventKind::ScheduleSet { rule, .. }
        | EventKind::ScheduleChanged { rule, .. }
        | EventKind::ScheduleStopped { rule, .. } => {
            Some(RuleInWords { en: rule.sentence(Locale::En), ja: rule.sentence(Locale::Ja) })
        }
        _ => None,
    };
    let address = if let EventKind::DownloadStarted { address, .. } = &event.what { address.clone() } else { None };
    Record {
        id: event.id.to_string(),
        done_by: PersonOut::from(&event.by),
        log_time: local_time(event.at, zone),
        state,
        action,
        repeat_type: event.what.repeat(),
        file_name,
        backup: event.what.backup().map(|id| id.to_string()),
        address,
        count: count.filter(|count| *count > 0),
        order: order.map(|order| order.to_string()),
        amount: amount.map(|amount| amount.minor),
        currency: amount.map(|amount| amount.currency.code()),
        product,
        plan,
        sentence,
        kind: event.what.name(),
    }
}
