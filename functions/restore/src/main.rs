//! Lambda entry point of the `restore` function.

use hozon_restore::RestorePorts;
use hozon_shared::aws::Aws;
use hozon_shared::settings::{Settings, run_length};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let ports = RestorePorts::new(&Aws::load(Settings::from_env()?).await.ports(), run_length()?);
    lambda::serve(hozon_restore::router(ports)).await
}
