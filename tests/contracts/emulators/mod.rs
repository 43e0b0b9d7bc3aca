//! The emulators under test, and access to state that no port exposes. Each check has its own table, buckets and
//! secrets.

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

/// The organisation in most checks.
pub const ORG: OrgId = OrgId(4_876_876_000_000_000_001);
/// Another organisation.
pub const OTHER: OrgId = OrgId(4_876_876_000_000_000_002);

/// A set of emulators.
enum Set {
    Embedded(Box<Embedded>),
    Moto(Moto),
}

/// Keys in the payment provider's secret.
pub struct PaymentKeys {
    pub api_key: String,
    /// Secret that signs webhook messages.
    pub webhook_secret: String,
}

/// A set of emulators with adapters on it.
pub struct Emulators {
    /// The ports that most functions use.
    pub ports: Ports,
    /// Settings of the adapters.
    pub settings: Settings,
    aws: Aws,
    set: Set,
}

impl Emulators {
    /// Starts the local program's emulators, or creates separate resources in those that the environment names.
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

    /// Returns whether this set is known to differ from AWS in this respect.
    pub fn lack(&self, gap: Gap) -> bool {
        self.reason(gap).is_some()
    }

    /// Requires the set to keep a promise, unless the gap is listed; a listed gap must still exist.
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

    /// Creates the triggers port with a flexible time window.
    pub fn triggers(&self, window_minutes: i32) -> Arc<dyn Triggers> {
        self.aws.triggers(TriggerSettings { window_minutes, ..self.trigger_settings() })
    }

    /// Settings of the triggers port.
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

    /// Returns the stored schedules in the service's own terms.
    pub async fn stored_triggers(&self) -> Vec<Value> {
        match &self.set {
            Set::Embedded(embedded) => embedded.schedules(),
            Set::Moto(moto) => moto.schedules().await,
        }
    }

    /// Creates a mailer with a verified sender.
    pub fn mailer(&self) -> Arc<dyn Mailer> {
        self.mailer_of(&format!("backups@{}", self.mail_domain()))
    }

    /// Creates a mailer with any sender.
    pub fn mailer_of(&self, from: &str) -> Arc<dyn Mailer> {
        self.aws.mailer(MailSettings { from: from.to_owned(), configuration_set: None })
    }

    /// Domain of the verified sender.
    pub fn mail_domain(&self) -> String {
        match &self.set {
            Set::Embedded(_) => "hozon.example".to_owned(),
            Set::Moto(moto) => moto.mail_domain(),
        }
    }

    /// Returns the mails sent so far.
    pub async fn mails(&self) -> Vec<Vec<u8>> {
        match &self.set {
            Set::Embedded(embedded) => embedded.mails(),
            Set::Moto(moto) => moto.mails().await,
        }
    }

    /// Returns the started executions with their inputs, by name.
    pub async fn executions(&self) -> Vec<(String, Value)> {
        let mut found = match &self.set {
            Set::Embedded(embedded) => embedded.executions(),
            Set::Moto(moto) => moto.executions().await,
        };
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Number of uploads that were neither completed nor aborted.
    pub async fn open_uploads(&self) -> usize {
        match &self.set {
            Set::Embedded(embedded) => embedded.open_uploads(),
            Set::Moto(moto) => moto.open_uploads().await,
        }
    }

    /// Returns the table's items as DynamoDB encodes them.
    pub async fn items(&self) -> Vec<Value> {
        match &self.set {
            Set::Embedded(embedded) => embedded.items(),
            Set::Moto(moto) => moto.items().await,
        }
    }

    /// Puts an item into the table, as nobody does through the ports.
    pub async fn plant(&self, item: &Value) {
        match &self.set {
            Set::Embedded(embedded) => embedded.plant(item),
            Set::Moto(moto) => moto.plant(item).await,
        }
    }

    /// Creates the payment provider's client for an endpoint, with the keys of the named secret.
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

    /// Returns the keys in that secret.
    pub fn payment_keys(&self) -> PaymentKeys {
        match &self.set {
            Set::Embedded(embedded) => embedded.payment_keys(),
            Set::Moto(_) => moto::payment_keys(),
        }
    }

    /// Id of the access key that signs links.
    pub fn signer_id(&self) -> String {
        match &self.set {
            Set::Embedded(embedded) => embedded.signer_id(),
            Set::Moto(_) => moto::SIGNER_ID.to_owned(),
        }
    }

    /// Creates ports that use the link signer's key; `None` if that key is known to have all rights.
    pub async fn signer_alone(&self) -> Option<Ports> {
        match &self.set {
            Set::Embedded(embedded) => {
                let settings = Settings { credentials: Some(embedded.signer_key()), ..self.settings.clone() };
                Some(Aws::load(settings).await.ports())
            }
            Set::Moto(_) => None,
        }
    }

    /// Rotates the signer's key; an empty id means that there is none yet.
    pub async fn rotate_signer(&self, id: &str) {
        match &self.set {
            Set::Embedded(_) => panic!("known: {:?}", Gap::KeysChange),
            Set::Moto(moto) => moto.rotate_signer(id).await,
        }
    }
}

/// Reports once which emulators are tested, bypassing the captured test output.
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
