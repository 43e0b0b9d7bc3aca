//! `GET backup/{id}/compare`: how many records and attachments of each module differ between two backups.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::closed_sets::ModuleStateName;
use hozon_shared::api::{Administrator, ApiError, CountedOut, NextPage, Params, read_page_token};
use hozon_shared::domain::differences::{ModuleDifferences, ModuleState, PartlyCompared};
use hozon_shared::snapshots::differences::compare_versions;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::PATIENCE;
use super::opened_pair::{ComparedBackup, NamedVersions, OpenedPair};
use crate::ports::ExplorePorts;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// The earlier backup, with which the one in the path is compared.
    #[param(value_type = String)]
    with: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ComparedEnvelope {
    before: ComparedBackup,
    after: ComparedBackup,
    modules: Vec<ComparedModule>,
    info: NextPage,
}

/// How a module differs between two backups.
#[derive(Serialize, ToSchema)]
struct ComparedModule {
    #[schema(example = "Leads")]
    api_name: String,
    label: String,
    #[schema(value_type = ModuleStateName)]
    state: ModuleState,
    /// Whether changed records are not counted, because fields, the key or the stored form differ.
    partly_compared: bool,
    /// Whether another field identifies the records, so that they cannot be compared one by one.
    has_other_key: bool,
    /// API names of fields that only the later backup has.
    added_fields: Vec<String>,
    /// API names of fields that only the earlier backup has.
    removed_fields: Vec<String>,
    records: CountedOut,
    attachments: CountedOut,
}

/// Counts what differs between two backups, module by module. An answer that would take long ends with a page token.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/compare",
    operation_id = "compare_backups",
    tag = "explore",
    params(("id" = String, Path, description = "The later backup"), CompareQuery),
    responses((status = 200, description = "The modules of both backups", body = ComparedEnvelope)),
)]
pub async fn list(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    Params(query): Params<CompareQuery>,
) -> Result<Json<ComparedEnvelope>, ApiError> {
    let until = ports.clock.now() + PATIENCE;
    let pair = OpenedPair::open(&ports, caller.org, &id, query.with.as_deref()).await?;
    let before = pair.before.backup.id.to_string();
    let question = ["compare", &id, &before];
    let (all, mut at) = (pair.modules(), read_page_token(&question, query.page_token.as_deref())?.unwrap_or(0));
    let mut modules = Vec::new();
    while let Some(versions) = all.get(at).filter(|_| ports.clock.now() < until) {
        modules.extend(compared(&ports, &pair, *versions).await?.map(ComparedModule::from));
        at += 1;
    }
    let info = NextPage::at(&question, Some(at).filter(|at| *at < all.len()))?;
    let [before, after] = pair.described();
    Ok(Json(ComparedEnvelope { before, after, modules, info }))
}

async fn compared(
    ports: &ExplorePorts,
    pair: &OpenedPair,
    [before, after]: NamedVersions<'_>,
) -> Result<Option<ModuleDifferences>, ApiError> {
    let stores = (&ports.objects, pair.after.organisation.id);
    compare_versions(stores, before, after).await.map_err(ApiError::unless_gone)
}

impl From<ModuleDifferences> for ComparedModule {
    fn from(found: ModuleDifferences) -> Self {
        let ModuleDifferences { api_name, label, state, partly, rows, files, .. } = found;
        let (records, attachments) = (CountedOut::from(&rows), CountedOut::from(&files));
        let (partly_compared, has_other_key) = (partly.is_some(), partly == Some(PartlyCompared::Key));
        let (added_fields, removed_fields) = match partly {
            Some(PartlyCompared::Columns { added, removed }) => (added, removed),
            _ => (Vec::new(), Vec::new()),
        };
        Self { api_name, label, state, partly_compared, has_other_key, added_fields, removed_fields, records, attachments }
    }
}
