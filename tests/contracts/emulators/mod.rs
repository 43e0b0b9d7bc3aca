//! The emulators under test, and what no port tells of them. Each check has a table, buckets and secrets of its own.

mod embedded;
mod http;
mod moto;

use std::io::Write;
use std::sync::{Arc, Once};

use hozon_shared::aws::Aws;
use hozon_shared::domain::id::OrgId;
use hozon_shared::payments::Stripe;
use hozon_shared::ports::{Mailer, PortError, Ports, Triggers};
use hozon_shared::settings::{MailSettings, PaymentSettings, Settings, TriggerSettings};
use serde_json::Value;

use crate::known::{self, Gap};
use embedded::Embedded;
use moto::Moto;

/// The organisation of most checks.
pub const ORG: OrgId = OrgId(4_876_876_000_000_000_001);
/// Another one.
pub const OTHER: OrgId = OrgId(4_876_876_000_000_000_002);

/// A set of emulators.
enum Set {
    Embedded(Box<Embedded>),
    Moto(Moto),
}

/// The keys that the payment provider's secret holds.
pub struct PaymentKeys {
    /// What calls are made with.
    pub api_key: String,
    /// What messages are signed with.
    pub webhook_secret: String,
}

/// One set of emulators, and the adapters on it.
pub struct Emulators {
    /// The ports that most functions use.
    pub ports: Ports,
    /// What the adapters are set to.
    pub settings: Settings,
    aws: Aws,
    set: Set,
}

impl Emulators {
    /// Starts the embedded ones, or makes a place of its own in those that the environment names.
    pub async fn start() -> Self {
        let set = match std::env::var("HOZON_CONTRACTS_ENDPOINT") {
            Ok(endpoint) => Set::Moto(Moto::prepare(endpoint).await),
            Err(_) => Set::Embedded(Box::new(Embedded::start().await)),
        };
        say_which(&set);
        let (settings, aws) = match &set {
            Set::Embedded(embedded) => (embedded.settings(), embedded.aws()),
            Set::Moto(moto) => (moto.settings(), Aws::load(moto.settings()).await),
        };
        Self { ports: aws.ports(), settings, aws, set }
    }

    /// Whether this set is known not to do that as AWS does.
    pub fn lack(&self, gap: Gap) -> bool {
        self.reason(gap).is_some()
    }

    /// Holds the set to a promise, and the list of gaps to the set: what is kept must not be in it.
    pub fn keep(&self, gap: Gap, kept: bool) {
        match self.reason(gap) {
            None => assert!(kept, "{gap:?}"),
            Some(reason) => assert!(!kept, "this gap is closed, take it off the list: {reason}"),
        }
    }

    fn reason(&self, gap: Gap) -> Option<&'static str> {
        match self.set {
            Set::Embedded(_) => known::reason(known::EMBEDDED, gap),
            Set::Moto(_) => known::reason(known::MOTO, gap),
        }
    }

    /// Triggers that come within so many minutes.
    pub fn triggers(&self, window_minutes: i32) -> Arc<dyn Triggers> {
        self.aws.triggers(TriggerSettings { window_minutes, ..self.trigger_settings() })
    }

    /// What triggers are set to.
    pub fn trigger_settings(&self) -> TriggerSettings {
        let group = match &self.set {
            Set::Embedded(_) => "hozon".to_owned(),
            Set::Moto(moto) => moto.name().to_owned(),
        };
        TriggerSettings {
            group,
            function: "arn:aws:lambda:us-east-1:123456789012:function:trigger".to_owned(),
            role: "arn:aws:iam::123456789012:role/trigger".to_owned(),
            dead_letters: "arn:aws:sqs:us-east-1:123456789012:dead-letters".to_owned(),
            window_minutes: 15,
        }
    }

    /// The schedules that are stored, in the service's own words.
    pub async fn stored_triggers(&self) -> Vec<Value> {
        match &self.set {
            Set::Embedded(embedded) => embedded.schedules(),
            Set::Moto(moto) => moto.schedules().await,
        }
    }

    /// Mail from an address that may send.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        self.mailer_of(&format!("backups@{}", self.mail_domain()))
    }

    /// Mail from any address.
    pub fn mailer_of(&self, from: &str) -> Arc<dyn Mailer> {
        self.aws.mailer(MailSettings { from: from.to_owned(), configuration_set: None })
    }

    /// The domain that may send.
    pub fn mail_domain(&self) -> String {
        match &self.set {
            Set::Embedded(_) => "hozon.example".to_owned(),
            Set::Moto(moto) => moto.mail_domain(),
        }
    }

    /// The mails that were sent.
    pub async fn mails(&self) -> Vec<Vec<u8>> {
        match &self.set {
            Set::Embedded(embedded) => embedded.mails(),
            Set::Moto(moto) => moto.mails().await,
        }
    }

    /// The executions that were started, with their inputs, by name.
    pub async fn executions(&self) -> Vec<(String, Value)> {
        let mut found = match &self.set {
            Set::Embedded(embedded) => embedded.executions(),
            Set::Moto(moto) => moto.executions().await,
        };
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// How many uploads have neither been completed nor given up.
    pub async fn open_uploads(&self) -> usize {
        match &self.set {
            Set::Embedded(embedded) => embedded.open_uploads(),
            Set::Moto(moto) => moto.open_uploads().await,
        }
    }

    /// The table's items, as DynamoDB writes them.
    pub async fn items(&self) -> Vec<Value> {
        match &self.set {
            Set::Embedded(embedded) => embedded.items(),
            Set::Moto(moto) => moto.items().await,
        }
    }

    /// The payment provider at that address, with the keys of the secret of that name.
    pub async fn payments(&self, secret: &str, endpoint: &str) -> Result<Arc<Stripe>, PortError> {
        self.aws.payments(PaymentSettings { secret: secret.to_owned(), endpoint: Some(endpoint.to_owned()) }).await
    }

    /// Name of the payment provider's secret.
    pub fn payment_secret(&self) -> String {
        match &self.set {
            Set::Embedded(_) => "payments".to_owned(),
            Set::Moto(moto) => moto.payment_secret(),
        }
    }

    /// What it holds.
    pub fn payment_keys(&self) -> PaymentKeys {
        match &self.set {
            Set::Embedded(embedded) => embedded.payment_keys(),
            Set::Moto(_) => moto::payment_keys(),
        }
    }

    /// Id of the key that links are signed with.
    pub fn signer_id(&self) -> String {
        match &self.set {
            Set::Embedded(embedded) => embedded.signer_id(),
            Set::Moto(_) => moto::SIGNER_ID.to_owned(),
        }
    }

    /// The ports with the key of links in place of the functions'; `None` where that key is known to have every right.
    pub async fn signer_alone(&self) -> Option<Ports> {
        match &self.set {
            Set::Embedded(embedded) => {
                let settings = Settings { credentials: Some(embedded.signer_key()), ..self.settings.clone() };
                Some(Aws::load(settings).await.ports())
            }
            Set::Moto(_) => None,
        }
    }

    /// Gives the signer another key; one without an id is none yet.
    pub async fn rotate_signer(&self, id: &str) {
        match &self.set {
            Set::Embedded(_) => panic!("known: {:?}", Gap::KeysChange),
            Set::Moto(moto) => moto.rotate_signer(id).await,
        }
    }
}

/// Says once, past the capture of tests' output, what the checks ran against.
fn say_which(set: &Set) {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let name = match set {
            Set::Embedded(_) => "the embedded emulators".to_owned(),
            Set::Moto(moto) => format!("moto's server at {}", moto.endpoint()),
        };
        writeln!(std::io::stderr(), "contracts: checked against {name}").expect("writes");
    });
}
