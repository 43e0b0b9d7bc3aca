//! Lambda entry point of the `activity` function.

use hozon_activity::ActivityPorts;
use hozon_shared::aws::Aws;
use hozon_shared::settings::Settings;
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = ActivityPorts::from(&Aws::load(Settings::from_env()?).await.ports());
    lambda::serve(hozon_activity::router(ports)).await
}
