//! Lambda entry point of the `purchase` function.

use std::sync::Arc;

use hozon_purchase::{Billing, PurchasePorts, Shop};
use hozon_shared::aws::Aws;
use hozon_shared::settings::{PaymentSettings, Settings, console_url, terms};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let billing = Billing { ports: PurchasePorts::from(&aws.ports()), terms: Arc::new(terms()?) };
    let shop = shop(&aws, &billing).await?;
    lambda::serve(hozon_purchase::router(billing, shop)).await
}

/// Creates the shop; `None` where nothing is sold.
async fn shop(aws: &Aws, billing: &Billing) -> Result<Option<Shop>, lambda_http::Error> {
    let Some(settings) = PaymentSettings::from_env()? else { return Ok(None) };
    let payments = aws.payments(settings).await?;
    Ok(Some(Shop::new(billing, payments, &console_url()?)))
}
