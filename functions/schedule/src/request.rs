//! The request body for setting and changing a schedule.

use hozon_shared::api::{ApiError, Envelope};
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
}

/// Parses the rule. An empty body, or `{}` as Zoho's SDKs send it, requests an on-demand backup and returns `None`. A
/// schedule without a rule is rejected, so that a mistake consumes no backup.
pub fn read(body: &[u8]) -> Result<Option<Rule>, ApiError> {
    if body.trim_ascii().is_empty() {
        return Ok(None);
    }
    let unreadable = |_| ApiError::body_not_readable().envelope(Envelope::Backup);
    let request: BackupRequest = serde_json::from_slice(body).map_err(unreadable)?;
    let Some(options) = request.backup else { return Ok(None) };
    let rrule = options.rrule.ok_or_else(missing)?;
    rule(&rrule).map(Some)
}

/// Parses a mandatory rule.
pub fn read_rule(body: &[u8]) -> Result<Rule, ApiError> {
    read(body)?.ok_or_else(missing)
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
