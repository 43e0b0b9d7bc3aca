//! The request body for setting and changing a schedule, and for a backup now.

use hozon_shared::api::closed_sets::ArchiveLayoutName;
use hozon_shared::api::{ApiError, Envelope};
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::rule::Rule;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The request body.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    backup: Option<Options>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The recurrence rule. `FREQ` is WEEKLY or MONTHLY, `INTERVAL` is 1 to 52. `BYDAY` is a weekday (monthly: 1MO to 4SU, or -1FR for the last one); `BYMONTHDAY` is 1 to 31, where shorter months use their last day.
    #[schema(value_type = Option<String>, example = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")]
    rrule: Option<Value>,
    /// Layout of the zips of a backup now. Left out, that of the settings.
    #[schema(value_type = Option<ArchiveLayoutName>)]
    layout: Option<String>,
}

/// What a request asks for.
pub enum Asked {
    /// A backup now, with zips in this layout, or in that of the settings.
    Now(Option<ArchiveLayout>),
    Schedule(Rule),
}

/// Parses a request. An empty body, or `{}` as Zoho's SDKs send it, asks for a backup now, and so does a layout alone. A
/// schedule without a rule is rejected, so that a mistake consumes no backup.
pub fn read(body: &[u8]) -> Result<Asked, ApiError> {
    if body.trim_ascii().is_empty() {
        return Ok(Asked::Now(None));
    }
    let unreadable = |_| ApiError::body_not_readable().envelope(Envelope::Backup);
    let request: BackupRequest = serde_json::from_slice(body).map_err(unreadable)?;
    let Some(options) = request.backup else { return Ok(Asked::Now(None)) };
    match (options.rrule, options.layout) {
        (None, None) => Err(missing()),
        (Some(rrule), None) => rule(&rrule).map(Asked::Schedule),
        (None, Some(name)) => ArchiveLayout::named(&name)
            .map(|layout| Asked::Now(Some(layout)))
            .ok_or_else(|| invalid_layout("Set layout to hozon or zoho.")),
        (Some(_), Some(_)) => Err(invalid_layout("Leave layout out: scheduled backups have that of the settings.")),
    }
}

/// Parses a mandatory rule.
pub fn read_rule(body: &[u8]) -> Result<Rule, ApiError> {
    match read(body)? {
        Asked::Schedule(rule) => Ok(rule),
        Asked::Now(None) => Err(missing()),
        Asked::Now(Some(_)) => Err(invalid_layout("Leave layout out: scheduled backups have that of the settings.")),
    }
}

fn invalid_layout(message: &str) -> ApiError {
    ApiError::invalid_data("layout", "$.backup.layout", message).envelope(Envelope::Backup)
}

fn missing() -> ApiError {
    let message = "Send {\"backup\":{\"rrule\":\"RRULE:...\"}}.";
    ApiError::mandatory_not_found("rrule", "$.backup.rrule", message).envelope(Envelope::Backup)
}

fn rule(rrule: &Value) -> Result<Rule, ApiError> {
    let invalid = |message: String| ApiError::invalid_data("rrule", "$.backup.rrule", message).envelope(Envelope::Backup);
    let text = rrule.as_str().ok_or_else(|| invalid("Send rrule as a string.".to_owned()))?;
    text.parse::<Rule>().map_err(|error| invalid(error.to_string()))
}
