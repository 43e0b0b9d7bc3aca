//! Lambda entry point of the `archive` function: one task of a run per invocation.

use hozon_archive::{ArchivePorts, ArchiveSettings, TaskError, handle};
use hozon_shared::aws::Aws;
use hozon_shared::{settings, telemetry};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let ports = ArchivePorts::from(&Aws::load(settings::Settings::from_env()?).await.ports());
    let limits = ArchiveSettings::from_env()?;
    let task = async |event: LambdaEvent<Value>| handle(&ports, &limits, event.payload).await.map_err(diagnostic);
    lambda_runtime::run(service_fn(task)).await
}

/// The state machine's Retry and Catch match on the error type.
fn diagnostic(error: TaskError) -> Diagnostic {
    Diagnostic { error_type: error.error_type().to_owned(), error_message: error.kind.to_string() }
}
