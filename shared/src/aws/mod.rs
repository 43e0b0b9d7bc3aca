//! The adapters on AWS: the only place that names an SDK.

mod catalogue;
mod errors;
mod keys;
mod links;
mod mailer;
mod objects;
mod outbox;
mod progress;
mod purchases;
mod schedules;
mod secrets;
mod states;
mod store;
mod table;
mod triggers;
mod uploads;
mod webhooks;

use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;

use crate::payments::Stripe;
use crate::ports::{Mailer, PortError, Ports, RandomIds, SystemClock, SystemSecrets, Triggers};
use crate::settings::{AccessKey, MailSettings, PaymentSettings, Settings, TriggerSettings};
use crate::sources::native::NativeSource;
use links::{SignedLinks, Signer};
use mailer::Ses;
use objects::{Buckets, S3Objects};
use states::StepFunctions;
use table::Table;
use triggers::Scheduler;

/// Makes the ports on AWS, with the system's clock. Opens no connection yet.
pub async fn connect(settings: &Settings) -> Ports {
    let config = sdk_config(settings).await;
    let table = Arc::new(Table::new(dynamodb(&config, settings), settings.table.clone()));
    let buckets = Buckets { archives: settings.archives_bucket.clone(), crm: settings.crm_bucket.clone() };
    let s3 = aws_sdk_s3::Client::from_conf(s3_config(&config, settings).build());
    let objects = Arc::new(S3Objects::new(s3, buckets.clone()));
    let signer = Signer { secrets: secrets_manager(&config, settings), secret: settings.signer_secret.clone() };
    let links = SignedLinks::new(signer, s3_config(&config, settings), buckets);
    let states = StepFunctions::new(step_functions(&config, settings), settings.state_machine.clone());
    Ports {
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds::default()),
        secrets: Arc::new(SystemSecrets),
        store: table.clone(),
        schedules: table.clone(),
        accounts: table.clone(),
        purchases: table.clone(),
        progress: table.clone(),
        marks: table.clone(),
        outbox: table.clone(),
        webhooks: table.clone(),
        catalogue: table.clone(),
        objects: objects.clone(),
        uploads: objects.clone(),
        links: Arc::new(links),
        workflow: Arc::new(states),
        source: Arc::new(NativeSource::new(table, objects)),
    }
}

/// Makes the triggers' port.
pub async fn triggers(settings: &Settings, triggers: TriggerSettings) -> Arc<dyn Triggers> {
    let config = sdk_config(settings).await;
    let mut builder = aws_sdk_scheduler::config::Builder::from(&config);
    builder.set_endpoint_url(settings.endpoints.scheduler.clone());
    Arc::new(Scheduler::new(aws_sdk_scheduler::Client::from_conf(builder.build()), triggers))
}

/// Makes the mailer's port.
pub async fn mailer(settings: &Settings, mail: MailSettings) -> Arc<dyn Mailer> {
    let config = sdk_config(settings).await;
    let mut builder = aws_sdk_sesv2::config::Builder::from(&config);
    builder.set_endpoint_url(settings.endpoints.mail.clone());
    Arc::new(Ses::new(aws_sdk_sesv2::Client::from_conf(builder.build()), mail))
}

/// Makes the payment provider's ports, with the keys that Secrets Manager holds.
pub async fn payments(settings: &Settings, payment: PaymentSettings) -> Result<Arc<Stripe>, PortError> {
    let config = sdk_config(settings).await;
    let keys = secrets::read(&secrets_manager(&config, settings), &payment.secret).await?;
    Ok(Arc::new(Stripe::new(keys, payment.endpoint)?))
}

async fn sdk_config(settings: &Settings) -> SdkConfig {
    let loader = aws_config::defaults(BehaviorVersion::latest());
    match &settings.credentials {
        Some(key) => loader.credentials_provider(fixed(key)).region(Region::from_static("us-east-1")).load().await,
        None => loader.load().await,
    }
}

fn fixed(key: &AccessKey) -> Credentials {
    Credentials::new(&key.id, &key.secret, None, None, "settings")
}

fn dynamodb(config: &SdkConfig, settings: &Settings) -> aws_sdk_dynamodb::Client {
    let mut builder = aws_sdk_dynamodb::config::Builder::from(config);
    builder.set_endpoint_url(settings.endpoints.dynamodb.clone());
    aws_sdk_dynamodb::Client::from_conf(builder.build())
}

fn s3_config(config: &SdkConfig, settings: &Settings) -> aws_sdk_s3::config::Builder {
    let mut builder = aws_sdk_s3::config::Builder::from(config);
    builder.set_force_path_style(settings.endpoints.s3.as_ref().map(|_| true));
    builder.set_endpoint_url(settings.endpoints.s3.clone());
    builder
}

fn secrets_manager(config: &SdkConfig, settings: &Settings) -> aws_sdk_secretsmanager::Client {
    let mut builder = aws_sdk_secretsmanager::config::Builder::from(config);
    builder.set_endpoint_url(settings.endpoints.secrets.clone());
    aws_sdk_secretsmanager::Client::from_conf(builder.build())
}

fn step_functions(config: &SdkConfig, settings: &Settings) -> aws_sdk_sfn::Client {
    let mut builder = aws_sdk_sfn::config::Builder::from(config);
    builder.set_endpoint_url(settings.endpoints.states.clone());
    aws_sdk_sfn::Client::from_conf(builder.build())
}
