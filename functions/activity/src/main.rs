//! The `activity` function on Lambda.

use hozon_shared::settings::{self, Settings};
use hozon_shared::{aws, lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = aws::connect(&Settings::from_env()?).await;
    lambda::serve(hozon_activity::router(ports, settings::webhook_addresses()?)).await
}
