//! The `schedule` function on Lambda.

use std::sync::Arc;

use hozon_shared::settings::{self, Settings, TriggerSettings};
use hozon_shared::{aws, lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let settings = Settings::from_env()?;
    let triggers = aws::triggers(&settings, TriggerSettings::from_env()?).await;
    let ports = aws::connect(&settings).await;
    let routes = hozon_schedule::router(ports, triggers, Arc::new(settings::terms()?), settings::time_of_day()?);
    lambda::serve(routes).await
}
