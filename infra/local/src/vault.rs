//! The one Secrets Manager call that the functions make, answered on loopback: AWS JSON 1.1.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::stripe::Keys;

/// Name of the secret that holds the payment provider's keys.
pub const PAYMENTS: &str = "payments";
/// Where it is answered, below the services' address.
pub const PATH: &str = "/secrets";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

/// Answers `GetSecretValue` for the payment provider's keys.
pub fn router(keys: &Keys) -> Router {
    let payments = json!({ "api_key": keys.api_key, "webhook_secrets": [keys.webhook_secret] }).to_string();
    Router::new().route(&format!("{PATH}/"), post(call)).route(PATH, post(call)).with_state(payments)
}

async fn call(State(payments): State<String>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    if target != Some("secretsmanager.GetSecretValue") {
        return refusal("UnknownOperationException", "only GetSecretValue is answered here");
    }
    match serde_json::from_slice(&body) {
        Ok(GetSecretValue { secret_id }) if secret_id == PAYMENTS => {
            answer(StatusCode::OK, &json!({ "Name": PAYMENTS, "SecretString": payments }))
        }
        Ok(_) => refusal("ResourceNotFoundException", "there is no such secret"),
        Err(error) => refusal("InvalidRequestException", &error.to_string()),
    }
}

fn refusal(kind: &str, message: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "__type": kind, "Message": message }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}
