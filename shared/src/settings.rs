//! Settings of the functions, read once at cold start. A missing variable stops the function with an error that names
//! it.

use std::collections::BTreeMap;
use std::env;
use std::path::Path;
use std::time::Duration;

use chrono::{NaiveTime, TimeDelta};
use serde::Deserialize;

use crate::domain::addresses::Addresses;
use crate::domain::file_place::FilePlace;
use crate::domain::id::OrgId;
use crate::domain::plan::Plans;
use crate::domain::price::Terms;
use crate::domain::profile::Profiles;
use crate::domain::run_length::RunLength;

mod endpoints;

pub use endpoints::Endpoints;

const PRICES_FILE: &str = "HOZON_PRICES_FILE";

/// Locations of state and objects.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `HOZON_TABLE`: name of the DynamoDB table.
    pub table: String,
    /// `HOZON_ARCHIVES_BUCKET`: bucket for zips and work objects.
    pub archives_bucket: String,
    /// `HOZON_CRM_BUCKET`: bucket of the native CRM store.
    pub crm_bucket: String,
    /// `HOZON_STATE_MACHINE`: ARN of the archive state machine.
    pub state_machine: String,
    /// Endpoints that replace those of AWS.
    pub endpoints: Endpoints,
    /// `HOZON_CONNECTION_SECRETS`: beginning of the names of the secrets with connections' credentials;
    /// `hozon/connections/` by default.
    pub connection_secrets: String,
    /// `HOZON_ERASURE_SECRETS`: beginning of the names of the secrets with the keys of erased records' hashes; `hozon/erasures/` by
    /// default.
    pub erasure_secrets: String,
    /// `HOZON_SIGNER_SECRET`: name or ARN of the secret with the link signer's key (see `aws::secrets`). It is read
    /// with the first link, so only functions that sign links need permission to read it.
    pub signer_secret: String,
    /// `HOZON_STATEMENT_KEY`: id or ARN of the KMS key that signs statements. Only functions that finish backups or show the public key
    /// need permission to use it.
    pub statement_key: String,
    /// Links without a query string; `None` if the deployment does not serve them.
    pub plain_links: Option<PlainLinkSettings>,
    /// Fixed credentials; `None` uses the function's role.
    pub credentials: Option<AccessKey>,
    /// Object lock for finished zips; `None` if the bucket has no Object Lock.
    pub zip_lock: Option<ZipLock>,
}

/// S3 Object Lock settings for finished zips. The lock is set per zip, because a bucket default would also lock work
/// objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ZipLock {
    /// `HOZON_OBJECT_LOCK`: `GOVERNANCE` or `COMPLIANCE`.
    pub mode: LockMode,
    /// `HOZON_ARCHIVE_DAYS`: days after creation during which a zip cannot be deleted. Defaults to 7.
    pub days: u32,
}

/// Object Lock mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Principals with a special permission can lift the lock.
    Governance,
    /// Nobody can lift the lock.
    Compliance,
}

impl ZipLock {
    fn from_env() -> Result<Option<Self>, SettingsError> {
        let name = "HOZON_OBJECT_LOCK";
        let mode = match env::var(name).as_deref() {
            Err(_) | Ok("") => return Ok(None),
            Ok("GOVERNANCE") => LockMode::Governance,
            Ok("COMPLIANCE") => LockMode::Compliance,
            Ok(_) => return Err(SettingsError::Invalid { name, source: "set it to `GOVERNANCE` or `COMPLIANCE`".into() }),
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

/// Settings for links without a query string (see `domain::plain_link`).
#[derive(Debug, Clone)]
pub struct PlainLinkSettings {
    /// `HOZON_PLAIN_LINKS_URL`: base URL of these links, without a trailing slash.
    pub url: String,
    /// `HOZON_PLAIN_LINKS_SECRET`: name or ARN of the secret with the key that signs them.
    pub secret: String,
}

/// Settings for creating triggers.
#[derive(Debug, Clone)]
pub struct TriggerSettings {
    /// `HOZON_TRIGGER_GROUP`: name of the schedule group.
    pub group: String,
    /// `HOZON_TRIGGER_FUNCTION`: ARN of the `trigger` function.
    pub function: String,
    /// `HOZON_TRIGGER_ROLE`: ARN of the role that invokes it.
    pub role: String,
    /// `HOZON_TRIGGER_DEAD_LETTERS`: ARN of the dead-letter queue.
    pub dead_letters: String,
    /// `HOZON_TRIGGER_WINDOW_MINUTES`: length of the flexible time window that spreads triggers, 0 to 25 minutes.
    /// Defaults to 15.
    pub window_minutes: i32,
}

impl TriggerSettings {
    /// Reads the environment variables.
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

/// Settings for sending mail.
#[derive(Debug, Clone)]
pub struct MailSettings {
    /// `HOZON_MAIL_FROM`: sender address, from an identity verified in SES.
    pub from: String,
    /// `HOZON_MAIL_CONFIGURATION_SET`: SES configuration set for sending; optional.
    pub configuration_set: Option<String>,
}

impl MailSettings {
    /// Reads the environment variables.
    pub fn from_env() -> Result<Self, SettingsError> {
        let configuration_set = env::var("HOZON_MAIL_CONFIGURATION_SET").ok().filter(|name| !name.is_empty());
        Ok(Self { from: required("HOZON_MAIL_FROM")?, configuration_set })
    }
}

/// Settings of the payment provider.
#[derive(Debug, Clone)]
pub struct PaymentSettings {
    /// `HOZON_PAYMENT_SECRET`: name or ARN of the secret with the provider's keys (see `aws::secrets`).
    pub secret: String,
    /// `HOZON_PAYMENT_ENDPOINT`: base URL without a trailing slash; defaults to the provider's own.
    pub endpoint: Option<String>,
}

impl PaymentSettings {
    /// Reads the environment variables; `None` without a price list, where nothing is sold.
    pub fn from_env() -> Result<Option<Self>, SettingsError> {
        if env::var(PRICES_FILE).is_err() {
            return Ok(None);
        }
        let (secret, endpoint) = (required("HOZON_PAYMENT_SECRET")?, env::var("HOZON_PAYMENT_ENDPOINT").ok());
        Ok(Some(Self { secret, endpoint }))
    }
}

/// Reads `HOZON_ZOHO_CLIENT`: name or ARN of the secret with the operator's OAuth client (see `aws::secrets`); optional.
pub fn zoho_client() -> Option<String> {
    env::var("HOZON_ZOHO_CLIENT").ok().filter(|name| !name.is_empty())
}

/// Reads `HOZON_ZOHO_URL`: origin that takes the place of Zoho's servers; optional.
pub fn zoho_url() -> Option<String> {
    env::var("HOZON_ZOHO_URL").ok().filter(|url| !url.is_empty())
}

/// Reads `HOZON_CONSOLE_URL`: base URL of the console, to which buyers and consents return.
pub fn console_url() -> Result<String, SettingsError> {
    required("HOZON_CONSOLE_URL")
}

/// Reads `HOZON_NOTICE_FAILURES`: URL of the queue of notices that could not be given.
pub fn notice_failures() -> Result<String, SettingsError> {
    required("HOZON_NOTICE_FAILURES")
}

/// Reads `HOZON_WEBHOOK_ADDRESSES`: `public` (the default), or `any` for self-hosted installations that call their own
/// network.
pub fn webhook_addresses() -> Result<Addresses, SettingsError> {
    addresses("HOZON_WEBHOOK_ADDRESSES")
}

/// Reads `HOZON_SOURCE_ADDRESSES`: addresses that connections to CRMs may have, `public` (the default) or `any`.
pub fn source_addresses() -> Result<Addresses, SettingsError> {
    addresses("HOZON_SOURCE_ADDRESSES")
}

/// Reads `HOZON_SOURCE_FILES`: where the CRMs of organisations keep attached files outside their databases, as
/// `ORG=s3://BUCKET/PREFIX`, separated by commas. Empty if it is not set.
pub fn source_files() -> Result<BTreeMap<OrgId, String>, SettingsError> {
    const NAME: &str = "HOZON_SOURCE_FILES";
    let invalid = || SettingsError::Invalid { name: NAME, source: "write ORG=s3://BUCKET/PREFIX, separated by commas".into() };
    buckets_of_files(&env::var(NAME).unwrap_or_default()).ok_or_else(invalid)
}

fn buckets_of_files(text: &str) -> Option<BTreeMap<OrgId, String>> {
    let read = |entry: &str| {
        let (org, place) = entry.split_once('=')?;
        let place: FilePlace = place.parse().ok()?;
        matches!(place, FilePlace::Bucket { .. }).then_some((OrgId(org.parse().ok()?), place.to_string()))
    };
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(read).collect()
}

fn addresses(name: &'static str) -> Result<Addresses, SettingsError> {
    match env::var(name).as_deref() {
        Err(_) | Ok("public") => Ok(Addresses::Public),
        Ok("any") => Ok(Addresses::Any),
        Ok(_) => Err(SettingsError::Invalid { name, source: "set it to `public` or `any`".into() }),
    }
}

/// A long-lived access key. Its `Debug` output omits the secret.
#[derive(Clone, Deserialize)]
pub struct AccessKey {
    pub id: String,
    pub secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Error returned for a missing or invalid setting.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The variable is not set.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The variable's value is invalid.
    #[error("the environment variable {name} is invalid")]
    Invalid {
        name: &'static str,
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Reads a mandatory variable.
pub fn required(name: &'static str) -> Result<String, SettingsError> {
    env::var(name).ok().filter(|value| !value.is_empty()).ok_or(SettingsError::Missing(name))
}

/// Reads a numeric variable, or returns its default if it is not set.
pub fn number(name: &'static str, default: u64) -> Result<u64, SettingsError> {
    match env::var(name) {
        Err(_) => Ok(default),
        Ok(text) => {
            text.parse().map_err(|source: std::num::ParseIntError| SettingsError::Invalid { name, source: source.into() })
        }
    }
}

/// Reads `HOZON_SNAPSHOT_DAYS`: how long snapshots are kept, in days. Defaults to 35.
pub fn snapshots_kept() -> Result<TimeDelta, SettingsError> {
    let days = number("HOZON_SNAPSHOT_DAYS", 35)?.clamp(1, 36_500);
    Ok(TimeDelta::days(i64::try_from(days).unwrap_or(i64::MAX)))
}

/// Reads `HOZON_CAPTURE_SECONDS`: how long a call of a capture should last, 600 seconds by default. It may take four minutes longer to
/// reach a place where another call can go on, and a function ends after 15 minutes; a value out of range is clamped.
pub fn capture_time() -> Result<Duration, SettingsError> {
    Ok(Duration::from_secs(number("HOZON_CAPTURE_SECONDS", 600)?.clamp(1, 650)))
}

/// Reads `HOZON_RUN_DAYS`: how long a run may last, in days. Defaults to seven; a value out of range is clamped.
pub fn run_length() -> Result<RunLength, SettingsError> {
    let name = "HOZON_RUN_DAYS";
    if env::var(name).is_err() { Ok(RunLength::default()) } else { number(name, 0).map(RunLength::days) }
}

/// Reads the file named by `HOZON_PLANS_FILE`, in the format of `infra/plans.toml`.
pub fn plans() -> Result<Plans, SettingsError> {
    let name = "HOZON_PLANS_FILE";
    Plans::parse(&file(name, &required(name)?)?).map_err(|source| SettingsError::Invalid { name, source: source.into() })
}

/// Reads the plans, and the price list named by `HOZON_PRICES_FILE` in the format of `infra/prices.toml`. Purchases are off
/// if the variable is not set.
pub fn terms() -> Result<Terms, SettingsError> {
    let plans = plans()?;
    let Ok(path) = env::var(PRICES_FILE) else { return Ok(Terms::without_purchases(plans)) };
    Terms::parse(plans, &file(PRICES_FILE, &path)?)
        .map_err(|source| SettingsError::Invalid { name: PRICES_FILE, source: source.into() })
}

/// Reads the profiles of CRMs: those that come with the product, and those in the folder that `HOZON_PROFILES_FOLDER` names.
pub fn profiles() -> Result<Profiles, SettingsError> {
    let name = "HOZON_PROFILES_FOLDER";
    match env::var(name) {
        Ok(folder) if !folder.is_empty() => {
            profiles_with(folder.as_ref()).map_err(|source| SettingsError::Invalid { name, source })
        }
        _ => Ok(Profiles::default()),
    }
}

/// Adds the files `*.toml` of a folder to the profiles that come with the product.
pub fn profiles_with(folder: &Path) -> Result<Profiles, Box<dyn std::error::Error + Send + Sync>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path)?));
        }
    }
    files.sort();
    Ok(Profiles::default().with(&files)?)
}

fn file(name: &'static str, path: &str) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|source| SettingsError::Invalid { name, source: source.into() })
}

/// Reads `HOZON_TIME_OF_DAY`: when scheduled runs start, in each organisation's own time zone. Defaults to 04:00, a time that
/// no zone skips.
pub fn time_of_day() -> Result<NaiveTime, SettingsError> {
    match env::var("HOZON_TIME_OF_DAY") {
        Err(_) => Ok(default_time_of_day()),
        Ok(text) => NaiveTime::parse_from_str(&text, "%H:%M")
            .map_err(|source| SettingsError::Invalid { name: "HOZON_TIME_OF_DAY", source: source.into() }),
    }
}

/// The default time of day, 04:00.
pub fn default_time_of_day() -> NaiveTime {
    NaiveTime::MIN + TimeDelta::hours(4)
}

impl Settings {
    /// Reads the environment variables.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            table: required("HOZON_TABLE")?,
            archives_bucket: required("HOZON_ARCHIVES_BUCKET")?,
            crm_bucket: required("HOZON_CRM_BUCKET")?,
            state_machine: required("HOZON_STATE_MACHINE")?,
            endpoints: Endpoints::from_env(),
            connection_secrets: env::var("HOZON_CONNECTION_SECRETS").unwrap_or_else(|_| "hozon/connections/".to_owned()),
            erasure_secrets: env::var("HOZON_ERASURE_SECRETS").unwrap_or_else(|_| "hozon/erasures/".to_owned()),
            signer_secret: required("HOZON_SIGNER_SECRET")?,
            statement_key: required("HOZON_STATEMENT_KEY")?,
            plain_links: PlainLinkSettings::from_env()?,
            credentials: None,
            zip_lock: ZipLock::from_env()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_of_files_are_named_for_each_organisation() {
        let read = buckets_of_files("7=s3://crm-files/media, 8=s3://other/,").expect("is valid");
        let read: Vec<_> = read.iter().map(|(org, place)| (org.0, &**place)).collect();
        assert_eq!(read, [(7, "s3://crm-files/media/"), (8, "s3://other/")]);
        assert_eq!(buckets_of_files("").expect("is valid").len(), 0);
        for wrong in ["s3://crm-files", "x=s3://crm-files", "7=/srv/crm", "7=s3://X"] {
            assert_eq!(buckets_of_files(wrong), None, "{wrong}");
        }
    }
}
