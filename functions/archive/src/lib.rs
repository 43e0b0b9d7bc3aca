//! The tasks of one run, as the state machine calls them: begin, plan, pack, assemble, finish, fail. Each may be repeated at any
//! point; the outcome is the same.

mod assemble;
mod begin;
mod encoder;
mod fail;
mod finish;
mod index;
mod pack;
mod pack_files;
mod pack_rows;
mod pipeline;
mod plan;
mod segment;
mod settings;
mod task_error;
mod work;

use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::ports::Ports;
use serde::Deserialize;
use serde_json::Value;

pub use settings::Settings;
pub use task_error::TaskError;

/// One call of the state machine.
#[derive(Debug, Deserialize)]
struct Call {
    org: OrgId,
    backup: BackupId,
    #[serde(flatten)]
    task: Task,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
enum Task {
    Begin,
    Plan,
    Pack { item: work::Item },
    Assemble,
    Finish,
    Fail { error: Value },
}

/// What every task needs.
struct Run<'a> {
    ports: &'a Ports,
    settings: &'a Settings,
    org: OrgId,
    backup: BackupId,
}

/// Carries out one task. Its failure is remembered as the run's reason, unless the task is `fail` itself.
pub async fn handle(ports: &Ports, settings: &Settings, input: Value) -> Result<Value, TaskError> {
    let call: Call = serde_json::from_value(input).map_err(TaskError::bad_input)?;
    let run = Run { ports, settings, org: call.org, backup: call.backup };
    if let Task::Fail { error } = call.task {
        return fail::run(&run, &error).await;
    }
    let outcome = match call.task {
        Task::Begin => begin::run(&run).await,
        Task::Plan => plan::run(&run).await,
        Task::Pack { item } => pack::run(&run, &item).await,
        Task::Assemble => assemble::run(&run).await,
        Task::Finish => finish::run(&run).await,
        Task::Fail { .. } => Ok(Value::Null),
    };
    if let Err(error) = &outcome {
        tracing::warn!(run.org = %run.org, run.id = %run.backup, task.error = error.code, cause = error.cause(), "task failed");
        ports.progress.record_failure(run.org, run.backup, &error.failure()).await.map_err(TaskError::from)?;
    }
    outcome
}
