//! What Zoho's error answers mean for a backup. Its messages may quote data, so that they are neither shown nor logged; its codes are
//! (Zoho CRM API v8, "Status Codes and Common Error Codes").

use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::{PortError, SourceError};
use serde_json::Value;

/// Shortest wait after Zoho took no more calls, in seconds.
pub(crate) const SHORT_WAIT: u64 = 60;
/// Longest code that is logged; Zoho's are shorter.
const LONGEST_CODE: usize = 60;

/// An error answer of Zoho.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("zoho answered {status} with {code}")]
pub(crate) struct ApiError {
    pub status: u16,
    pub code: String,
}

impl ApiError {
    /// Finds the error of an answer: `None` if it is none. The body decides, because errors come with status 200 as well.
    pub(crate) fn of(status: u16, body: &Value) -> Option<Self> {
        let is_failed = status >= 400;
        let code = code_in(body, is_failed).or_else(|| is_failed.then(|| "without a code".to_owned()))?;
        Some(Self { status, code })
    }

    /// Whether the same call may succeed a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        self.is_too_many() || matches!(self.code.as_str(), "INTERNAL_ERROR" | "INTERNAL_SERVER_ERROR") || self.status >= 500
    }

    /// Whether Zoho takes no more calls for now.
    pub(crate) fn is_too_many(&self) -> bool {
        self.status == 429 || matches!(self.code.as_str(), "TOO_MANY_REQUESTS" | "RATE_LIMIT_EXCEEDED")
    }

    /// Whether a new access token may help.
    pub(crate) fn is_about_token(&self) -> bool {
        matches!(self.code.as_str(), "INVALID_TOKEN" | "AUTHENTICATION_FAILURE" | "invalid_oauth_token")
    }

    /// Whether the consent does not cover what was asked for.
    pub(crate) fn is_out_of_scope(&self) -> bool {
        self.code == "OAUTH_SCOPE_MISMATCH"
    }

    /// Whether the user may not read what was asked for.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self.code.as_str(), "NO_PERMISSION" | "PERMISSION_DENIED" | "AUTHORIZATION_FAILED" | "CRMPLUS_TRIAL_EXPIRED")
    }

    /// Whether what was asked for is not offered by the API, or is not there.
    pub(crate) fn is_unknown(&self) -> bool {
        const UNKNOWN: [&str; 8] = [
            "INVALID_MODULE",
            "INVALID_URL_PATTERN",
            "NOT_SUPPORTED",
            "NOT_SUPPORTED_FEATURE",
            "FEATURE_NOT_SUPPORTED",
            "API_NOT_SUPPORTED",
            "INVALID_REQUEST_METHOD",
            "RESOURCE_NOT_FOUND",
        ];
        UNKNOWN.contains(&self.code.as_str())
    }

    /// The failure of a call about a module.
    pub(crate) fn about(self, module: &str) -> SourceError {
        let kind = match self.code.as_str() {
            _ if self.is_about_token() => SourceErrorKind::ConsentRevoked,
            _ if self.is_forbidden() => SourceErrorKind::NoPermission(module.to_owned()),
            _ if self.is_out_of_scope() => SourceErrorKind::Scope(module.to_owned()),
            _ if self.is_too_many() => SourceErrorKind::Throttled(SHORT_WAIT),
            _ if self.is_passing() => SourceErrorKind::Interrupted,
            "INVALID_MODULE" => SourceErrorKind::Changed(module.to_owned()),
            _ => SourceErrorKind::Refused,
        };
        SourceError { kind, source: Some(Box::new(self)) }
    }

    /// The failure of a call for an access token (Zoho Accounts, "Refresh Access Tokens").
    pub(crate) fn about_tokens(self) -> SourceError {
        let kind = match self.code.as_str() {
            "invalid_code" | "invalid_grant" => SourceErrorKind::ConsentRevoked,
            "invalid_client" | "invalid_client_secret" => SourceErrorKind::ClientUnknown,
            // More than ten tokens in ten minutes.
            "Access Denied" | "access_denied" => SourceErrorKind::Throttled(10 * SHORT_WAIT),
            _ if self.is_too_many() => SourceErrorKind::Throttled(SHORT_WAIT),
            _ if self.status >= 500 => SourceErrorKind::Interrupted,
            _ => SourceErrorKind::Refused,
        };
        SourceError { kind, source: Some(Box::new(self)) }
    }
}

/// The code may be at `code`, `error`, `backup.code`, `data[0].code`, or in the first element of an array.
fn code_in(body: &Value, is_failed: bool) -> Option<String> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(|code| code.chars().take(LONGEST_CODE).collect());
    let failed = |value: &Value| {
        let says_so = value.get("status").and_then(Value::as_str) == Some("error");
        (says_so || is_failed).then(|| text(value.get("code"))).flatten()
    };
    let first = |list: Option<&Value>| list.and_then(Value::as_array).and_then(|list| list.first()).and_then(failed);
    failed(body)
        .or_else(|| text(body.get("error")))
        .or_else(|| body.get("backup").and_then(failed))
        .or_else(|| first(body.get("data")))
        .or_else(|| first(Some(body)))
}

/// The failure of a call without an answer.
pub(crate) fn without_answer(error: reqwest::Error) -> SourceError {
    let kind = match &error {
        _ if is_certificate(&error) => SourceErrorKind::Certificate,
        _ if error.is_connect() => SourceErrorKind::Unreachable,
        _ => SourceErrorKind::Interrupted,
    };
    // An address holds ids of records.
    SourceError { kind, source: Some(Box::new(error.without_url())) }
}

fn is_certificate(error: &dyn std::error::Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if inner.to_string().contains("invalid peer certificate") {
            return true;
        }
        cause = inner.source();
    }
    false
}

/// The failure of one of our own services. It passes, or the operator must help; the source is not at fault.
pub(crate) fn of_port(error: PortError) -> SourceError {
    SourceError { kind: SourceErrorKind::Interrupted, source: Some(Box::new(error)) }
}

/// An answer that is not as the API's documentation says.
#[derive(Debug, thiserror::Error)]
#[error("zoho's answer lacks {0}, or has it in another form")]
pub(crate) struct Unexpected(pub &'static str);

impl From<Unexpected> for SourceError {
    fn from(error: Unexpected) -> Self {
        Self { kind: SourceErrorKind::Refused, source: Some(Box::new(error)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_code_is_found_wherever_it_sits() {
        let code = |status, body| ApiError::of(status, &body).map(|error| error.code);
        let some = |code: &str| Some(code.to_owned());
        assert_eq!(code(200, json!({"code": "NO_PERMISSION", "status": "error"})), some("NO_PERMISSION"));
        assert_eq!(code(200, json!({"error": "invalid_code"})), some("invalid_code"));
        assert_eq!(code(400, json!({"data": [{"code": "INVALID_DATA", "status": "error"}]})), some("INVALID_DATA"));
        assert_eq!(code(401, json!([{"code": "INVALID_TOKEN", "status": "error"}])), some("INVALID_TOKEN"));
        assert_eq!(code(502, Value::Null), some("without a code"));
        assert_eq!(code(200, json!({"data": [{"code": "ADDED_SUCCESSFULLY", "status": "success"}]})), None);
        assert_eq!(code(200, json!({"data": [{"id": "1", "code": "a field of a record"}]})), None);
        assert_eq!(code(204, Value::Null), None);
    }

    #[test]
    fn codes_say_what_to_do() {
        let kind = |code: &str, status| ApiError { status, code: code.to_owned() }.about("Leads").kind;
        assert_eq!(kind("NO_PERMISSION", 400), SourceErrorKind::NoPermission("Leads".to_owned()));
        assert_eq!(kind("NO_PERMISSION", 403), SourceErrorKind::NoPermission("Leads".to_owned()));
        assert_eq!(kind("OAUTH_SCOPE_MISMATCH", 401), SourceErrorKind::Scope("Leads".to_owned()));
        assert_eq!(kind("TOO_MANY_REQUESTS", 200), SourceErrorKind::Throttled(SHORT_WAIT));
        assert_eq!(kind("INTERNAL_ERROR", 500), SourceErrorKind::Interrupted);
        let token = |code: &str| ApiError { status: 200, code: code.to_owned() }.about_tokens().kind;
        assert_eq!(token("invalid_code"), SourceErrorKind::ConsentRevoked);
        assert_eq!(token("invalid_client"), SourceErrorKind::ClientUnknown);
    }
}
