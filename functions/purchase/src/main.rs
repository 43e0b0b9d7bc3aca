//! Lambda entry point of the `purchase` function.

use std::sync::Arc;

use hozon_purchase::Shop;
use hozon_shared::aws::Aws;
use hozon_shared::settings::{PaymentSettings, Settings, console_url, terms};
use hozon_shared::{lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let payments = aws.payments(PaymentSettings::from_env()?).await?;
    let shop = Shop::new(aws.ports(), payments, Arc::new(terms()?), &console_url()?);
    lambda::serve(hozon_purchase::router(shop)).await
}
