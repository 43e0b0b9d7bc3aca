//! Backups that the last process left without an execution: it ended between making one and starting its run, or its file is gone. On AWS
//! an execution outlives whoever started it; there the sweep is enough.

use anyhow::Result;
use chrono::TimeDelta;
use hozon_emulator_aws::states::Executions;
use hozon_shared::domain::backup::{Backup, Failure, Status};
use hozon_shared::ending::end_backup;
use hozon_shared::ports::{Due, Execution, PortError, Ports};
use hozon_shared::running::start_run;
use hozon_shared::telemetry::Causes;

/// Every backup that is being made is looked at within this time, so that all of them are found.
const HORIZON: TimeDelta = TimeDelta::days(2);

/// Starts the run of every backup that is being made and has no execution that goes on. One whose execution has ended is ended, too.
pub async fn recover(ports: &Ports, executions: &Executions) -> Result<()> {
    for due in ports.schedules.due(ports.clock.now() + HORIZON).await? {
        let Due::Backup(org, id) = due else { continue };
        let backup = ports.store.backup(org, id).await?.filter(|backup| backup.status == Status::Inprogress);
        let Some(backup) = backup.filter(|backup| !executions.goes_on(&backup.execution)) else { continue };
        if let Err(error) = go_on(ports, backup).await {
            tracing::error!(
                error = %Causes(&error),
                run.id = id.0,
                "a backup could not go on; the sweep tries again"
            );
        }
    }
    Ok(())
}

async fn go_on(ports: &Ports, backup: Backup) -> Result<(), PortError> {
    match start_run(ports, &backup).await? {
        Execution::Running => {
            tracing::warn!(run.org = backup.org.0, run.id = backup.id.0, "a backup had no run; it was started");
            Ok(())
        }
        Execution::Taken => end_backup(ports, backup, Failure::silent()).await,
    }
}
