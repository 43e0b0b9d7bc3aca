//! What carries out the tasks of a restore.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hozon_capture_database::CapturePorts;
use hozon_shared::domain::connection::CapturedBy;
use hozon_shared::domain::id::{OrgId, RestoreId};
use hozon_shared::domain::restore::Restore;
use hozon_shared::ports::Ports;
use hozon_shared::restore_start::start_restore;
use hozon_shared::telemetry::Causes;
use hozon_write_back::{WriteBackPorts, handle};
use serde_json::json;

use super::target::GivenTarget;
use crate::language::say;
use crate::{Local, connectors};

/// Attempts of a task whose failure may pass.
const ATTEMPTS: u32 = 6;
/// Time between two looks at a restore that the state machine works on.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What carries out the tasks of a restore.
pub enum RestoreEngine<'a> {
    /// The state machine of the program, which goes on with them when it starts again.
    Program(&'a Local),
    /// This call.
    Here(Box<WriteBackPorts>),
}

impl RestoreEngine<'_> {
    /// The engine that writes into a given database. `ports` have the restore, and `profiles` are those of `local`.
    pub fn into_target(ports: &Ports, local: &Local, target: &Arc<GivenTarget>) -> Self {
        let ports = Ports { connections: target.clone(), credentials: target.clone(), ..ports.clone() };
        let capture = CapturePorts::new(&ports, connectors(None), local.profiles.clone());
        let capture = CapturePorts { runs_as: CapturedBy::Program, ..capture };
        Self::Here(Box::new(WriteBackPorts::new(&ports, capture)))
    }

    /// Carries out a task until it has ended, well or not: the restore says how.
    pub(super) async fn carry_out(&self, ports: &Ports, (org, id): (OrgId, RestoreId), step: &str) -> Result<()> {
        match self {
            Self::Program(local) => in_program(local, ports, (org, id)).await,
            Self::Here(write_back) => here(write_back, (org, id), step).await,
        }
    }
}

async fn in_program(local: &Local, ports: &Ports, (org, id): (OrgId, RestoreId)) -> Result<()> {
    let restore = ports.restores.restore(org, id).await?.context("the restore is gone")?;
    start_restore(&*ports.workflow, &restore).await?;
    loop {
        let was_idle = local.is_idle();
        if ports.restores.restore(org, id).await?.is_none_or(|restore| !restore.is_active()) {
            local.wait_until_idle().await;
            return Ok(());
        }
        if was_idle {
            bail!(say(
                "the run ended without recording its result; the log says why",
                "実行は終わりましたが、結果が記録されていません。理由はログにあります"
            ));
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

async fn here(ports: &WriteBackPorts, (org, id): (OrgId, RestoreId), step: &str) -> Result<()> {
    let mut failures = 0;
    loop {
        match handle(ports, json!({ "org": org, "id": id, "step": step })).await {
            Ok(answer) => match answer["outcome"].as_str() {
                Some("again") => {}
                Some("wait") => tokio::time::sleep(Duration::from_secs(answer["seconds"].as_u64().unwrap_or(60))).await,
                _ => return Ok(()),
            },
            Err(error) if error.error_type() == "Retryable" && failures + 1 < ATTEMPTS => {
                tracing::info!(error = %Causes(&error), "a task of the restore is tried again");
                failures += 1;
                tokio::time::sleep(Duration::from_secs(1 << failures)).await;
            }
            // The restore has the reason.
            Err(error) => {
                tracing::debug!(error = %Causes(&error), "a task of the restore has failed");
                handle(ports, json!({ "org": org, "id": id, "step": "fail" })).await?;
                return Ok(());
            }
        }
    }
}

/// Why a restore has failed, for people; `None` if it has not.
pub fn failure_of(restore: &Restore) -> Option<String> {
    restore.failure.as_ref().map(|failure| format!("{} ({})", failure.message, failure.code))
}
