//! The parts of the OpenAPI document that all calls share. Paths and schemas come from the handlers.

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::server::ServerBuilder;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{Components, InfoBuilder, LicenseBuilder, OpenApi, OpenApiVersion, Ref, Required};
use utoipa::{IntoResponses, PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::closed_sets::ErrorStatus;

/// Tags of the calls, in the order of the document.
const TAGS: [(&str, &str); 11] = [
    ("backups", "The calls of Zoho CRM's Backup API: schedule, read, change and stop backups, and get links to their zips."),
    ("overview", "The current state of backups, the allowance with its ledger, and previews of schedules."),
    ("downloads", "Finished backups, their contents, and downloads of single files."),
    ("explore", "The records, attachments and changes of finished backups."),
    ("restores", "Records that are written back into the CRM."),
    ("erasures", "Erasing records from everything that is kept of backups."),
    ("activity", "History and notifications."),
    ("settings", "Settings of the organisation, and the calendar feed."),
    ("connection", "The connection to the CRM that is backed up."),
    ("webhooks", "Event messages to URLs of your own."),
    ("purchases", "Prices, orders and subscriptions."),
];

/// A router whose routes carry their OpenAPI description.
pub type Documented<S = ()> = OpenApiRouter<S>;

/// Version of the API. All versions answer alike.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the path parameter that api::wire checks")]
enum ApiVersion {
    #[serde(rename = "v2.1")]
    V2_1,
    #[serde(rename = "v3")]
    V3,
    #[serde(rename = "v4")]
    V4,
    #[serde(rename = "v5")]
    V5,
    #[serde(rename = "v6")]
    V6,
    #[serde(rename = "v7")]
    V7,
    #[serde(rename = "v8")]
    V8,
}

/// An error: a stable code, a message that says what to do, and details that depend on the code.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what api::error writes")]
pub struct ErrorOut {
    /// Stable code, for example `INVALID_DATA`.
    code: String,
    /// The value at fault, for example `{"api_name":"rrule","json_path":"$.backup.rrule"}`.
    details: serde_json::Value,
    /// What went wrong, and what to do.
    message: String,
    #[schema(value_type = ErrorStatus)]
    status: String,
}

/// The reason why a backup failed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the domain's failure")]
pub struct FailureOut {
    /// Stable code, for example `ATTACHMENT_MISSING`.
    code: String,
    /// What went wrong, and what to do.
    message: String,
    /// The module, record or file at fault, if there is one.
    subject: Option<FailureSubjectOut>,
}

/// The place in the CRM at which a backup failed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes the domain's failure")]
struct FailureSubjectOut {
    /// The module's API name.
    module: String,
    record: Option<String>,
    #[schema(example = "offer.pdf")]
    file: Option<String>,
}

/// An error. The scheduling calls nest it under `backup`.
#[derive(ToSchema)]
#[serde(untagged)]
#[allow(dead_code, reason = "describes what api::error writes")]
pub enum AnyError {
    Plain(ErrorOut),
    Scheduling { backup: ErrorOut },
}

/// Error responses that every call may return.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "describes what api::error writes")]
enum Refusals {
    /// The request cannot be carried out; `code` says why.
    #[response(status = 400)]
    BadRequest(AnyError),
    /// The access token is missing or invalid.
    #[response(status = 401)]
    Unauthenticated(AnyError),
    /// The caller is not an administrator.
    #[response(status = 403)]
    Forbidden(AnyError),
    /// The path does not exist.
    #[response(status = 404)]
    NotFound(AnyError),
    /// Internal error.
    #[response(status = 500)]
    Internal(AnyError),
    /// The service is temporarily unavailable; try again.
    #[response(status = 503)]
    Unavailable(AnyError),
}

/// Adds what all calls share to their descriptions: the version in the path, the error responses, and the caller's token. A call that needs
/// no token says so with `security(())`.
pub(super) fn describe_calls(document: &mut OpenApi) {
    for path in document.paths.paths.values_mut() {
        let PathItem { get, put, post, delete, .. } = path;
        [get, put, post, delete].into_iter().flatten().for_each(describe_call);
    }
}

fn describe_call(operation: &mut Operation) {
    let version = ParameterBuilder::new().name("v").parameter_in(ParameterIn::Path).required(Required::True);
    let version = version.schema(Some(Ref::from_schema_name(ApiVersion::name())));
    operation.parameters.get_or_insert_default().insert(0, version.build().into());
    for (status, response) in Refusals::responses() {
        operation.responses.responses.entry(status).or_insert(response);
    }
    let token = |scheme: &str| SecurityRequirement::new::<_, [&str; 0], &str>(scheme, []);
    operation.security.get_or_insert_with(|| vec![token("zoho"), token("bearer")]);
}

/// Removes the schemas to which nothing refers, such as those that appear only inside a generic schema.
pub fn without_unused_schemas(mut document: OpenApi) -> OpenApi {
    loop {
        let text = serde_json::to_string(&document).unwrap_or_default();
        let Some(components) = &mut document.components else { return document };
        let before = components.schemas.len();
        components.schemas.retain(|name, _| text.contains(&format!("\"#/components/schemas/{name}\"")));
        if components.schemas.len() == before {
            return document;
        }
    }
}

/// Creates the document without paths; routers add theirs.
pub fn document() -> OpenApi {
    let license = LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build();
    let info = InfoBuilder::new()
        .title("Hozon backup API")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some("Backups of CRM data. Paths, envelopes and codes are those of Zoho CRM's Backup API."))
        .license(Some(license))
        .build();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    let zoho = ApiKey::Header(ApiKeyValue::with_description("Authorization", "`Zoho-oauthtoken <token>`"));
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    components.add_security_scheme("zoho", SecurityScheme::ApiKey(zoho));
    // Parameters and error responses refer to these schemas, but only request and response bodies register theirs.
    components.schemas.insert(ApiVersion::name().into_owned(), ApiVersion::schema());
    components.schemas.insert(AnyError::name().into_owned(), AnyError::schema());
    components.schemas.insert(ErrorOut::name().into_owned(), ErrorOut::schema());
    components.schemas.insert(ErrorStatus::name().into_owned(), ErrorStatus::schema());
    let mut document = OpenApi::new(info, utoipa::openapi::Paths::new());
    document.openapi = OpenApiVersion::Version31;
    document.components = Some(components);
    document.servers = Some(vec![ServerBuilder::new().url("/").description(Some("The host that serves this document")).build()]);
    document.tags =
        Some(TAGS.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build()).into());
    document
}
