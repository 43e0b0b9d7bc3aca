//! Starts the work on restores and drills. The API does so for what a person asks for, and the sweep for a restore whose start was lost.

use serde_json::json;

use crate::domain::drill::Drill;
use crate::domain::restore::{Restore, RestoreStatus};
use crate::ports::{PortError, StartOutcome, Workflow};

/// Starts the execution that plans or writes a restore. One that is already running is not started again.
pub async fn start_restore(workflow: &dyn Workflow, restore: &Restore) -> Result<StartOutcome, PortError> {
    let step = step_of(restore);
    start(workflow, restore, (step, step)).await
}

/// Starts an execution that ends a restore of which nothing is heard any more.
pub async fn start_end(workflow: &dyn Workflow, restore: &Restore) -> Result<StartOutcome, PortError> {
    start(workflow, restore, (&format!("{}-end", step_of(restore)), "fail")).await
}

fn step_of(restore: &Restore) -> &'static str {
    if restore.status == RestoreStatus::Planning { "plan" } else { "apply" }
}

async fn start(workflow: &dyn Workflow, restore: &Restore, (name, step): (&str, &str)) -> Result<StartOutcome, PortError> {
    let name = format!("restore-{}-{}-{name}", restore.org, restore.id);
    let input = json!({ "kind": "restore", "org": restore.org, "id": restore.id, "step": step });
    workflow.start(&name, input).await
}

/// Starts the execution of a drill. One that is already running is not started again.
pub async fn start_drill(workflow: &dyn Workflow, drill: &Drill) -> Result<StartOutcome, PortError> {
    work_on(workflow, drill, "drill").await
}

/// Starts an execution that ends a drill of which nothing is heard any more.
pub async fn start_drill_end(workflow: &dyn Workflow, drill: &Drill) -> Result<StartOutcome, PortError> {
    work_on(workflow, drill, "fail").await
}

/// Drills are worked on as restores are, by the same function.
async fn work_on(workflow: &dyn Workflow, drill: &Drill, step: &str) -> Result<StartOutcome, PortError> {
    let name = format!("drill-{}-{}-{step}", drill.org, drill.id);
    let input = json!({ "kind": "restore", "org": drill.org, "id": drill.id, "step": step });
    workflow.start(&name, input).await
}
