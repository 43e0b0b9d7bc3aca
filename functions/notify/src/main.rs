//! Runs the `notify` function on Lambda: on the table's stream with partial batch responses, and every minute.

use hozon_notify::{Notify, NotifyPorts, Post};
use hozon_shared::aws::Aws;
use hozon_shared::settings::{MailSettings, Settings, notice_failures, webhook_addresses};
use hozon_shared::telemetry;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let aws = Aws::load(Settings::from_env()?).await;
    let (mailer, failures) = (aws.mailer(MailSettings::from_env()?), aws.dead_letters(notice_failures()?));
    let ports = NotifyPorts::new(aws.ports(), mailer, failures);
    let notify = Notify::new(ports, Post::new(webhook_addresses()?)?);
    let call = async |event: LambdaEvent<Value>| notify.handle(event.payload).await.map_err(Error::from);
    lambda_runtime::run(service_fn(call)).await
}
