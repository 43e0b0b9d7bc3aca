//! The `schedule` function on Lambda.

use hozon_shared::settings::{self, Settings};
use hozon_shared::{aws, lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = aws::connect(&Settings::from_env()?).await;
    lambda::serve(hozon_schedule::router(ports, settings::plans()?)).await
}
