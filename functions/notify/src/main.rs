//! The `notify` function on Lambda: on the table's stream, with partial batch responses.

use hozon_notify::{Notify, Post};
use hozon_shared::settings::{MailSettings, Settings, webhook_addresses};
use hozon_shared::{aws, telemetry};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let settings = Settings::from_env()?;
    let mailer = aws::mailer(&settings, MailSettings::from_env()?).await;
    let notify = Notify { ports: aws::connect(&settings).await, mailer, post: Post::new(webhook_addresses()?)? };
    let call = async |event: LambdaEvent<Value>| notify.handle(event.payload).await.map_err(Error::from);
    lambda_runtime::run(service_fn(call)).await
}
