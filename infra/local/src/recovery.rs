//! Recovers backups, and zips that are made anew, that the last process left without an execution, because it ended between creating the backup and
//! starting its run, or because the execution's file is missing. On AWS an execution outlives its caller, so the sweep
//! suffices there.

use anyhow::Result;
use hozon_emulator_aws::states::Executions;
use hozon_shared::domain::backup::{Backup, BackupStatus, Failure};
use hozon_shared::domain::run_length::RunLength;
use hozon_shared::ending::EndingPorts;
use hozon_shared::ports::{Due, DueItems, PortError, Ports, StartOutcome};
use hozon_shared::running::{start_remake, start_run};
use hozon_shared::telemetry::Causes;

/// Starts the run of every backup in progress without a running execution. A backup whose execution has ended is
/// failed. An item that cannot be read does not keep the program from starting: the sweep reads it again, and fails.
pub async fn recover(ports: &Ports, executions: &Executions) -> Result<()> {
    // All backups in progress are due by then.
    let DueItems { found, unreadable } = ports.schedules.due(RunLength::MAX.deadline(ports.clock.now())).await;
    for error in &unreadable {
        tracing::error!(error = %Causes(error), "an item of what is due could not be read");
    }
    for due in found {
        let Due::Backup(org, id) = due else { continue };
        let Some(backup) = ports.store.backup(org, id).await? else { continue };
        if execution_of(&backup).is_none_or(|execution| executions.is_running(&execution)) {
            continue;
        }
        if let Err(error) = recover_backup(ports, backup).await {
            tracing::error!(
                error = %Causes(&error),
                run.id = id.0,
                "recovering a backup failed; the sweep tries again"
            );
        }
    }
    Ok(())
}

/// The execution that makes the zips of a backup; `None` if they are made, or given up.
fn execution_of(backup: &Backup) -> Option<String> {
    match backup.status {
        BackupStatus::Inprogress => Some(backup.execution.clone()),
        _ => backup.running_remake().and_then(|_| backup.remake_execution()),
    }
}

async fn recover_backup(ports: &Ports, backup: Backup) -> Result<(), PortError> {
    let is_remade = backup.running_remake().is_some();
    let started = match is_remade {
        true => start_remake(&*ports.workflow, &backup).await?,
        false => start_run(&*ports.workflow, &backup).await?,
    };
    match started {
        StartOutcome::Running => {
            tracing::warn!(run.org = backup.org.0, run.id = backup.id.0, "started the missing run of a backup");
            Ok(())
        }
        StartOutcome::Taken if is_remade => EndingPorts::from(ports).fail_remake(backup, Failure::silent()).await,
        StartOutcome::Taken => EndingPorts::from(ports).fail(backup, Failure::silent()).await,
    }
}
