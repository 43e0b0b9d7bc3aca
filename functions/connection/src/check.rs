//! Trying a connection: whether it works, and what a backup would contain.

use axum::Json;
use axum::extract::State;
use hozon_shared::api::closed_sets::{CheckStatus, ConnectionKind, LeftOutReason, SourceAdviceName};
use hozon_shared::api::{Administrator, ApiError, Body, GapOut};
use hozon_shared::domain::connection::{ConnectionRole, SourceSettings};
use hozon_shared::domain::crm::DataCategory;
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::profile::{Profile, Profiles, shape};
use hozon_shared::domain::source::{ApiCost, SourceAdvice, SourceModule, SourceReport};
use hozon_shared::ports::{SourceError, SourceSecret};
use hozon_shared::telemetry::Causes;
use serde::Serialize;
use utoipa::ToSchema;

use crate::connection::ProfileOut;
use crate::ports::ConnectionPorts;
use crate::wanted::{self, ConnectionRequest};

#[derive(Serialize, ToSchema)]
pub struct CheckEnvelope {
    check: CheckOut,
}

/// Result of a check.
#[derive(Serialize, ToSchema)]
struct CheckOut {
    #[schema(value_type = ConnectionKind)]
    kind: &'static str,
    #[schema(value_type = CheckStatus)]
    status: &'static str,
    /// Null if the CRM can be read.
    error: Option<CheckErrorOut>,
    /// Null if the CRM cannot be read.
    report: Option<ReportOut>,
}

/// Why the CRM cannot be read.
#[derive(Serialize, ToSchema)]
struct CheckErrorOut {
    #[schema(example = "SOURCE_PASSWORD")]
    code: String,
    /// The reason, and what to do.
    message: String,
}

/// What the CRM says of itself.
#[derive(Serialize, ToSchema)]
struct ReportOut {
    /// Product and version.
    #[schema(example = "PostgreSQL 15.18")]
    server: String,
    /// The user that reads.
    user: String,
    /// Version of TLS; null if the connection is not encrypted.
    #[schema(example = "TLSv1.3")]
    tls: Option<String>,
    /// What a backup contains.
    modules: Vec<CheckedModule>,
    /// What a backup does not contain.
    gaps: Vec<GapOut>,
    /// Views that a backup contains only if the connection names them.
    views: Vec<String>,
    /// The CRM that the database looks like, if a profile recognises it.
    recognised: Option<ProfileOut>,
    /// What to know before the first backup.
    #[schema(value_type = Vec<SourceAdviceName>)]
    advice: Vec<SourceAdvice>,
    /// What backups cost; null if the source does not count calls.
    cost: Option<CostOut>,
}

/// API credits that backups are expected to use.
#[derive(Serialize, ToSchema)]
struct CostOut {
    /// Credits of the first backup, which reads every attached file.
    first: u64,
    /// Credits of a later backup, without those for new attached files.
    repeated: u64,
    /// Credits that backups may use within 24 hours. A backup that needs more goes on the next day.
    daily: u64,
}

impl From<ApiCost> for CostOut {
    fn from(ApiCost { first, repeated, daily }: ApiCost) -> Self {
        Self { first, repeated, daily }
    }
}

#[derive(Serialize, ToSchema)]
struct CheckedModule {
    api_name: String,
    label: String,
    /// Estimated number of rows; null if the source does not know it.
    rows: Option<u64>,
    /// Size in the source; null if the source does not know it.
    bytes: Option<u64>,
    /// API names of its fields.
    fields: Vec<String>,
    /// Why backups leave it out; null for modules that are backed up.
    #[schema(value_type = Option<LeftOutReason>)]
    left_out: Option<DataCategory>,
}

/// Checks a connection.
///
/// Without a body the connection that is set is checked; with one, that of the body, which is not stored.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/connection/actions/check",
    operation_id = "check_connection",
    tag = "connection",
    request_body(content = Option<ConnectionRequest>, description = "The connection to check; empty for the one that is set"),
    responses((status = 200, description = "The result, also if the CRM cannot be read", body = CheckEnvelope)),
)]
pub async fn handle(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<CheckEnvelope>, ApiError> {
    let (source, selection, secret, id) = if body.is_empty() {
        let (connection, secret) = ports.present(caller.org).await?;
        (connection.source, connection.selection, secret, connection.id)
    } else {
        let mut wanted = wanted::read(&body, &ports.profiles)?;
        let (present, secret) = ports.secret_for(caller.org, &wanted).await?;
        wanted.source.keep_known(present.as_ref().map(|present| &present.source));
        (wanted.source, wanted.selection, secret, present.map_or(ConnectionId(0), |present| present.id))
    };
    let checked = CheckedConnection { role: ConnectionRole::Source, id, source, profile: selection.profile, secret };
    check(&ports, caller.org, checked).await
}

/// A connection that is tried.
pub struct CheckedConnection {
    pub role: ConnectionRole,
    /// Zero for one that is not stored.
    pub id: ConnectionId,
    pub source: SourceSettings,
    pub profile: Option<String>,
    pub secret: SourceSecret,
}

/// Tries a connection, and says what it leads to.
pub async fn check(ports: &ConnectionPorts, org: OrgId, checked: CheckedConnection) -> Result<Json<CheckEnvelope>, ApiError> {
    let CheckedConnection { role, id, mut source, profile, secret } = checked;
    if role.is_source() {
        ports.connectors.locate_files(org, &mut source);
    }
    let kind = source.kind();
    let connector = ports
        .connectors
        .open((org, id), None, &source, secret)
        .ok_or_else(|| ApiError::not_allowed("The native store needs no check: the platform writes it."))?;
    let organisation = ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)?;
    let profile = profile.as_ref().and_then(|name| ports.profiles.find(name).ok());
    let has_files = source.has_files();
    let shown = |report| report_out(report, &ports.profiles, (profile, has_files), organisation.data_locale());
    Ok(Json(CheckEnvelope { check: outcome(kind, connector.check().await.map(shown)) }))
}

fn outcome(kind: &'static str, checked: Result<ReportOut, SourceError>) -> CheckOut {
    match checked {
        Ok(report) => CheckOut { kind, status: "reached", error: None, report: Some(report) },
        Err(error) => {
            tracing::info!(task.error = error.kind.code(), cause = %Causes(&error), "a connection was checked and failed");
            let error = CheckErrorOut { code: error.kind.code().to_owned(), message: error.kind.to_string() };
            CheckOut { kind, status: "failed", error: Some(error), report: None }
        }
    }
}

/// `has_files` says whether files in a folder of the CRM can be read.
fn report_out(
    report: SourceReport,
    profiles: &Profiles,
    (profile, has_files): (Option<&Profile>, bool),
    locale: Locale,
) -> ReportOut {
    let SourceReport { server, user, tls, modules, gaps, views, mut advice, cost } = report;
    advice.extend(profile.and_then(|profile| profile.advice(&modules, has_files)));
    let recognised = profiles.recognise(&modules, &gaps).map(ProfileOut::from);
    let shaped = shape(&modules, &gaps, profile, locale);
    let gaps = shaped.gaps.iter().map(GapOut::from).collect();
    ReportOut {
        server,
        user,
        tls,
        modules: shaped.modules.into_iter().map(module_out).collect(),
        gaps,
        views,
        recognised,
        advice,
        cost: cost.map(CostOut::from),
    }
}

fn module_out(module: SourceModule) -> CheckedModule {
    let SourceModule { api_name, label, contents, fields, estimated_rows: rows, bytes, .. } = module;
    let fields = fields.into_iter().map(|field| field.api_name).collect();
    CheckedModule {
        api_name,
        label,
        rows,
        bytes,
        fields,
        left_out: Some(contents).filter(|contents| *contents != DataCategory::Crm),
    }
}
