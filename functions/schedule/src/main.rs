//! Lambda entry point of the `schedule` function.

use std::sync::Arc;

use hozon_shared::aws::Aws;
use hozon_shared::settings::{self, Settings, TriggerSettings};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let triggers = aws.triggers(TriggerSettings::from_env()?);
    let routes = hozon_schedule::router(aws.ports(), triggers, Arc::new(settings::terms()?), settings::time_of_day()?);
    lambda::serve(routes).await
}
