//! The one Secrets Manager call that the functions make, answered on loopback: AWS JSON 1.1.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::secrets::Secrets;

/// Name of the secret that holds the payment provider's keys.
pub const PAYMENTS: &str = "payments";
/// Name of the secret that holds the links' signer's key.
pub const SIGNER: &str = "signer";
/// Name of the secret that holds the key of links without a query.
pub const PLAIN_LINKS: &str = "plain-links";
/// Where it is answered, below the services' address.
pub const PATH: &str = "/secrets";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

/// What the secrets hold.
#[derive(Clone)]
struct Stored {
    payments: String,
    signer: String,
    plain_links: String,
}

/// Answers `GetSecretValue` for the payment provider's keys and the signer's.
pub fn router(secrets: &Secrets) -> Router {
    let (payments, signer) = (secrets.payments(), secrets.signer());
    let stored = Stored {
        payments: json!({ "api_key": payments.api_key, "webhook_secrets": [payments.webhook_secret] }).to_string(),
        signer: json!({ "id": signer.id, "secret": signer.secret }).to_string(),
        plain_links: json!(secrets.plain_links()).to_string(),
    };
    Router::new().route(&format!("{PATH}/"), post(call)).route(PATH, post(call)).with_state(stored)
}

async fn call(State(stored): State<Stored>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    if target != Some("secretsmanager.GetSecretValue") {
        return refusal("UnknownOperationException", "only GetSecretValue is answered here");
    }
    let name = match serde_json::from_slice(&body) {
        Ok(GetSecretValue { secret_id }) => secret_id,
        Err(error) => return refusal("InvalidRequestException", &error.to_string()),
    };
    let secret = match name.as_str() {
        PAYMENTS => stored.payments,
        SIGNER => stored.signer,
        PLAIN_LINKS => stored.plain_links,
        _ => return refusal("ResourceNotFoundException", "there is no such secret"),
    };
    answer(StatusCode::OK, &json!({ "Name": name, "SecretString": secret }))
}

fn refusal(kind: &str, message: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({ "__type": kind, "Message": message }))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/x-amz-json-1.1")], body.to_string()).into_response()
}
