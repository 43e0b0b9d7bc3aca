//! The body of the calls that set and change a schedule.

use hozon_shared::api::{ApiError, Envelope};
use hozon_shared::domain::rule::Rule;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BackupRequest {
    backup: Option<Options>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Options {
    /// The rule. `FREQ` WEEKLY or MONTHLY; `INTERVAL` 1 to 52; `BYDAY` (monthly: 1MO to 4SU, or -1FR for the last), or `BYMONTHDAY`
    /// 1 to 31, where a shorter month uses its last day.
    #[schema(value_type = Option<String>, example = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU")]
    rrule: Option<Value>,
}

/// Reads the rule; none when the body is empty or `{}`, which Zoho's SDKs send for an empty body: that asks for a backup now. A schedule
/// without its rule is refused, so that a slip uses nothing up.
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

/// Reads the rule, which must be there.
pub fn read_rule(body: &[u8]) -> Result<Rule, ApiError> {
    read(body)?.ok_or_else(missing)
}

fn missing() -> ApiError {
    let message = "Send {\"backup\":{\"rrule\":\"RRULE:...\"}}.";
    ApiError::mandatory_not_found("rrule", "$.backup.rrule", message).envelope(Envelope::Backup)
}

fn rule(rrule: &Value) -> Result<Rule, ApiError> {
    let invalid = |message: String| ApiError::invalid_data("rrule", "$.backup.rrule", message).envelope(Envelope::Backup);
    let text = rrule.as_str().ok_or_else(|| invalid("rrule is text.".to_owned()))?;
    text.parse::<Rule>().map_err(|error| invalid(error.to_string()))
}
