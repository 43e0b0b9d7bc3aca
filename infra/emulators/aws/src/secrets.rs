//! Emulator for the only Secrets Manager call of the functions, with AWS JSON 1.1.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;
use serde_json::json;

use crate::aws_json::AwsJson::V1_1;
use crate::aws_json::target;

/// Path of the call, below the services' address.
pub const PATH: &str = "/secrets";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetSecretValue {
    secret_id: String,
}

/// Secrets by name.
type Stored = Arc<BTreeMap<String, String>>;

/// Answers `GetSecretValue` for the given secrets.
pub fn router(secrets: BTreeMap<String, String>) -> Router {
    Router::new().route(&format!("{PATH}/"), post(call)).route(PATH, post(call)).with_state(Arc::new(secrets))
}

async fn call(State(stored): State<Stored>, headers: HeaderMap, body: Bytes) -> Response {
    if target(&headers) != Some("secretsmanager.GetSecretValue") {
        return V1_1.refusal("UnknownOperationException", "only GetSecretValue is supported");
    }
    let name = match serde_json::from_slice(&body) {
        Ok(GetSecretValue { secret_id }) => secret_id,
        Err(error) => return V1_1.refusal("InvalidRequestException", &error.to_string()),
    };
    let Some(secret) = stored.get(&name) else {
        return V1_1.refusal("ResourceNotFoundException", "there is no such secret");
    };
    V1_1.answer(StatusCode::OK, json!({ "Name": name, "SecretString": secret }))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(operation: &str, name: &str) -> StatusCode {
        let stored = BTreeMap::from([("payments".to_owned(), "{}".to_owned())]);
        let headers = HeaderMap::from_iter([("x-amz-target".parse().expect("a name"), operation.parse().expect("a value"))]);
        let body = Bytes::from(json!({ "SecretId": name }).to_string());
        call(State(Arc::new(stored)), headers, body).await.status()
    }

    #[tokio::test]
    async fn only_known_secrets_and_one_operation_are_answered() {
        assert_eq!(get("secretsmanager.GetSecretValue", "payments").await, StatusCode::OK);
        assert_eq!(get("secretsmanager.GetSecretValue", "others").await, StatusCode::BAD_REQUEST);
        assert_eq!(get("secretsmanager.PutSecretValue", "payments").await, StatusCode::BAD_REQUEST);
    }
}
