//! What became of single records in a call that writes several (Zoho CRM API v8, "Insert Records", "Update Records").

use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use serde_json::Value;

use crate::values::text;

/// What Zoho says of one record.
#[derive(Debug, Clone)]
pub(super) struct RecordResult {
    /// Its id, if it was written.
    pub written: Option<String>,
    code: String,
    /// The field that Zoho names.
    pub field: Option<String>,
    pub is_scheduled: bool,
}

impl RecordResult {
    pub(super) fn of(result: &Value) -> Self {
        let details = result.get("details").cloned().unwrap_or_default();
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let is_done = text(result, "status") == "success";
        let is_scheduled = text(result, "code") == "SCHEDULED";
        let field = some(text(&details, "api_name"));
        let written = if is_done { some(text(&details, "id")) } else { None };
        Self { written, code: text(result, "code").to_owned(), field, is_scheduled }
    }

    /// Why it was not written.
    pub(super) fn refusal(&self) -> WriteOutcome {
        let field = self.field.clone();
        let reason = match self.code.as_str() {
            "DUPLICATE_DATA" => Refusal::Duplicate { rule: field },
            "MANDATORY_NOT_FOUND" => Refusal::MissingValue { field },
            "INVALID_DATA" if field.as_deref() == Some("id") => Refusal::Reference { rule: field },
            "INVALID_DATA" => Refusal::Value { field },
            "CANNOT_RESTORE_WITHOUT_PARENT" => Refusal::Reference { rule: None },
            "NO_PERMISSION" | "PERMISSION_DENIED" | "AUTHORIZATION_FAILED" => Refusal::NoPermission,
            "NOT_SUPPORTED" | "INVALID_MODULE" => Refusal::Unsupported,
            "RECORD_LOCKED" | "NOT_APPROVED" | "RECORD_IN_BLUEPRINT" | "DEPENDENT_MISMATCH" => {
                Refusal::Rule { rule: Some(self.code.clone()) }
            }
            code => Refusal::Other { code: code.chars().take(60).collect() },
        };
        WriteOutcome::Refused { reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn codes_say_why_a_record_is_not_taken() {
        let refusal = |code: &str, field: &str| {
            let result = json!({"code": code, "status": "error", "details": {"api_name": field}});
            match RecordResult::of(&result).refusal() {
                WriteOutcome::Refused { reason } => reason,
                other => unreachable!("{other:?}"),
            }
        };
        let field = || Some("Email".to_owned());
        assert_eq!(refusal("DUPLICATE_DATA", "Email"), Refusal::Duplicate { rule: field() });
        assert_eq!(refusal("INVALID_DATA", "Email"), Refusal::Value { field: field() });
        assert_eq!(refusal("MANDATORY_NOT_FOUND", "Email"), Refusal::MissingValue { field: field() });
        assert_eq!(refusal("NO_PERMISSION", ""), Refusal::NoPermission);
        assert_eq!(refusal("SOMETHING_NEW", ""), Refusal::Other { code: "SOMETHING_NEW".to_owned() });
        let written = json!({"code": "SUCCESS", "status": "success", "details": {"id": "5"}});
        assert_eq!(RecordResult::of(&written).written.as_deref(), Some("5"));
    }
}
