//! `GET` and `PUT backup/settings`: time zone, time of day, mail recipients, archive options, and which losses are unusual. An active schedule is
//! moved in the same transaction.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveTime;
use hozon_shared::api::closed_sets::{ArchiveLayoutName, DrillPolicyName, Language};
use hozon_shared::api::{Administrator, AnyError, ApiError, Body, named};
use hozon_shared::domain::archive_options::{ArchiveLayout, ArchiveOptions, CsvOptions, MIN_ZIP};
use hozon_shared::domain::change;
use hozon_shared::domain::drill_policy::DrillPolicy;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Caller, MAX_RECIPIENTS, Organisation, is_address};
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::domain::unusual_loss::LossRule;
use hozon_shared::ports::{ErrorKind, ScheduleTrigger};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::etag;
use crate::retention_rule::RetentionRuleBody;

/// Maximum size of an S3 object.
const MAX_ZIP: u64 = 5 << 40;

#[derive(Serialize, ToSchema)]
pub struct SettingsEnvelope {
    settings: SettingsOut,
}

#[derive(Serialize, ToSchema)]
struct SettingsOut {
    /// IANA time zone name.
    #[schema(example = "Asia/Tokyo")]
    time_zone: String,
    /// When scheduled runs start, as hours and minutes in that zone.
    #[schema(example = "04:00")]
    time_of_day: String,
    /// Additional recipients of mails, besides the administrator concerned.
    recipients: Vec<String>,
    /// Language of mails to additional recipients; null selects the language of the administrator concerned.
    #[schema(value_type = Option<Language>)]
    locale: Option<Locale>,
    csv: CsvOut,
    /// Maximum size of a zip in bytes; a larger backup is split. Null applies only the service's own limit.
    max_part_bytes: Option<u64>,
    /// Layout of the zips.
    #[schema(value_type = ArchiveLayoutName)]
    layout: &'static str,
    unusual_loss: LossRuleOut,
    /// Which captured data is kept; null selects the service's default.
    retention: Option<RetentionRuleBody>,
    /// Which backups are drilled by themselves. None is while no restore target is there for drills.
    #[schema(value_type = DrillPolicyName)]
    drills: DrillPolicy,
}

/// When a backup warns of an unusual loss.
#[derive(Serialize, ToSchema)]
struct LossRuleOut {
    /// Percentage of a module's records, or of its attachments, above which their loss is unusual.
    #[schema(minimum = 0, maximum = 100)]
    percent: u8,
    /// Whether a module that is gone is an unusual loss.
    modules: bool,
    /// Whether attachments are looked at.
    attachments: bool,
}

/// Options of CSV files.
#[derive(Serialize, ToSchema)]
struct CsvOut {
    /// Whether files start with a byte order mark, so that Excel recognises UTF-8.
    byte_order_mark: bool,
    /// Whether cells that a spreadsheet would run as a formula are neutralized.
    escape_formulas: bool,
    /// Whether cells that a spreadsheet would change (ids, leading zeros, text that looks like a date) are protected. Effective only together with `escape_formulas`.
    protect_values: bool,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsRequest {
    settings: WantedSettings,
}

/// Fields that are left out keep their values.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedSettings {
    /// IANA time zone name.
    time_zone: Option<String>,
    /// Hours and minutes.
    #[schema(example = "04:00")]
    time_of_day: Option<String>,
    /// At most 10 mail addresses.
    recipients: Option<Vec<String>>,
    /// Null selects the language of the administrator concerned.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<Language>)]
    locale: Option<Option<String>>,
    csv: Option<WantedCsv>,
    /// At least 16777216; null removes the limit.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<u64>, minimum = 16777216)]
    max_part_bytes: Option<Option<u64>>,
    /// `zoho` writes zips like Zoho CRM's own backups, for its import; they have no manifest, and cells are bare.
    #[schema(value_type = Option<ArchiveLayoutName>)]
    layout: Option<String>,
    unusual_loss: Option<WantedLossRule>,
    /// Null selects the service's default.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<RetentionRuleBody>)]
    retention: Option<Option<RetentionRuleBody>>,
    #[schema(value_type = Option<DrillPolicyName>)]
    drills: Option<String>,
}

/// Fields that are left out keep their values.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedLossRule {
    /// 0 warns of any loss, 100 of none.
    #[schema(minimum = 0, maximum = 100)]
    percent: Option<u64>,
    modules: Option<bool>,
    attachments: Option<bool>,
}

/// Fields that are left out keep their values.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedCsv {
    byte_order_mark: Option<bool>,
    escape_formulas: Option<bool>,
    protect_values: Option<bool>,
}

/// Reads the settings.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/settings",
    operation_id = "get_settings",
    tag = "settings",
    responses((status = 200, description = "The settings", body = SettingsEnvelope, headers(("ETag" = String)))),
)]
pub async fn read(State(app): State<App>, Administrator(caller): Administrator) -> Result<Response, ApiError> {
    let organisation = app.organisation(caller.org).await?;
    Ok(answer(&app, &organisation))
}

/// Saves settings.
///
/// A change of time zone or time moves the runs of an active schedule.
#[utoipa::path(
    put,
    path = "/crm/bulk/{v}/backup/settings",
    operation_id = "save_settings",
    tag = "settings",
    params(
        ("If-Match" = String, Header, description = "ETag of the settings that the caller has read; `*` for any version"),
    ),
    request_body = SettingsRequest,
    responses(
        (status = 200, description = "The saved settings", body = SettingsEnvelope, headers(("ETag" = String))),
        (status = 412, description = "The settings were changed in the meantime", body = AnyError),
        (status = 428, description = "If-Match is missing", body = AnyError),
    ),
)]
pub async fn save(
    State(app): State<App>,
    Administrator(caller): Administrator,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, ApiError> {
    let wanted: SettingsRequest = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let seen = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).ok_or_else(ApiError::precondition_required)?;
    let organisation = app.organisation(caller.org).await?;
    if !etag::matches(seen, &tag(&organisation)) {
        return Err(ApiError::precondition_failed());
    }
    let changed = apply(organisation.clone(), wanted.settings)?;
    let stored = store(&app, &caller, &organisation, changed).await?;
    Ok(answer(&app, &stored))
}

async fn store(app: &App, caller: &Caller, before: &Organisation, changed: Organisation) -> Result<Organisation, ApiError> {
    let now = app.ports.clock.now();
    let moved = match app.active_schedule(caller.org).await? {
        Some(schedule) if has_moved(app, &schedule, before, &changed) => {
            let (rule, time) = (schedule.recurrence.rule, app.time_of_day(&changed));
            let moved = schedule.change(rule, changed.time_zone, time, caller.person.clone(), now);
            Some(moved.map_err(|_| ApiError::precondition_failed())?)
        }
        _ => None,
    };
    if let Some(schedule) = &moved {
        app.triggers.put(&ScheduleTrigger::of(schedule)).await?;
    }
    let events = [(); 2].map(|()| EventId(app.ports.ids.next(now)));
    let changes = change::save_settings(changed.clone(), moved, &caller.person, now, events);
    match app.ports.store.commit(caller.org, changes).await {
        Ok(()) => Ok(Organisation { version: changed.version + 1, ..changed }),
        Err(error) if error.kind == ErrorKind::Conflict => {
            app.repair_trigger(caller.org).await?;
            Err(ApiError::precondition_failed())
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns whether the new settings move the schedule's runs.
fn has_moved(app: &App, schedule: &Schedule, before: &Organisation, changed: &Organisation) -> bool {
    let is_changed = before.time_zone != changed.time_zone || before.time_of_day != changed.time_of_day;
    let recurrence = &schedule.recurrence;
    is_changed && (recurrence.zone, recurrence.time) != (changed.time_zone, app.time_of_day(changed))
}

fn apply(organisation: Organisation, wanted: WantedSettings) -> Result<Organisation, ApiError> {
    let mut changed = organisation;
    if let Some(zone) = wanted.time_zone {
        let invalid =
            |_| ApiError::invalid_data("time_zone", "$.settings.time_zone", "Set time_zone to an IANA name such as Asia/Tokyo.");
        changed.time_zone = zone.parse().map_err(invalid)?;
    }
    if let Some(time) = wanted.time_of_day {
        let invalid = |_| {
            ApiError::invalid_data("time_of_day", "$.settings.time_of_day", "Set time_of_day to hours and minutes such as 04:00.")
        };
        changed.time_of_day = Some(NaiveTime::parse_from_str(&time, "%H:%M").map_err(invalid)?);
    }
    if let Some(recipients) = wanted.recipients {
        changed.recipients = checked(recipients)?;
    }
    if let Some(locale) = wanted.locale {
        changed.locale = locale.as_deref().map(language).transpose()?;
    }
    apply_archive(&mut changed.archive, wanted.csv, wanted.max_part_bytes)?;
    if let Some(name) = wanted.layout {
        changed.archive.layout = layout(&name)?;
    }
    if let Some(wanted) = wanted.unusual_loss {
        changed.loss_rule = loss_rule(changed.loss_rule, wanted)?;
    }
    if let Some(wanted) = wanted.retention {
        changed.retention = wanted.map(RetentionRuleBody::rule).transpose()?;
    }
    if let Some(name) = wanted.drills {
        let invalid = || ApiError::invalid_data("drills", "$.settings.drills", "Set drills to off, each_backup or weekly.");
        changed.drills = DrillPolicy::named(&name).ok_or_else(invalid)?;
    }
    Ok(changed)
}

fn loss_rule(rule: LossRule, wanted: WantedLossRule) -> Result<LossRule, ApiError> {
    let percent = wanted.percent.map_or(Some(rule.percent), |percent| u8::try_from(percent).ok());
    let percent = percent.filter(|percent| *percent <= 100).ok_or_else(|| {
        ApiError::invalid_data("percent", "$.settings.unusual_loss.percent", "Set percent to a whole number from 0 to 100.")
    })?;
    let (modules, attachments) = (wanted.modules.unwrap_or(rule.modules), wanted.attachments.unwrap_or(rule.attachments));
    Ok(LossRule { percent, modules, attachments })
}

fn layout(text: &str) -> Result<ArchiveLayout, ApiError> {
    ArchiveLayout::named(text)
        .ok_or_else(|| ApiError::invalid_data("layout", "$.settings.layout", "Set layout to hozon or zoho."))
}

fn language(text: &str) -> Result<Locale, ApiError> {
    let known = [Locale::Ja, Locale::En].into_iter().find(|locale| locale.tag() == text);
    known.ok_or_else(|| ApiError::invalid_data("locale", "$.settings.locale", "Set locale to ja or en."))
}

fn apply_archive(
    options: &mut ArchiveOptions,
    csv: Option<WantedCsv>,
    max_zip_bytes: Option<Option<u64>>,
) -> Result<(), ApiError> {
    if let Some(WantedCsv { byte_order_mark, escape_formulas, protect_values }) = csv {
        options.csv.bom = byte_order_mark.unwrap_or(options.csv.bom);
        options.csv.escape_formulas = escape_formulas.unwrap_or(options.csv.escape_formulas);
        options.csv.protect = protect_values.unwrap_or(options.csv.protect);
    }
    if let Some(most) = max_zip_bytes {
        if most.is_some_and(|most| !(MIN_ZIP..=MAX_ZIP).contains(&most)) {
            let message = "Set max_part_bytes to a number from 16777216 (16 MiB) to 5497558138880 (5 TiB), or to null.";
            return Err(ApiError::invalid_data("max_part_bytes", "$.settings.max_part_bytes", message));
        }
        options.max_zip_bytes = most;
    }
    Ok(())
}

fn checked(recipients: Vec<String>) -> Result<Vec<String>, ApiError> {
    if recipients.len() > MAX_RECIPIENTS {
        let message = "At most 10 recipients are allowed.";
        return Err(ApiError::invalid_data("recipients", "$.settings.recipients", message).because("too_many"));
    }
    if let Some(at) = recipients.iter().position(|address| !is_address(address)) {
        let (path, message) =
            (format!("$.settings.recipients[{at}]"), "Each recipient must be a mail address such as name@example.com.");
        return Err(ApiError::invalid_data("recipients", &path, message));
    }
    Ok(recipients)
}

fn answer(app: &App, organisation: &Organisation) -> Response {
    let settings = SettingsOut {
        time_zone: organisation.time_zone.name().to_owned(),
        time_of_day: app.time_of_day(organisation).format("%H:%M").to_string(),
        recipients: organisation.recipients.clone(),
        locale: organisation.locale,
        csv: csv_out(organisation.archive.csv),
        max_part_bytes: organisation.archive.max_zip_bytes,
        layout: organisation.archive.layout.name(),
        unusual_loss: loss_rule_out(organisation.loss_rule),
        retention: organisation.retention.map(RetentionRuleBody::of),
        drills: organisation.drills,
    };
    ([(header::ETAG, tag(organisation))], Json(SettingsEnvelope { settings })).into_response()
}

fn loss_rule_out(LossRule { percent, modules, attachments }: LossRule) -> LossRuleOut {
    LossRuleOut { percent, modules, attachments }
}

fn csv_out(CsvOptions { bom, escape_formulas, protect }: CsvOptions) -> CsvOut {
    CsvOut { byte_order_mark: bom, escape_formulas, protect_values: protect }
}

fn tag(organisation: &Organisation) -> String {
    format!("\"{}\"", organisation.version)
}
