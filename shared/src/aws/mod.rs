//! AWS adapters for the ports. Only this module may use an AWS SDK.

mod access_tokens;
mod captures;
mod catalogue;
mod connections;
mod consents;
mod credentials;
mod dead_letters;
mod drills;
mod erasures;
mod errors;
mod file_buckets;
mod holds;
mod http;
pub mod in_process;
mod items;
mod keys;
mod lazily;
mod leases;
mod links;
mod mailer;
mod objects;
mod outbox;
mod progress;
mod purchases;
mod requests;
mod restores;
mod schedules;
mod secrets;
mod signing;
mod source_credits;
mod stack;
mod statements;
mod states;
mod store;
mod table;
mod triggers;
mod uploads;
mod versions;
mod webhooks;

use std::sync::{Arc, LazyLock};

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_sdk_dynamodb::config::SharedHttpClient;
use aws_smithy_http_client::proxy::ProxyConfig;
use serde::de::DeserializeOwned;

use crate::payments::Stripe;
use crate::ports::{
    AccessTokens, Credentials, DeadLetters, ErasureKeys, Links, Mailer, OriginSecrets, PortError, Signer, SystemClock, Triggers,
    Workflow,
};
use crate::settings::{MailSettings, PaymentSettings, Settings, TriggerSettings};
use connections::StoredCredentials;
use credentials::fixed;
use dead_letters::Queue;
use erasures::StoredErasureKeys;
pub use file_buckets::file_buckets;
use lazily::Lazily;
use links::{LinkSigner, SignedLinks};
use mailer::Ses;
use objects::{Buckets, Locks, S3Objects};
use signing::KmsSigner;
pub use stack::StackError;
use states::StepFunctions;
use table::Table;
use triggers::SchedulerTriggers;

/// AWS access of one process. All clients share the region, credentials and root certificates, which are read only
/// once.
#[derive(Clone)]
pub struct Aws {
    settings: Settings,
    config: SdkConfig,
}

impl Aws {
    /// Determines the region and credentials. Opens no connection.
    pub async fn load(settings: Settings) -> Self {
        let network = network(&settings);
        Self::load_with(settings, network).await
    }

    /// Like [`Self::load`], but answers calls to [`in_process::ADDRESS`] with the given services.
    pub async fn load_with_services(settings: Settings, services: in_process::Services) -> Self {
        let client = in_process::client(services, network(&settings));
        Self::load_with(settings, client).await
    }

    async fn load_with(settings: Settings, client: SharedHttpClient) -> Self {
        let loader = aws_config::defaults(BehaviorVersion::latest()).http_client(client);
        let loader = match &settings.credentials {
            Some(key) => loader.credentials_provider(fixed(key)).region(Region::from_static("us-east-1")),
            // Lambda passes a role's credentials in these variables, so the slower default provider chain is not
            // needed.
            None if std::env::var_os("AWS_ACCESS_KEY_ID").is_some() => {
                loader.credentials_provider(EnvironmentVariableCredentialsProvider::new())
            }
            None => loader,
        };
        Self { config: loader.load().await, settings }
    }

    /// Creates the adapter of the table.
    pub fn table(&self) -> Arc<Table> {
        Arc::new(Table::new(self.dynamodb(), self.settings.table.clone()))
    }

    /// Creates the adapter of the buckets.
    pub fn objects(&self) -> Arc<S3Objects> {
        let s3 = self.lazily(|aws| aws_sdk_s3::Client::from_conf(aws.s3().build()));
        let locks = Locks { lock: self.settings.zip_lock, clock: Arc::new(SystemClock) };
        Arc::new(S3Objects::new(s3, self.buckets(), locks))
    }

    /// Creates the port that signs links.
    pub fn links(&self) -> Arc<dyn Links> {
        let signer = LinkSigner { secrets: self.lazily(Self::secrets_manager), secret: self.settings.signer_secret.clone() };
        Arc::new(SignedLinks::new(signer, self.lazily(Self::s3), self.buckets(), self.settings.plain_links.clone()))
    }

    /// Creates the port that signs statements.
    pub fn signer(&self) -> Arc<dyn Signer> {
        Arc::new(KmsSigner::new(self.lazily(Self::kms), self.settings.statement_key.clone()))
    }

    /// Creates the port that starts runs.
    pub fn workflow(&self) -> Arc<dyn Workflow> {
        Arc::new(StepFunctions::new(self.lazily(Self::step_functions), self.settings.state_machine.clone()))
    }

    fn buckets(&self) -> Buckets {
        Buckets { archives: self.settings.archives_bucket.clone(), crm: self.settings.crm_bucket.clone() }
    }

    /// Creates the port for triggers.
    pub fn triggers(&self, triggers: TriggerSettings) -> Arc<dyn Triggers> {
        let mut builder = aws_sdk_scheduler::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.scheduler {
            builder.set_endpoint_url(Some(url.clone()));
        }
        Arc::new(SchedulerTriggers::new(aws_sdk_scheduler::Client::from_conf(builder.build()), triggers))
    }

    /// Creates the port for mail.
    pub fn mailer(&self, mail: MailSettings) -> Arc<dyn Mailer> {
        let mut builder = aws_sdk_sesv2::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.mail {
            builder.set_endpoint_url(Some(url.clone()));
        }
        Arc::new(Ses::new(aws_sdk_sesv2::Client::from_conf(builder.build()), mail))
    }

    /// Creates the port of the queue at that URL.
    pub fn dead_letters(&self, url: String) -> Arc<dyn DeadLetters> {
        Arc::new(Queue { client: self.lazily(Self::sqs), url })
    }

    /// Creates the ports of the payment provider with the keys stored in Secrets Manager.
    pub async fn payments(&self, payment: PaymentSettings) -> Result<Arc<Stripe>, PortError> {
        let keys = self.keys(&payment.secret).await?;
        Ok(Arc::new(Stripe::new(keys, payment.endpoint)?))
    }

    /// Reads keys in Secrets Manager, at that name or ARN.
    pub async fn keys<T: DeserializeOwned>(&self, secret: &str) -> Result<T, PortError> {
        secrets::read(&self.secrets_manager(), secret).await
    }

    /// Creates the port that reads CloudFront's secret.
    pub fn origin_secrets(&self, secret: String) -> Arc<dyn OriginSecrets> {
        Arc::new(secrets::OriginSecret { client: self.lazily(Self::secrets_manager), secret })
    }

    /// Creates the ports of connections' credentials, and of the access tokens that these give.
    pub fn credentials(&self) -> (Arc<dyn Credentials>, Arc<dyn AccessTokens>) {
        let prefix = self.settings.connection_secrets.clone();
        let stored = Arc::new(StoredCredentials { client: self.lazily(Self::secrets_manager), prefix });
        (stored.clone(), stored)
    }

    /// Creates the port of the keys with which erased records are hashed.
    pub fn erasure_keys(&self) -> Arc<dyn ErasureKeys> {
        let prefix = self.settings.erasure_secrets.clone();
        Arc::new(StoredErasureKeys { client: self.lazily(Self::secrets_manager), prefix })
    }

    fn lazily<T: 'static>(&self, make: fn(&Self) -> T) -> Lazily<T> {
        let aws = self.clone();
        LazyLock::new(Box::new(move || make(&aws)))
    }

    fn dynamodb(&self) -> aws_sdk_dynamodb::Client {
        let mut builder = aws_sdk_dynamodb::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.dynamodb {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_dynamodb::Client::from_conf(builder.build())
    }

    fn s3(&self) -> aws_sdk_s3::config::Builder {
        let mut builder = aws_sdk_s3::config::Builder::from(&self.config);
        builder.set_force_path_style(self.settings.endpoints.s3.as_ref().map(|_| true));
        if let Some(url) = &self.settings.endpoints.s3 {
            builder.set_endpoint_url(Some(url.clone()));
        }
        builder
    }

    fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        let mut builder = aws_sdk_secretsmanager::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.secrets {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_secretsmanager::Client::from_conf(builder.build())
    }

    fn kms(&self) -> aws_sdk_kms::Client {
        let mut builder = aws_sdk_kms::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.kms {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_kms::Client::from_conf(builder.build())
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        let mut builder = aws_sdk_sqs::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.queues {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_sqs::Client::from_conf(builder.build())
    }

    fn step_functions(&self) -> aws_sdk_sfn::Client {
        let mut builder = aws_sdk_sfn::config::Builder::from(&self.config);
        if let Some(url) = &self.settings.endpoints.states {
            builder.set_endpoint_url(Some(url.clone()));
        }
        aws_sdk_sfn::Client::from_conf(builder.build())
    }
}

/// Begins to read the region and the credentials of the environment, as every AWS tool does.
fn environment() -> ConfigLoader {
    aws_config::defaults(BehaviorVersion::latest()).http_client(http::client(ProxyConfig::from_env()))
}

fn network(settings: &Settings) -> SharedHttpClient {
    // An endpoint with explicit credentials is local; AWS itself may be behind a proxy.
    http::client(if settings.credentials.is_some() { ProxyConfig::disabled() } else { ProxyConfig::from_env() })
}
