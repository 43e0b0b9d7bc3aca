//! Lambda entry point of the `download` function.

use hozon_download::DownloadPorts;
use hozon_shared::aws::Aws;
use hozon_shared::settings::Settings;
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = DownloadPorts::from(&Aws::load(Settings::from_env()?).await.ports());
    lambda::serve(hozon_download::router(ports)).await
}
