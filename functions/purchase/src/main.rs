//! The `purchase` function on Lambda.

use std::sync::Arc;

use hozon_purchase::Shop;
use hozon_shared::settings::{PaymentSettings, Settings, console_url, terms};
use hozon_shared::{aws, lambda, telemetry};

#[tokio::main]
async fn main() -> Result<(), lambda_http::Error> {
    telemetry::start();
    let settings = Settings::from_env()?;
    let payments = aws::payments(&settings, PaymentSettings::from_env()?).await?;
    let shop = Shop::new(aws::connect(&settings).await, payments, Arc::new(terms()?), &console_url()?);
    lambda::serve(hozon_purchase::router(shop)).await
}
