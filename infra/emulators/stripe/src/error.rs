//! Errors in Stripe's envelope.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hozon_shared::telemetry::Causes;
use serde_json::{Value, json};

/// Reasons why a request is rejected.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The API key is missing or wrong.
    #[error("the API key is wrong")]
    Unauthorized,
    /// The object does not exist.
    #[error("there is no such {0}")]
    Missing(&'static str),
    /// A parameter is missing or invalid.
    #[error("{param}: {reason}")]
    Invalid { param: &'static str, reason: &'static str },
    /// The object's state does not allow the request.
    #[error("{0}")]
    NotNow(&'static str),
    /// The charge is already refunded.
    #[error("the charge has already been refunded")]
    Refunded,
    /// An idempotency key was reused with different parameters.
    #[error("keys for idempotent requests can only be used with the same parameters they were first used with")]
    OtherRequest,
    /// The state could not be stored.
    #[error("the state could not be stored")]
    Broken(#[from] std::io::Error),
}

impl RequestError {
    fn parts(&self) -> (StatusCode, &'static str, Value, Value) {
        let invalid = "invalid_request_error";
        let bad = StatusCode::BAD_REQUEST;
        match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, invalid, Value::Null, Value::Null),
            Self::Missing(_) => (StatusCode::NOT_FOUND, invalid, json!("resource_missing"), json!("id")),
            Self::Invalid { param, .. } => (bad, invalid, json!("parameter_invalid"), json!(param)),
            Self::NotNow(_) => (bad, invalid, Value::Null, Value::Null),
            Self::Refunded => (bad, invalid, json!("charge_already_refunded"), Value::Null),
            Self::OtherRequest => (bad, "idempotency_error", Value::Null, Value::Null),
            Self::Broken(_) => (StatusCode::INTERNAL_SERVER_ERROR, "api_error", Value::Null, Value::Null),
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        if let Self::Broken(error) = &self {
            tracing::error!(error = %Causes(error), "the payments' state could not be kept");
        }
        let (status, kind, code, param) = self.parts();
        let error = json!({ "type": kind, "code": code, "param": param, "message": self.to_string() });
        (status, Json(json!({ "error": error }))).into_response()
    }
}
