//! `GET restores/{id}/report` and `…/report.csv`: what became of each record and file.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hozon_shared::api::closed_sets::{PlannedActionName, RefusalName, WriteOutcomeName};
use hozon_shared::api::{Administrator, ApiError, NextPage, Params, REPORT_COLUMNS, ReportedRow, read_page_token};
use hozon_shared::archive::csv::{CsvOptions, CsvWriter};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::restore::PlannedAction;
use hozon_shared::restored::{ReportRow, RestoreFiles};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::begin::find;
use crate::ports::RestorePorts;

/// Number of records with which a page ends. It has at most so many more.
const PAGE: usize = 100;
/// Largest CSV report in bytes: an answer has at most 6 MB.
const MAX_CSV: usize = 4 << 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// API name of a module, for its records only.
    module: Option<String>,
    /// `next_page_token` of the page before.
    page_token: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ReportEnvelope {
    records: Vec<ReportedRecord>,
    info: NextPage,
}

/// What became of a record, or of a file that is attached to it.
#[derive(Serialize, ToSchema)]
struct ReportedRecord {
    /// API name of the module.
    module: String,
    /// Id of the record.
    id: String,
    /// Id of the attached file; null for the record itself.
    file: Option<String>,
    #[schema(value_type = PlannedActionName)]
    action: PlannedAction,
    #[schema(value_type = WriteOutcomeName)]
    outcome: &'static str,
    /// Why it was refused.
    #[schema(value_type = Option<RefusalName>)]
    reason: Option<&'static str>,
    /// The rule, field or code that the CRM has named.
    detail: Option<String>,
    /// Its id in the CRM, if that has given it another one.
    new_id: Option<String>,
}

impl ReportedRecord {
    fn new(module: &str, row: ReportRow) -> Self {
        let ReportedRow { id, file, action, outcome, reason, detail, new_id } = row.into();
        Self { module: module.to_owned(), id, file, action, outcome, reason, detail, new_id }
    }
}

/// Lists what became of each record and file, in the order in which they were written.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/restores/{id}/report",
    operation_id = "get_restore_report",
    tag = "restores",
    params(("id" = String, Path, description = "The restore"), ReportQuery),
    responses((status = 200, description = "The requested page", body = ReportEnvelope)),
)]
pub async fn list(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
    Params(query): Params<ReportQuery>,
) -> Result<Json<ReportEnvelope>, ApiError> {
    let question = ["report", &id, query.module.as_deref().unwrap_or_default()];
    let behind: Option<String> = read_page_token(&question, query.page_token.as_deref())?;
    let (files, module) = opened(&ports, caller.org, &id, query.module.as_deref()).await?;
    let names = files.report_parts(None, module).await?;
    let mut names = names.into_iter().filter(|name| behind.as_ref().is_none_or(|behind| name > behind)).peekable();
    let (mut records, mut last) = (Vec::new(), None);
    while let Some(name) = names.next_if(|_| records.len() < PAGE) {
        let part = files.report_part(&name).await?;
        let module = part.module.clone();
        records.extend(part.shown().map(|row| ReportedRecord::new(&module, row)));
        last = Some(name);
    }
    let next = last.filter(|_| names.peek().is_some());
    Ok(Json(ReportEnvelope { records, info: NextPage::at(&question, next)? }))
}

/// Returns what became of each record and file as a CSV file.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/restores/{id}/report.csv",
    operation_id = "get_restore_report_csv",
    tag = "restores",
    params(("id" = String, Path, description = "The restore")),
    responses((status = 200, description = "The report", body = String, content_type = "text/csv")),
)]
pub async fn csv(
    State(ports): State<RestorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let (files, _) = opened(&ports, caller.org, &id, None).await?;
    let mut csv = CsvWriter::new(CsvOptions::default(), Vec::new());
    csv.begin(&REPORT_COLUMNS);
    for name in files.report_parts(None, None).await? {
        let part = files.report_part(&name).await?;
        let module = part.module.clone();
        for row in part.shown() {
            csv.row(ReportedRow::from(row).cells(&module).into_iter());
        }
        if csv.written().len() > MAX_CSV {
            return Err(ApiError::not_allowed("The report is too long for one file. Read it by pages."));
        }
    }
    let name = format!("attachment; filename=\"restore-{id}.csv\"");
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, csv.written().to_vec()).into_response())
}

/// The documents of a restore, and the position of a module in its plan.
async fn opened<'a>(
    ports: &'a RestorePorts,
    org: OrgId,
    id: &str,
    module: Option<&str>,
) -> Result<(RestoreFiles<'a>, Option<usize>), ApiError> {
    let restore = find(ports, org, id).await?;
    let modules = restore.plan.map(|plan| plan.modules).unwrap_or_default();
    let position = |name: &str| modules.iter().position(|module| module.api_name == name).ok_or_else(ApiError::module_not_found);
    let module = module.map(position).transpose()?;
    Ok((RestoreFiles { objects: &*ports.objects, org, id: restore.id }, module))
}
