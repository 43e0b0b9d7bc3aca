//! `GET backup/history`: the events of one year, newest first, by page, kind and date.

use std::collections::HashSet;
use std::future::ready;

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Days, Duration, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use futures_util::{StreamExt, TryStreamExt};
use hozon_shared::api::closed_sets::{
    ConnectionRoleName, EventName, HistoryAction, HistoryState, MonthlyProductKind, RepeatKind,
};
use hozon_shared::api::{
    Administrator, ApiError, ChangesOut, LocalTime, LossesOut, Page, PageInfo, Params, PersonOut, local_time,
};
use hozon_shared::domain::connection::ConnectionRole;
use hozon_shared::domain::event::{Event, EventKind, OrderStep};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::id::{ErasureId, OrderId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::money::Money;
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
    /// What the files of a finished backup lack because it could not be read; null if the backup is complete.
    losses: Option<LossesOut>,
    /// What differs between a finished backup and the previous one; null if an older version made the backup.
    changes: Option<ChangesOut>,
    /// The backup that the event is about; of a skipped run, the backup that was in progress.
    backup: Option<String>,
    /// IP address of the client, if a link was used without a recorded click. The person is unknown then, and `done_by` is the backup's requester.
    #[schema(example = "203.0.113.7")]
    address: Option<String>,
    /// What somebody has looked at in the backup.
    explored: Option<ExploredOut>,
    /// The restore that the event is about.
    restore: Option<String>,
    /// Where a restore writes.
    #[schema(value_type = Option<ConnectionRoleName>)]
    target: Option<ConnectionRole>,
    /// The drill that the event is about.
    drill: Option<String>,
    /// Number of records that a restore is to write, or has written, or that a drill has compared.
    records: Option<u64>,
    /// The erasure that the event is about, or after which zips were made anew.
    erasure: Option<String>,
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

/// What was looked at.
#[derive(Serialize, ToSchema)]
struct ExploredOut {
    /// API name of the module; null for a search in all modules.
    module: Option<String>,
    /// Id of the record.
    record: Option<String>,
    /// Words that were searched for.
    words: Option<String>,
}

impl From<&LookedAt> for ExploredOut {
    fn from(what: &LookedAt) -> Self {
        let (module, record, words) = match what.clone() {
            LookedAt::Records { module } => (Some(module), None, None),
            LookedAt::Record { module, record } | LookedAt::Attachment { module, record, .. } => {
                (Some(module), Some(record), None)
            }
            LookedAt::Search { module, words } => (module, None, Some(words)),
        };
        Self { module, record, words }
    }
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
    let what = &event.what;
    let (state, action) = state_and_action(what);
    let (product, plan) = product_and_plan(what);
    let amount = amount(what);
    Record {
        id: event.id.to_string(),
        done_by: PersonOut::from(&event.by),
        log_time: local_time(event.at, zone),
        state,
        action,
        repeat_type: what.repeat(),
        file_name: file_name(what),
        losses: what.losses().map(LossesOut::from),
        changes: what.changes().map(ChangesOut::from),
        backup: what.backup().map(|id| id.to_string()),
        address: if let EventKind::DownloadStarted { address, .. } = what { address.clone() } else { None },
        explored: if let EventKind::Explored { what, .. } = what { Some(ExploredOut::from(what)) } else { None },
        restore: if let EventKind::Restore { restore, .. } = what { Some(restore.to_string()) } else { None },
        target: if let EventKind::Restore { target, .. } = what { Some(*target) } else { None },
        drill: if let EventKind::Drill { drill, .. } = what { Some(drill.to_string()) } else { None },
        records: records(what),
        erasure: erased(what).map(|erasure| erasure.to_string()),
        count: if let EventKind::Order { backups, .. } = what { Some(*backups).filter(|count| *count > 0) } else { None },
        order: order(what).map(|order| order.to_string()),
        amount: amount.map(|amount| amount.minor),
        currency: amount.map(|amount| amount.currency.code()),
        product,
        plan,
        sentence: sentence(what),
        kind: what.name(),
    }
}

/// Returns the fields `state` and `action`.
fn state_and_action(what: &EventKind) -> (Option<&'static str>, Option<&'static str>) {
    match what {
        EventKind::ScheduleSet { .. } | EventKind::ScheduleChanged { .. } => (None, Some("scheduled")),
        EventKind::ScheduleStopped { .. } => (None, Some("stopped")),
        EventKind::BackupStarted { repeat: RepeatType::Immediate, .. } => (None, Some("scheduled")),
        EventKind::BackupReady { .. } | EventKind::UnusualLoss { .. } => (Some("completed"), None),
        EventKind::BackupFailed { .. }
        | EventKind::BackupCancelled { .. }
        | EventKind::BackupSkipped { .. }
        | EventKind::BackupOverlapped { .. }
        | EventKind::BackupMissed { .. } => (Some("failure"), None),
        EventKind::Order { step: OrderStep::Paid, .. } => (None, Some("purchased")),
        EventKind::BackupStarted { .. }
        | EventKind::SettingsSaved {}
        | EventKind::SourceSet { .. }
        | EventKind::SourceRemoved { .. }
        | EventKind::RestoreTargetSet { .. }
        | EventKind::RestoreTargetRemoved { .. }
        | EventKind::HoldSet { .. }
        | EventKind::HoldLifted { .. }
        | EventKind::Erasure { .. }
        | EventKind::ZipsRemade { .. }
        | EventKind::DownloadStarted { .. }
        | EventKind::LinksEnding { .. }
        | EventKind::Explored { .. }
        | EventKind::Restore { .. }
        | EventKind::Drill { .. }
        | EventKind::Order { .. }
        | EventKind::Subscription { .. }
        | EventKind::PlanChanged { .. } => (None, None),
    }
}

fn file_name(what: &EventKind) -> Option<String> {
    match what {
        EventKind::BackupReady { files, .. } => Some(files.join(", ")),
        EventKind::ZipsRemade { files, .. } => Some(files.join(", ")).filter(|names| !names.is_empty()),
        EventKind::DownloadStarted { file, .. } | EventKind::Explored { what: LookedAt::Attachment { file, .. }, .. } => {
            Some(file.clone())
        }
        _ => None,
    }
}

fn erased(what: &EventKind) -> Option<ErasureId> {
    match what {
        EventKind::Erasure { erasure, .. } | EventKind::ZipsRemade { erasure, .. } => Some(*erasure),
        _ => None,
    }
}

fn records(what: &EventKind) -> Option<u64> {
    match what {
        EventKind::Restore { records, .. } => Some(*records),
        EventKind::Drill { totals, .. } => totals.map(|totals| totals.records),
        _ => None,
    }
}

fn order(what: &EventKind) -> Option<OrderId> {
    match what {
        EventKind::Order { order, .. } | EventKind::Subscription { order, .. } => Some(*order),
        _ => None,
    }
}

fn amount(what: &EventKind) -> Option<Money> {
    match what {
        EventKind::Order { amount, .. } | EventKind::Subscription { amount, .. } => Some(*amount),
        _ => None,
    }
}

fn product_and_plan(what: &EventKind) -> (Option<&'static str>, Option<String>) {
    match what {
        EventKind::Subscription { product, .. } => (Some(product.kind()), product.plan().map(str::to_owned)),
        EventKind::PlanChanged { to, .. } => (None, Some(to.clone())),
        _ => (None, None),
    }
}

fn sentence(what: &EventKind) -> Option<RuleInWords> {
    match what {
        EventKind::ScheduleSet { rule, .. }
        | EventKind::ScheduleChanged { rule, .. }
        | EventKind::ScheduleStopped { rule, .. } => {
            Some(RuleInWords { en: rule.sentence(Locale::En), ja: rule.sentence(Locale::Ja) })
        }
        _ => None,
    }
}
