//! Settings of the functions in the local program. On AWS they come from environment variables.

use hozon_authorize::AuthSettings;
use hozon_emulator_aws::s3::{ARCHIVES_BUCKET, CRM_BUCKET};
use hozon_emulator_aws::stores::Emulated;
use hozon_emulator_aws::table::{self, TABLE};
use hozon_emulator_aws::{kms, queues, scheduler, secrets as secrets_manager, states};
use hozon_shared::aws::in_process::ADDRESS;
use hozon_shared::settings::{Endpoints, MailSettings, PaymentSettings, PlainLinkSettings, Settings, TriggerSettings};

use crate::secrets::{CONNECTIONS, ERASURES, LocalSecrets, PAYMENTS, PLAIN_LINKS, SIGNER, STATEMENTS};
use crate::ticker::TRIGGER;
use crate::tokens::{AUDIENCE, ISSUER, JWKS_PATH};

/// URL of the queue of notices that could not be given.
pub const NOTICE_FAILURES: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/notice-failures";

/// Settings of the functions, with local endpoints and keys. Plain links lead to the gateway at `public_url`.
pub fn settings(secrets: &LocalSecrets, emulated: &Emulated, public_url: &str) -> Settings {
    let services = ADDRESS.to_owned();
    Settings {
        table: TABLE.to_owned(),
        archives_bucket: ARCHIVES_BUCKET.to_owned(),
        crm_bucket: CRM_BUCKET.to_owned(),
        state_machine: states::STATE_MACHINE.to_owned(),
        endpoints: Endpoints {
            s3: Some(emulated.s3.clone()),
            dynamodb: Some(format!("{services}{}", table::PATH)),
            states: Some(services.clone()),
            scheduler: Some(services.clone()),
            secrets: Some(format!("{services}{}", secrets_manager::PATH)),
            queues: Some(format!("{services}{}", queues::PATH)),
            kms: Some(format!("{services}{}", kms::PATH)),
            mail: Some(services),
        },
        connection_secrets: CONNECTIONS.to_owned(),
        erasure_secrets: ERASURES.to_owned(),
        signer_secret: SIGNER.to_owned(),
        statement_key: STATEMENTS.to_owned(),
        zip_lock: None,
        plain_links: Some(PlainLinkSettings { url: public_url.to_owned(), secret: PLAIN_LINKS.to_owned() }),
        credentials: Some(secrets.functions()),
    }
}

/// Settings of the authorizer behind a gateway.
pub fn auth_settings(url: &str) -> AuthSettings {
    AuthSettings { issuer: ISSUER.to_owned(), audience: AUDIENCE.to_owned(), jwks_url: format!("{url}{JWKS_PATH}") }
}

pub fn trigger_settings() -> TriggerSettings {
    TriggerSettings {
        group: scheduler::GROUP.to_owned(),
        function: TRIGGER.to_owned(),
        role: "arn:aws:iam::000000000000:role/trigger".to_owned(),
        dead_letters: "arn:aws:sqs:us-east-1:000000000000:trigger-dead-letters".to_owned(),
        window_minutes: 15,
    }
}

/// Settings of the payment provider, which is the Stripe emulator at the given URL.
pub fn payment_settings(endpoint: &str) -> PaymentSettings {
    PaymentSettings { secret: PAYMENTS.to_owned(), endpoint: Some(endpoint.to_owned()) }
}

pub fn mail_settings() -> MailSettings {
    MailSettings { from: "backups@hozon.invalid".to_owned(), configuration_set: None }
}
