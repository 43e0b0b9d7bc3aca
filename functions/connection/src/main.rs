//! Lambda entry point of the `connection` function.

use hozon_connection::ConnectionPorts;
use hozon_connectors::Connectors;
use hozon_shared::aws::Aws;
use hozon_shared::settings::{Settings, console_url, profiles};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let ports = aws.ports();
    let connectors = Connectors::from_env(&aws, &ports).await?;
    let ports = ConnectionPorts::new(&ports, connectors, profiles()?.into(), &console_url()?);
    lambda::serve(hozon_connection::router(ports)).await
}
