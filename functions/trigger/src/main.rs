//! The `trigger` function on Lambda: called by EventBridge Scheduler, for a schedule's occurrence or for the sweep.

use hozon_shared::aws::Aws;
use hozon_shared::settings::{Settings, TriggerSettings};
use hozon_shared::telemetry;
use hozon_trigger::{Trigger, TriggerError};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let trigger = Trigger { ports: aws.ports(), triggers: aws.triggers(TriggerSettings::from_env()?) };
    let call = async |event: LambdaEvent<Value>| trigger.handle(event.payload).await.map_err(diagnostic);
    lambda_runtime::run(service_fn(call)).await
}

fn diagnostic(error: TriggerError) -> Diagnostic {
    Diagnostic { error_type: error.name().to_owned(), error_message: error.to_string() }
}
