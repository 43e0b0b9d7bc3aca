//! The tasks of a run, as the state machine invokes them: begin, plan, pack, assemble, finish, fail. Each task may be
//! repeated at any point with the same result.

mod assemble;
mod begin;
mod compare;
mod contents;
mod csv_entry;
mod documents;
mod drill;
mod explain;
mod fail;
mod finish;
mod pack;
mod pack_rows;
mod pipeline;
mod plan;
mod ports;
mod progress;
mod reason;
mod remake;
mod run;
mod settings;
mod statement;
mod streamed_entry;
mod sweep;
mod task_error;
mod units;
mod upload;
mod work;
mod zip_writer;
mod zoho;
mod zoho_index;

use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::Value;

use begin::Start;
use fail::FailedRun;
pub use ports::ArchivePorts;
use run::{BackupRef, Run};
pub use settings::ArchiveSettings;
pub use task_error::{Stage, TaskError, TaskErrorKind};

/// One invocation by the state machine.
#[derive(Debug, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
enum Call {
    Begin {
        execution: String,
        input: Start,
        /// Whether the state machine has waited for another backup to end.
        #[serde(default)]
        has_waited: bool,
    },
    Plan(BackupRef),
    Pack {
        org: OrgId,
        backup: BackupId,
        batch: work::Batch,
    },
    Assemble(BackupRef),
    Finish(BackupRef),
    Fail {
        input: FailedRun,
    },
}

impl Call {
    fn stage(&self) -> Stage {
        match self {
            Self::Begin { .. } => Stage::Begin,
            Self::Plan(_) => Stage::Plan,
            Self::Pack { .. } => Stage::Pack,
            Self::Assemble(_) => Stage::Assemble,
            Self::Finish(_) => Stage::Finish,
            Self::Fail { .. } => Stage::Fail,
        }
    }

    /// Returns the backup that fails together with this task; `None` if it is not known yet.
    fn of(&self) -> Option<BackupRef> {
        match *self {
            Self::Plan(of) | Self::Assemble(of) | Self::Finish(of) => Some(of),
            Self::Pack { org, backup, .. }
            | Self::Begin { input: Start::Backup { org, backup } | Start::Remake { org, backup, .. }, .. } => {
                Some(BackupRef { org, backup })
            }
            Self::Begin { .. } | Self::Fail { .. } => None,
        }
    }
}

/// Carries out one task. Its failure is recorded as the run's reason, if the backup exists.
pub async fn handle(ports: &ArchivePorts, settings: &ArchiveSettings, input: Value) -> Result<Value, TaskError> {
    let call: Call =
        serde_json::from_value(input).map_err(|error| TaskError::new(Stage::Call, TaskErrorKind::UnreadableCall(error)))?;
    let outcome = carry_out(ports, settings, &call).await.map_err(|kind| TaskError::new(call.stage(), kind));
    if let Err(error) = &outcome {
        record(ports, call.of(), error).await;
    }
    outcome
}

/// Logs a failure and keeps it as the backup's. What fails here is logged beside it: the state machine still learns the task's own error.
async fn record(ports: &ArchivePorts, of: Option<BackupRef>, error: &TaskError) {
    let (org, id) = (of.map(|of| of.org.0), of.map(|of| of.backup.0));
    let (stage, cause) = (error.stage.name(), error.kind.cause());
    let retry_after_s = error.retry_after.map(|wait| wait.as_secs());
    tracing::warn!(
        run.org = org,
        run.id = id,
        task.stage = stage,
        task.error = error.code(),
        cause,
        retry_after_s,
        "task failed"
    );
    let Some(of) = of else { return };
    if let Err(unrecorded) = ports.progress.record_failure(of.org, of.backup, &error.kind.failure(), ports.clock.now()).await {
        tracing::error!(
            run.id = of.backup.0,
            task.error = error.code(),
            unrecorded = %Causes(&unrecorded),
            "the reason of a failure could not be recorded"
        );
    }
}

async fn carry_out(ports: &ArchivePorts, settings: &ArchiveSettings, call: &Call) -> Result<Value, TaskErrorKind> {
    let run = |of: &BackupRef| Run { ports, settings, org: of.org, backup: of.backup };
    match call {
        Call::Begin { execution, input, has_waited } => begin::run(ports, settings, execution, input, *has_waited).await,
        Call::Plan(of) => {
            let run = run(of);
            run.require_in_work().await?;
            plan::run(&run).await
        }
        Call::Pack { org, backup, batch } => {
            let run = run(&BackupRef { org: *org, backup: *backup });
            run.require_in_work().await?;
            pack::run(&run, batch).await
        }
        Call::Assemble(of) => {
            let run = run(of);
            run.require_in_work().await?;
            assemble::run(&run).await
        }
        Call::Finish(of) => finish::run(&run(of)).await,
        Call::Fail { input } => fail::run(ports, settings, input).await,
    }
}
