//! Lambda entry point of the `erase` function: one call of the state machine per invocation.

use hozon_erase::{EraseError, ErasePorts, handle};
use hozon_shared::aws::Aws;
use hozon_shared::{settings, telemetry};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let ports = ErasePorts::from(&Aws::load(settings::Settings::from_env()?).await.ports());
    let task = async |event: LambdaEvent<Value>| handle(&ports, event.payload).await.map_err(diagnostic);
    lambda_runtime::run(service_fn(task)).await
}

/// The state machine's Retry and Catch match on the error type.
fn diagnostic(error: EraseError) -> Diagnostic {
    Diagnostic { error_type: error.error_type().to_owned(), error_message: error.to_string() }
}
