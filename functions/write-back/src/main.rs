//! Lambda entry point of the `write-back` function.

use hozon_capture_database::CapturePorts;
use hozon_shared::aws::Aws;
use hozon_shared::settings::Settings;
use hozon_shared::telemetry;
use hozon_write_back::{WriteBackError, WriteBackPorts, handle};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let ports = aws.ports();
    let ports = WriteBackPorts::new(&ports, CapturePorts::from_env(&aws, &ports).await?);
    let task = async |event: LambdaEvent<Value>| handle(&ports, event.payload).await.map_err(diagnostic);
    lambda_runtime::run(service_fn(task)).await
}

/// The state machine's Retry and Catch match on the error type.
fn diagnostic(error: WriteBackError) -> Diagnostic {
    Diagnostic { error_type: error.error_type().to_owned(), error_message: error.to_string() }
}
