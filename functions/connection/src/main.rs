//! Lambda entry point of the `connection` function.

use hozon_connection::ConnectionPorts;
use hozon_connectors::Connectors;
use hozon_shared::aws::{Aws, file_buckets};
use hozon_shared::settings::{Settings, profiles, source_addresses, source_files};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let connectors = Connectors { addresses: source_addresses()?, buckets: file_buckets(), places: source_files()?, zoho: None };
    let ports = ConnectionPorts::new(&Aws::load(Settings::from_env()?).await.ports(), connectors, profiles()?.into());
    lambda::serve(hozon_connection::router(ports)).await
}
