//! Lambda entry point of the `trigger` function, which EventBridge Scheduler invokes for occurrences and for the sweep.

use hozon_shared::aws::Aws;
use hozon_shared::settings::{Settings, TriggerSettings};
use hozon_shared::telemetry;
use hozon_trigger::{Trigger, TriggerPorts};
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let trigger = Trigger { ports: TriggerPorts::from(&aws.ports()), triggers: aws.triggers(TriggerSettings::from_env()?) };
    let call = async |event: LambdaEvent<Value>| trigger.handle(event.payload).await.map_err(Diagnostic::from);
    lambda_runtime::run(service_fn(call)).await
}
