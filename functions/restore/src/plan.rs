//! `GET restores/{id}/plan/{module}`: what a restore does with each record of a module.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::closed_sets::{PlannedActionName, PlannedReasonName};
use hozon_shared::api::{Administrator, ApiError, NextPage, Params, ShownValues, read_page_token, read_per_page};
use hozon_shared::domain::crm::{Field, Module};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::restore::{PlannedAction, PlannedReason, Restore};
use hozon_shared::looks::record_look;
use hozon_shared::restore_plan::PlanReader;
use hozon_shared::snapshots::differences::DifferencePlace;
use hozon_shared::snapshots::find::{has_key, id_text};
use hozon_shared::snapshots::restoring::PlannedRecord;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::begin::find;
use crate::ports::RestorePorts;

/// Default and maximum number of records of a page.
const MAX_PER_PAGE: usize = 100;
/// Time after which an answer ends with a page token.
const PATIENCE: Duration = Duration::from_secs(6);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PlanQuery {
    /// Only records with this action.
    #[param(value_type = Option<PlannedActionName>)]
    action: Option<String>,
    /// Records per page, 1 to 100. Defaults to 100. A page may have fewer although there are more.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    per_page: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct PlannedRecordsEnvelope {
    records: Vec<PlannedRecordOut>,
    info: NextPage,
}

/// What a restore does with a record.
#[derive(Serialize, ToSchema)]
struct PlannedRecordOut {
    /// Id of the record; null where nothing identifies the records of the module.
    id: Option<String>,
    #[schema(value_type = PlannedActionName)]
    action: PlannedAction,
    /// Why it is left, or impossible.
    #[schema(value_type = Option<PlannedReasonName>)]
    reason: Option<PlannedReason>,
    /// Fields that differ.
    fields: Vec<PlannedField>,
}

/// A field that differs.
#[derive(Serialize, ToSchema)]
struct PlannedField {
    #[schema(example = "Last_Name")]
    api_name: String,
    label: String,
    /// The value in the CRM when the plan was made; null for no value.
    before: Option<String>,
    /// The value that is restored; null for no value.
    after: Option<String>,
    /// Whether only the beginning of a long value is shown.
    is_cut: bool,
}

/// Lists what a restore does with each record of a module that differs.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/restores/{id}/plan/{module}",
    operation_id = "list_planned_records",
    tag = "restores",
    params(
        ("id" = String, Path, description = "The restore"),
        ("module" = String, Path, description = "API name of the module"),
        PlanQuery,
    ),
    responses((status = 200, description = "The requested page", body = PlannedRecordsEnvelope)),
)]
pub async fn list(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id, module)): Path<(String, String, String)>,
    Params(query): Params<PlanQuery>,
) -> Result<Json<PlannedRecordsEnvelope>, ApiError> {
    let per_page = read_per_page(query.per_page.as_deref(), MAX_PER_PAGE, MAX_PER_PAGE)?;
    let action = query.action.as_deref().map(wanted_action).transpose()?;
    let question = ["plan", &id, &module, query.action.as_deref().unwrap_or_default()];
    let place = read_page_token(&question, query.page_token.as_deref())?;
    let restore = find(&ports, caller.org, &id).await?;
    let look = LookedAt::Records { module: module.clone() };
    record_look((&*ports.clock, &*ports.ids, &*ports.store), &caller, restore.backup, look).await?;
    let (records, next) = page(&ports, restore, &module, (action, per_page), place).await?;
    Ok(Json(PlannedRecordsEnvelope { records, info: NextPage::at(&question, next)? }))
}

fn wanted_action(text: &str) -> Result<PlannedAction, ApiError> {
    let known = || ApiError::invalid_param("action", format!("Set action to one of {}.", PlannedActionName::WORDS.join(", ")));
    serde_json::from_value(text.into()).map_err(|_| known())
}

async fn page(
    ports: &RestorePorts,
    restore: Restore,
    module: &str,
    (action, per_page): (Option<PlannedAction>, usize),
    place: Option<DifferencePlace>,
) -> Result<(Vec<PlannedRecordOut>, Option<DifferencePlace>), ApiError> {
    let hindrances = match &restore.plan {
        Some(plan) => plan.hindrances.clone(),
        None => return Err(ApiError::not_allowed("The restore has no plan yet.")),
    };
    let until = ports.clock.now() + PATIENCE;
    let reader = PlanReader::open(ports.objects.clone(), &*ports.erasure_keys, restore).await.map_err(ApiError::unless_gone)?;
    let reader = reader.ok_or_else(ApiError::snapshot_gone)?;
    let pair = reader.module(module).await.map_err(ApiError::unless_gone)?.ok_or_else(ApiError::module_not_found)?;
    let rule = reader.rule(&pair, &hindrances).await?;
    let mut planned = pair.records(rule, place).await.map_err(ApiError::unless_gone)?;
    let mut records = Vec::new();
    while !planned.is_over() && records.len() < per_page && ports.clock.now() < until {
        let is_wanted = |found| action.is_none_or(|action| action == found);
        let batch = planned.batch(is_wanted, per_page - records.len()).await.map_err(ApiError::unless_gone)?;
        records.extend(batch.into_iter().map(|record| record_out(pair.module(), record)));
    }
    Ok((records, (!planned.is_over()).then(|| planned.place())))
}

fn record_out(module: &Module, record: PlannedRecord) -> PlannedRecordOut {
    let PlannedRecord { id, action, reason, now, wanted } = record;
    let field = |(at, field): (usize, &Field)| {
        let [before, after] = [&now, &wanted].map(|cells| cells.as_ref().and_then(|cells| cells[at].as_deref()));
        if before == after {
            return None;
        }
        let ShownValues { before, after, is_cut } = ShownValues::of(before, after);
        Some(PlannedField { api_name: field.api_name.clone(), label: field.label.clone(), before, after, is_cut })
    };
    let fields = module.fields.iter().enumerate().filter_map(field).collect();
    PlannedRecordOut { id: has_key(module).then(|| id_text(module, &id)), action, reason, fields }
}
