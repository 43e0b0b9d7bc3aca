//! Lambda entry point of the `explore` function.

use hozon_explore::ExplorePorts;
use hozon_shared::aws::Aws;
use hozon_shared::settings::Settings;
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = ExplorePorts::from(&Aws::load(Settings::from_env()?).await.ports());
    lambda::serve(hozon_explore::router(ports)).await
}
