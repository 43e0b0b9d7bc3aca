//! Lambda entry point of the `schedule` function.

use std::sync::Arc;

use hozon_schedule::{App, SchedulePorts};
use hozon_shared::aws::Aws;
use hozon_shared::settings::{self, Settings, TriggerSettings};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let app = App {
        ports: SchedulePorts::from(&aws.ports()),
        triggers: aws.triggers(TriggerSettings::from_env()?),
        terms: Arc::new(settings::terms()?),
        time_of_day: settings::time_of_day()?,
        run_length: settings::run_length()?,
        addresses: settings::webhook_addresses()?,
    };
    lambda::serve(hozon_schedule::router(app)).await
}
