//! Lambda entry point of the `connection` function.

use hozon_connection::ConnectionPorts;
use hozon_shared::aws::Aws;
use hozon_shared::settings::Settings;
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = ConnectionPorts::from(&Aws::load(Settings::from_env()?).await.ports());
    lambda::serve(hozon_connection::router(ports)).await
}
