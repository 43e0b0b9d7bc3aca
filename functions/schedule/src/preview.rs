//! `GET backup/preview`: the runs of a rule before it is set, computed by the code that later schedules them.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use hozon_shared::allowance::AllowanceState;
use hozon_shared::api::closed_sets::RepeatKind;
use hozon_shared::api::{Administrator, ApiError, LocalTime, Params, local_time};
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::period::Month;
use hozon_shared::domain::recurrence::Recurrence;
use hozon_shared::domain::rule::{RepeatType, Rule};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::allowance;
use crate::app::App;
use crate::summary::{NEXT_RUNS, Sentence};

/// Period for which runs per month are counted.
const AHEAD: Days = Days::new(366);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// The rule, in the same form as for setting a schedule.
    #[param(value_type = String, required = true, example = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")]
    rrule: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct PreviewEnvelope {
    preview: Preview,
}

/// A preview of a rule.
#[derive(Serialize, ToSchema)]
struct Preview {
    rrule: String,
    #[serde(rename = "type")]
    #[schema(value_type = RepeatKind)]
    repeat: RepeatType,
    sentence: Sentence,
    time_zone: String,
    /// Hours and minutes in the organisation's time zone.
    time_of_day: String,
    /// The first five runs if the rule were set now.
    next_runs: Vec<LocalTime>,
    /// Those of `next_runs` that would be skipped because no backup would be left.
    skips: Vec<LocalTime>,
    /// Number of runs in each month of the coming year that has runs.
    months: Vec<MonthRuns>,
    /// What must be bought so that the next run is covered, in the form of the details of `LIMIT_REACHED`; null if nothing must be bought.
    limit: Option<Value>,
}

#[derive(Serialize, ToSchema)]
struct MonthRuns {
    #[schema(example = "2026-12")]
    month: String,
    runs: u32,
    /// How many of them would be skipped because no backup would be left.
    skipped: u32,
}

/// Previews the runs of a rule.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/preview",
    operation_id = "preview_schedule",
    tag = "overview",
    params(PreviewQuery),
    responses((status = 200, description = "The rule as a sentence, with its next runs", body = PreviewEnvelope)),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Params(query): Params<PreviewQuery>,
) -> Result<Json<PreviewEnvelope>, ApiError> {
    let invalid = |message: String| ApiError::invalid_param("rrule", message);
    let text = query.rrule.ok_or_else(|| invalid("Name a rule: ?rrule=RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU.".to_owned()))?;
    let rule: Rule = text.parse().map_err(|error: hozon_shared::domain::rule::InvalidRule| invalid(error.to_string()))?;
    let organisation = app.organisation(caller.org).await?;
    let now = app.ports.clock.now();
    let recurrence = Recurrence::after(rule, organisation.time_zone, app.time_of_day(&organisation), now);
    let allowance_state = app.allowance(&organisation, now).await?;
    Ok(Json(PreviewEnvelope { preview: preview(&app, &recurrence, &organisation, &allowance_state, now) }))
}

fn preview(
    app: &App,
    recurrence: &Recurrence,
    organisation: &Organisation,
    allowance_state: &AllowanceState,
    now: DateTime<Utc>,
) -> Preview {
    let zone = organisation.time_zone;
    let times = |runs: &[DateTime<Utc>]| runs.iter().map(|at| local_time(*at, zone)).collect();
    let year: Vec<_> = recurrence.occurrences().take_while(|at| *at < now + AHEAD).collect();
    let skipped = allowance_state.forecast(&app.terms.plans, organisation, recurrence.rule).skipped(year.iter().copied());
    let next = recurrence.upcoming(now, NEXT_RUNS);
    let next_skipped: Vec<_> = next.iter().copied().filter(|at| skipped.contains(at)).collect();
    Preview {
        rrule: recurrence.rule.to_string(),
        repeat: recurrence.rule.repeat_type(),
        sentence: Sentence::of(recurrence.rule),
        time_zone: zone.name().to_owned(),
        time_of_day: recurrence.time.format("%H:%M").to_string(),
        next_runs: times(&next),
        skips: times(&next_skipped),
        months: months(&year, &skipped, zone),
        limit: next.first().and_then(|next| allowance::limit(app, organisation, allowance_state, recurrence.rule, *next)),
    }
}

fn months(runs: &[DateTime<Utc>], skipped: &[DateTime<Utc>], zone: Tz) -> Vec<MonthRuns> {
    let mut months: Vec<MonthRuns> = Vec::new();
    for at in runs {
        let month = Month::of(*at, zone).to_string();
        if months.last().is_none_or(|last| last.month != month) {
            months.push(MonthRuns { month, runs: 0, skipped: 0 });
        }
        if let Some(last) = months.last_mut() {
            last.runs += 1;
            last.skipped += u32::from(skipped.contains(at));
        }
    }
    months
}
