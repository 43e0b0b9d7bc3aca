//! The AWS JSON protocols of the emulated services: the operation is in a header, and an answer says its version.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Version of the protocol.
#[derive(Debug, Clone, Copy)]
pub(crate) enum AwsJson {
    V1_0,
    V1_1,
}

impl AwsJson {
    /// Returns an answer with that body.
    pub(crate) fn answer(self, status: StatusCode, body: impl ToString) -> Response {
        let content_type = match self {
            Self::V1_0 => "application/x-amz-json-1.0",
            Self::V1_1 => "application/x-amz-json-1.1",
        };
        (status, [(header::CONTENT_TYPE, content_type)], body.to_string()).into_response()
    }

    /// Rejects a request. `kind` is the error's name at AWS.
    pub(crate) fn refusal(self, kind: &str, message: &str) -> Response {
        let body = match self {
            Self::V1_0 => json!({ "__type": kind, "message": message }),
            Self::V1_1 => json!({ "__type": kind, "Message": message }),
        };
        self.answer(StatusCode::BAD_REQUEST, body)
    }
}

/// Returns the operation that a request names, with its service.
pub(crate) fn target(headers: &HeaderMap) -> Option<&str> {
    headers.get("x-amz-target").and_then(|value| value.to_str().ok())
}
