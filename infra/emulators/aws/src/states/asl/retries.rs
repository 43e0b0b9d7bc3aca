//! Errors of states, and what follows them: retries, catches and timeouts.

use std::future::Future;
use std::time::Duration;

use serde_json::{Value, json};

use super::definition::{Catcher, Retrier};
use super::paths::put;

/// The error of a task, a map, a parallel state or an execution, as `Retry` and `Catch` match it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {cause}")]
pub struct StateError {
    pub error: String,
    pub cause: String,
}

impl StateError {
    pub fn runtime(cause: &anyhow::Error) -> Self {
        Self { error: "States.Runtime".to_owned(), cause: format!("{cause:#}") }
    }
}

/// Returns the state that handles an error, and its input; fails with the error if none does.
pub fn caught(catchers: &[Catcher], input: &Value, failed: StateError) -> Result<(String, Value), StateError> {
    let Some(catcher) = catchers.iter().find(|catcher| matches(&catcher.error_equals, &failed)) else { return Err(failed) };
    let error = json!({ "Error": failed.error, "Cause": failed.cause });
    let output = put(&catcher.result_path, input, error).map_err(|error| StateError::runtime(&error))?;
    Ok((catcher.next.clone(), output))
}

/// Whether one of the names stands for the error.
pub fn matches(names: &[String], failed: &StateError) -> bool {
    names.iter().any(|name| match name.as_str() {
        "States.ALL" => true,
        "States.TaskFailed" => failed.error != "States.Timeout",
        name => name == failed.error,
    })
}

/// Time before the next retry.
pub fn wait(retrier: &Retrier, used: u32) -> Duration {
    let seconds = retrier.interval_seconds as f64 * retrier.backoff_rate.powi(i32::try_from(used).unwrap_or(i32::MAX));
    Duration::from_secs_f64(seconds.min(retrier.max_delay_seconds.unwrap_or(86_400) as f64))
}

/// Fails with `States.Timeout` after that many seconds.
pub async fn within(seconds: Option<u64>, running: impl Future<Output = Result<Value, StateError>>) -> Result<Value, StateError> {
    let Some(seconds) = seconds else { return running.await };
    let given_up = |_| StateError { error: "States.Timeout".to_owned(), cause: format!("not done after {seconds} s") };
    tokio::time::timeout(Duration::from_secs(seconds), running).await.map_err(given_up)?
}
