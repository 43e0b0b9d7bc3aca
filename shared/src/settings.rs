//! Settings of the functions, read once at cold start. A missing one stops the function and is named.

use std::env;

use chrono::{NaiveTime, TimeDelta};
use serde::Deserialize;

use crate::domain::plan::Plans;
use crate::domain::price::Terms;
use crate::domain::webhook::Addresses;

/// Where state and objects are.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `HOZON_TABLE`: the DynamoDB table.
    pub table: String,
    /// `HOZON_ARCHIVES_BUCKET`: zips and work objects.
    pub archives_bucket: String,
    /// `HOZON_CRM_BUCKET`: the native CRM store.
    pub crm_bucket: String,
    /// `HOZON_STATE_MACHINE`: ARN of the archive state machine.
    pub state_machine: String,
    /// Other endpoints than AWS's own.
    pub endpoints: Endpoints,
    /// `HOZON_SIGNER_SECRET`: name or ARN of the secret that holds the links' signer's key (see `aws::secrets`). It is read with the first
    /// link, so that only functions that sign need permission to read it.
    pub signer_secret: String,
    /// Links without a query; `None` where nothing serves them.
    pub plain_links: Option<PlainLinkSettings>,
    /// Fixed credentials; `None` takes the function's role.
    pub credentials: Option<AccessKey>,
    /// How finished zips are locked; `None` where the bucket has no Object Lock.
    pub zip_lock: Option<ZipLock>,
}

/// S3's Object Lock on finished zips. It is set for each zip, because a bucket's default would lock work objects too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZipLock {
    /// `HOZON_OBJECT_LOCK`: `GOVERNANCE` or `COMPLIANCE`.
    pub mode: LockMode,
    /// `HOZON_ARCHIVE_DAYS`: days from when it is made for which nobody can delete a zip. 7.
    pub days: u32,
}

/// Who can lift a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Whoever has a permission of its own for that.
    Governance,
    /// Nobody.
    Compliance,
}

impl ZipLock {
    fn from_env() -> Result<Option<Self>, SettingsError> {
        let name = "HOZON_OBJECT_LOCK";
        let mode = match env::var(name).as_deref() {
            Err(_) | Ok("") => return Ok(None),
            Ok("GOVERNANCE") => LockMode::Governance,
            Ok("COMPLIANCE") => LockMode::Compliance,
            Ok(_) => return Err(SettingsError::Invalid { name, source: "it is `GOVERNANCE` or `COMPLIANCE`".into() }),
        };
        let days = number("HOZON_ARCHIVE_DAYS", 7)?;
        Ok(Some(Self { mode, days: u32::try_from(days).unwrap_or(u32::MAX) }))
    }
}

impl PlainLinkSettings {
    fn from_env() -> Result<Option<Self>, SettingsError> {
        let Some(url) = env::var("HOZON_PLAIN_LINKS_URL").ok().filter(|url| !url.is_empty()) else { return Ok(None) };
        Ok(Some(Self { url, secret: required("HOZON_PLAIN_LINKS_SECRET")? }))
    }
}

/// Links without a query (see `domain::plain_link`).
#[derive(Debug, Clone)]
pub struct PlainLinkSettings {
    /// `HOZON_PLAIN_LINKS_URL`: what serves them, without a slash at its end.
    pub url: String,
    /// `HOZON_PLAIN_LINKS_SECRET`: name or ARN of the secret that holds the key they are made with.
    pub secret: String,
}

/// Endpoints other than AWS's own; `None` leaves the SDK's.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// `HOZON_S3_ENDPOINT`
    pub s3: Option<String>,
    /// `HOZON_DYNAMODB_ENDPOINT`
    pub dynamodb: Option<String>,
    /// `HOZON_STATES_ENDPOINT`
    pub states: Option<String>,
    /// `HOZON_SCHEDULER_ENDPOINT`
    pub scheduler: Option<String>,
    /// `HOZON_MAIL_ENDPOINT`
    pub mail: Option<String>,
    /// `HOZON_SECRETS_ENDPOINT`
    pub secrets: Option<String>,
}

/// How triggers are made.
#[derive(Debug, Clone)]
pub struct TriggerSettings {
    /// `HOZON_TRIGGER_GROUP`: the schedule group.
    pub group: String,
    /// `HOZON_TRIGGER_FUNCTION`: ARN of the `trigger` function.
    pub function: String,
    /// `HOZON_TRIGGER_ROLE`: ARN of the role that calls it.
    pub role: String,
    /// `HOZON_TRIGGER_DEAD_LETTERS`: ARN of the queue of calls that never succeeded.
    pub dead_letters: String,
    /// `HOZON_TRIGGER_WINDOW_MINUTES`: triggers come within so many minutes, so that not all come at once; 0 to 25. 15.
    pub window_minutes: i32,
}

impl TriggerSettings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        let window = number("HOZON_TRIGGER_WINDOW_MINUTES", 15)?.min(25);
        Ok(Self {
            group: required("HOZON_TRIGGER_GROUP")?,
            function: required("HOZON_TRIGGER_FUNCTION")?,
            role: required("HOZON_TRIGGER_ROLE")?,
            dead_letters: required("HOZON_TRIGGER_DEAD_LETTERS")?,
            window_minutes: i32::try_from(window).unwrap_or(15),
        })
    }
}

/// How mail is sent.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `HOZON_MAIL_FROM`: the sender's address, of an identity that SES has verified.
    pub from: String,
    /// `HOZON_MAIL_CONFIGURATION_SET`: the SES configuration set that mails are sent with; none where it is not set.
    pub configuration_set: Option<String>,
}

impl MailSettings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        let configuration_set = env::var("HOZON_MAIL_CONFIGURATION_SET").ok().filter(|name| !name.is_empty());
        Ok(Self { from: required("HOZON_MAIL_FROM")?, configuration_set })
    }
}

/// How payments are made.
#[derive(Debug, Clone)]
pub struct PaymentSettings {
    /// `HOZON_PAYMENT_SECRET`: name or ARN of the secret that holds the provider's keys (see `aws::secrets`).
    pub secret: String,
    /// `HOZON_PAYMENT_ENDPOINT`: without a slash at its end; the provider's own where it is not set.
    pub endpoint: Option<String>,
}

impl PaymentSettings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(Self { secret: required("HOZON_PAYMENT_SECRET")?, endpoint: env::var("HOZON_PAYMENT_ENDPOINT").ok() })
    }
}

/// Reads `HOZON_CONSOLE_URL`: where the console is; buyers come back to it.
pub fn console_url() -> Result<String, SettingsError> {
    required("HOZON_CONSOLE_URL")
}

/// Reads `HOZON_WEBHOOK_ADDRESSES`: `public`, the default, or `any`, for those who host for themselves and call their own network.
pub fn webhook_addresses() -> Result<Addresses, SettingsError> {
    match env::var("HOZON_WEBHOOK_ADDRESSES").as_deref() {
        Err(_) | Ok("public") => Ok(Addresses::Public),
        Ok("any") => Ok(Addresses::Any),
        Ok(_) => {
            let source = "it is `public` or `any`".into();
            Err(SettingsError::Invalid { name: "HOZON_WEBHOOK_ADDRESSES", source })
        }
    }
}

/// A long-lived access key. Its `Debug` shows no secret.
#[derive(Clone, Deserialize)]
pub struct AccessKey {
    /// The key's id.
    pub id: String,
    /// The secret.
    pub secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A setting that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The variable's value is not understood.
    #[error("the environment variable {name} cannot be read")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Reads a variable that must be set.
pub fn required(name: &'static str) -> Result<String, SettingsError> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(SettingsError::Missing(name))
}

/// Reads a number, or gives its default when the variable is not set.
pub fn number(name: &'static str, default: u64) -> Result<u64, SettingsError> {
    match env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => {
            text.parse().map_err(|source: std::num::ParseIntError| SettingsError::Invalid { name, source: source.into() })
        }
    }
}

/// Reads the file that `HOZON_PLANS_FILE` names, like `infra/plans.toml`.
pub fn plans() -> Result<Plans, SettingsError> {
    let name = "HOZON_PLANS_FILE";
    Plans::parse(&file(name, &required(name)?)?).map_err(|source| SettingsError::Invalid { name, source: source.into() })
}

/// Reads the plans, and the file that `HOZON_PRICES_FILE` names, like `infra/prices.toml`; without it purchases are off.
pub fn terms() -> Result<Terms, SettingsError> {
    let (name, plans) = ("HOZON_PRICES_FILE", plans()?);
    let Ok(path) = env::var(name) else { return Ok(Terms::without_purchases(plans)) };
    Terms::parse(plans, &file(name, &path)?).map_err(|source| SettingsError::Invalid { name, source: source.into() })
}

fn file(name: &'static str, path: &str) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::Invalid { name, source: source.into() })
}

/// Reads `HOZON_TIME_OF_DAY`, the time at which scheduled runs begin in each organisation's own zone; 04:00, which no zone skips.
pub fn time_of_day() -> Result<NaiveTime, SettingsError> {
    match env::var("HOZON_TIME_OF_DAY") {
        Err(_) => Ok(default_time_of_day()),
        Ok(text) => NaiveTime::parse_from_str(&text, "%H:%M")
            .map_err(|source| SettingsError::Invalid { name: "HOZON_TIME_OF_DAY", source: source.into() }),
    }
}

/// 04:00.
pub fn default_time_of_day() -> NaiveTime {
    NaiveTime::MIN + TimeDelta::hours(4)
}

impl Settings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            table: required("HOZON_TABLE")?,
            archives_bucket: required("HOZON_ARCHIVES_BUCKET")?,
            crm_bucket: required("HOZON_CRM_BUCKET")?,
            state_machine: required("HOZON_STATE_MACHINE")?,
            endpoints: Endpoints {
                s3: env::var("HOZON_S3_ENDPOINT").ok(),
                dynamodb: env::var("HOZON_DYNAMODB_ENDPOINT").ok(),
                states: env::var("HOZON_STATES_ENDPOINT").ok(),
                scheduler: env::var("HOZON_SCHEDULER_ENDPOINT").ok(),
                mail: env::var("HOZON_MAIL_ENDPOINT").ok(),
                secrets: env::var("HOZON_SECRETS_ENDPOINT").ok(),
            },
            signer_secret: required("HOZON_SIGNER_SECRET")?,
            plain_links: PlainLinkSettings::from_env()?,
            credentials: None,
            zip_lock: ZipLock::from_env()?,
        })
    }
}
