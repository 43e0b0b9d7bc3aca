//! The one SQS call that the functions make, answered on loopback: AWS JSON 1.0. A queue is a folder, and a message a file in it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use hozon_emulator_host::files::write_whole;
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::json;

use crate::aws_json::AwsJson::V1_0;
use crate::aws_json::target;

/// Where it is answered, below the services' address.
pub const PATH: &str = "/queues";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SendMessage {
    queue_url: String,
    message_body: String,
}

/// The folder of each queue by its URL.
type Queues = Arc<BTreeMap<String, PathBuf>>;

/// Answers `SendMessage` for these queues, each with its folder, by their URLs.
pub fn router(queues: BTreeMap<String, PathBuf>) -> Router {
    Router::new().route(&format!("{PATH}/"), post(call)).route(PATH, post(call)).with_state(Arc::new(queues))
}

async fn call(State(queues): State<Queues>, headers: HeaderMap, body: Bytes) -> Response {
    if target(&headers) != Some("AmazonSQS.SendMessage") {
        return V1_0.refusal("com.amazonaws.sqs#UnsupportedOperation", "only SendMessage is answered here");
    }
    let message: SendMessage = match serde_json::from_slice(&body) {
        Ok(message) => message,
        Err(error) => return V1_0.refusal("com.amazonaws.sqs#InvalidMessageContents", &error.to_string()),
    };
    let Some(folder) = queues.get(&message.queue_url) else {
        return V1_0.refusal("com.amazonaws.sqs#QueueDoesNotExist", "there is no such queue");
    };
    let id = format!("{:032x}", fastrand::u128(..));
    let file = folder.join(format!("{id}.json"));
    match std::fs::create_dir_all(folder).and_then(|()| write_whole(&file, message.message_body.as_bytes())) {
        Ok(()) => V1_0.answer(StatusCode::OK, json!({ "MessageId": id })),
        Err(error) => {
            tracing::error!(error = %Causes(&error), "a message could not be kept in its queue");
            V1_0.answer(StatusCode::INTERNAL_SERVER_ERROR, json!({ "__type": "InternalFailure" }))
        }
    }
}
