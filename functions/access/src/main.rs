//! Lambda entry point of the `access` function, which EventBridge invokes for each request for a zip in CloudTrail.

use hozon_access::{AccessPorts, handle};
use hozon_shared::aws::Aws;
use hozon_shared::settings::Settings;
use hozon_shared::telemetry;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let ports = AccessPorts::from(&Aws::load(Settings::from_env()?).await.ports());
    let call = async |event: LambdaEvent<Value>| handle(&ports, event.payload).await.map_err(Diagnostic::from);
    lambda_runtime::run(service_fn(call)).await
}
