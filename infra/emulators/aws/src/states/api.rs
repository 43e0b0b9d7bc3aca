//! Emulator for the Step Functions calls of the functions, with AWS JSON 1.0.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use chrono::Utc;
use serde::Deserialize;
use serde_json::{Value, json};

use super::executions::{Executions, NotStarted};
use crate::aws_json::AwsJson::V1_0;
use crate::aws_json::target;

/// ARN of the only state machine.
pub const STATE_MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:archive";

/// Answers `StartExecution`.
pub fn router(executions: Executions) -> Router {
    Router::new().route("/", post(call)).with_state(executions)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartExecution {
    state_machine_arn: String,
    name: String,
    input: String,
}

async fn call(State(executions): State<Executions>, headers: HeaderMap, body: Bytes) -> Response {
    match target(&headers) {
        Some("AWSStepFunctions.StartExecution") => start(&executions, &body).unwrap_or_else(|refusal| refusal),
        _ => V1_0.refusal("UnknownOperationException", "only StartExecution is supported"),
    }
}

fn start(executions: &Executions, body: &[u8]) -> Result<Response, Response> {
    let request: StartExecution =
        serde_json::from_slice(body).map_err(|error| V1_0.refusal("ValidationException", &error.to_string()))?;
    if request.state_machine_arn != STATE_MACHINE {
        return Err(V1_0.refusal("StateMachineDoesNotExist", "there is no such state machine"));
    }
    let input: Value =
        serde_json::from_str(&request.input).map_err(|error| V1_0.refusal("InvalidExecutionInput", &error.to_string()))?;
    executions.start(&request.name, input).map_err(|error| match error {
        NotStarted::InvalidName => V1_0.refusal("InvalidName", "the name is not valid"),
        NotStarted::Taken => V1_0.refusal("ExecutionAlreadyExists", "the name is taken"),
        NotStarted::NotKept(error) => {
            tracing::error!(error = format!("{error:#}"), "storing an execution failed");
            V1_0.answer(StatusCode::INTERNAL_SERVER_ERROR, json!({ "__type": "InternalFailure" }))
        }
    })?;
    let arn = format!("{}:{}", STATE_MACHINE.replace(":stateMachine:", ":execution:"), request.name);
    Ok(V1_0.answer(StatusCode::OK, json!({ "executionArn": arn, "startDate": Utc::now().timestamp() })))
}
