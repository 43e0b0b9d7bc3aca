//! Executions of the archive state machine. Each execution is stored in a file before it starts. A name starts only one
//! execution, and an execution that was interrupted by the end of the process starts again from its first state,
//! because every task may be repeated.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use hozon_emulator_host::files::{set_aside, write_whole};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::asl::{Definition, Interpreter, StateError};

/// How long a name stays in use, as on AWS.
const NAMES_KEPT: Duration = Duration::from_secs(90 * 86_400);

/// An execution as stored in its file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Execution {
    pub input: Value,
    pub status: ExecutionStatus,
    /// Name of the error of a failed execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Cause of the error of a failed execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// State of an execution, in Step Functions' terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ExecutionStatus {
    Running,
    Succeeded,
    Failed,
}

/// Reasons why an execution was not started.
#[derive(Debug, thiserror::Error)]
pub enum NotStarted {
    /// The name is malformed.
    #[error("the name must have 1 to 80 letters, digits, - and _")]
    InvalidName,
    /// The name belongs to an execution that has ended or has different input.
    #[error("the name is taken")]
    Taken,
    /// The file could not be written.
    #[error("the execution cannot be stored")]
    NotKept(#[source] anyhow::Error),
}

/// Starts and stores executions.
#[derive(Clone)]
pub struct Executions {
    folder: PathBuf,
    machine: Arc<Definition>,
    run: Interpreter,
    tasks: TaskTracker,
    stop: CancellationToken,
    running: watch::Sender<usize>,
}

impl Executions {
    /// Stores executions below a folder.
    pub fn new(
        folder: PathBuf,
        machine: Definition,
        run: Interpreter,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self> {
        std::fs::create_dir_all(&folder)?;
        Ok(Self { folder, machine: Arc::new(machine), run, tasks, stop, running: watch::Sender::new(0) })
    }

    /// Starts an execution. The same name with the same input, while it runs, is the same execution.
    pub fn start(&self, name: &str, input: Value) -> Result<(), NotStarted> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if name.is_empty() || name.len() > 80 || !name.bytes().all(is_name) {
            return Err(NotStarted::InvalidName);
        }
        let execution = Execution { input, status: ExecutionStatus::Running, error: None, cause: None };
        match create(&self.file(name), &execution) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let known = self.read(name).map_err(NotStarted::NotKept)?;
                let is_same = known.status == ExecutionStatus::Running && known.input == execution.input;
                return if is_same { Ok(()) } else { Err(NotStarted::Taken) };
            }
            Err(error) => return Err(NotStarted::NotKept(error.into())),
        }
        self.spawn(name.to_owned(), execution);
        Ok(())
    }

    /// Resumes interrupted executions, and releases names after 90 days.
    pub fn resume(&self) -> Result<()> {
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            let Some(name) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json")) else {
                continue;
            };
            let execution = match self.read(name) {
                Ok(execution) => execution,
                Err(error) => {
                    set_aside(&path, &error, "the sweep starts its backup again, or ends it")?;
                    continue;
                }
            };
            if execution.status == ExecutionStatus::Running {
                self.spawn(name.to_owned(), execution);
            } else if path.metadata()?.modified()?.elapsed().is_ok_and(|age| age > NAMES_KEPT) {
                std::fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Returns whether an execution with that name is running.
    pub fn is_running(&self, name: &str) -> bool {
        self.read(name).is_ok_and(|execution| execution.status == ExecutionStatus::Running)
    }

    pub fn read(&self, name: &str) -> Result<Execution> {
        let path = self.file(name);
        let json = std::fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        serde_json::from_slice(&json).with_context(|| format!("understand {}", path.display()))
    }

    /// Waits until no execution is running.
    pub async fn wait_until_idle(&self) {
        // Waiting cannot fail, because `self` holds the sender.
        let _ = self.running.subscribe().wait_for(|running| *running == 0).await;
    }

    /// Number of running executions.
    pub fn running(&self) -> watch::Receiver<usize> {
        self.running.subscribe()
    }

    /// Returns whether no execution is running.
    pub fn is_idle(&self) -> bool {
        *self.running.borrow() == 0
    }

    fn spawn(&self, name: String, execution: Execution) {
        let this = self.clone();
        self.running.send_modify(|running| *running += 1);
        self.tasks.spawn(async move {
            let outcome = tokio::select! {
                outcome = this.run.execute(&this.machine, &name, execution.input.clone()) => Some(outcome),
                () = this.stop.cancelled() => None,
            };
            if let Some(outcome) = outcome
                && let Err(error) = this.end(&name, execution, outcome)
            {
                tracing::error!(execution.name = name, error = format!("{error:#}"), "storing the end of an execution failed");
            }
            this.running.send_modify(|running| *running -= 1);
        });
    }

    fn end(&self, name: &str, execution: Execution, outcome: Result<Value, StateError>) -> Result<()> {
        let ended = match outcome {
            Ok(_) => Execution { status: ExecutionStatus::Succeeded, ..execution },
            Err(StateError { error, cause }) => {
                Execution { status: ExecutionStatus::Failed, error: Some(error), cause: Some(cause), ..execution }
            }
        };
        Ok(write_whole(&self.file(name), &serde_json::to_vec(&ended)?)?)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }
}

/// Creates a file, which must not exist, atomically.
fn create(path: &Path, execution: &Execution) -> std::io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    file.write_all(&serde_json::to_vec(execution)?)?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map(drop).map_err(|error| error.error)
}
