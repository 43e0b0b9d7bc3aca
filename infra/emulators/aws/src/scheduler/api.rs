//! Emulator for the EventBridge Scheduler calls of the functions: REST with JSON, as the SDK sends them.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use hozon_shared::ports::Clock;
use serde::Deserialize;
use serde_json::json;

use super::{Created, Scheduler};

/// The only schedule group.
pub const GROUP: &str = "hozon";

#[derive(Clone)]
struct Api {
    scheduler: Scheduler,
    clock: Arc<dyn Clock>,
}

/// Answers `CreateSchedule`, `UpdateSchedule`, `GetSchedule` and `DeleteSchedule`.
pub fn router(scheduler: Scheduler, clock: Arc<dyn Clock>) -> Router {
    let one = post(create).put(update).get(get).delete(delete);
    Router::new().route("/schedules/{name}", one).with_state(Api { scheduler, clock })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    group_name: String,
    #[serde(flatten)]
    created: Created,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    group_name: String,
}

async fn create(State(api): State<Api>, Path(name): Path<String>, body: Bytes) -> Response {
    let write = |created| match api.scheduler.get(&name) {
        Some(_) => Err(refusal(StatusCode::CONFLICT, "ConflictException", "the schedule exists")),
        None => write(&api, &name, created),
    };
    read(&name, &body).and_then(write).unwrap_or_else(|refusal| refusal)
}

async fn update(State(api): State<Api>, Path(name): Path<String>, body: Bytes) -> Response {
    let write = |created| match api.scheduler.get(&name) {
        None => Err(not_found()),
        Some(_) => write(&api, &name, created),
    };
    read(&name, &body).and_then(write).unwrap_or_else(|refusal| refusal)
}

async fn get(State(api): State<Api>, Path(name): Path<String>, Query(group): Query<Group>) -> Response {
    match api.scheduler.get(&name).filter(|_| group.group_name == GROUP) {
        None => not_found(),
        Some(created) => (StatusCode::OK, axum::Json(created)).into_response(),
    }
}

async fn delete(State(api): State<Api>, Path(name): Path<String>, Query(group): Query<Group>) -> Response {
    if group.group_name != GROUP {
        return not_found();
    }
    match api.scheduler.delete(&name) {
        Ok(true) => (StatusCode::OK, axum::Json(json!({}))).into_response(),
        Ok(false) => not_found(),
        Err(error) => broken(&error),
    }
}

fn read(name: &str, body: &[u8]) -> Result<Created, Response> {
    let invalid = |message: &str| refusal(StatusCode::BAD_REQUEST, "ValidationException", message);
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(is_name) {
        return Err(invalid("the name must have 1 to 64 letters, digits, -, _ and ."));
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| invalid(&error.to_string()))?;
    if body.group_name != GROUP {
        return Err(refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", "there is no such schedule group"));
    }
    Ok(body.created)
}

fn write(api: &Api, name: &str, created: Created) -> Result<Response, Response> {
    let known = super::entry(created.clone(), api.clock.now());
    known.map_err(|error| refusal(StatusCode::BAD_REQUEST, "ValidationException", &format!("{error:#}")))?;
    api.scheduler.put(name, created, api.clock.now()).map_err(|error| broken(&error))?;
    let arn = format!("arn:aws:scheduler:us-east-1:000000000000:schedule/{GROUP}/{name}");
    Ok((StatusCode::OK, axum::Json(json!({ "ScheduleArn": arn }))).into_response())
}

fn not_found() -> Response {
    refusal(StatusCode::NOT_FOUND, "ResourceNotFoundException", "there is no such schedule")
}

fn broken(error: &anyhow::Error) -> Response {
    tracing::error!(error = format!("{error:#}"), "storing a schedule failed");
    refusal(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerException", "the schedule could not be stored")
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, [("x-amzn-errortype", kind)], axum::Json(json!({ "Message": message }))).into_response()
}
