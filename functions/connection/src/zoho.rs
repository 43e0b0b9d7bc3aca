//! Zoho CRM in requests and answers.

use hozon_shared::api::closed_sets::{BackupChoiceName, DataCenterName, ZohoEnvironmentName};
use hozon_shared::api::{ApiError, named};
use hozon_shared::domain::connection::SourceSettings;
use hozon_shared::domain::consent::{BACKUP_SCOPES, SCOPES, WRITE_SCOPES};
use hozon_shared::domain::zoho::{BackupChoice, DataCenter, ZohoEnvironment, ZohoSettings};
use hozon_shared::ports::SourceSecret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedZoho {
    /// Data centre of the organisation.
    #[schema(value_type = DataCenterName)]
    data_center: Option<String>,
    /// Left out, `production`.
    #[schema(value_type = Option<ZohoEnvironmentName>)]
    environment: Option<String>,
    /// OAuth client that the organisation has registered with Zoho. Left out, the operator's.
    client_id: Option<String>,
    /// Secret of that client. Left out, the stored one stays, if it is of the same client at the same data centre.
    #[serde(default, deserialize_with = "named")]
    #[schema(value_type = Option<String>)]
    client_secret: Option<Option<String>>,
    /// Share of the organisation's API credits that backups may use in 24 hours, in percent. Left out, 50.
    #[schema(minimum = 1, maximum = 100)]
    credit_share: Option<u8>,
    /// Number of API calls that backups make at a time. Left out, 5.
    #[schema(minimum = 1, maximum = 25)]
    calls_at_once: Option<u8>,
    /// Whether the consent is to cover writing, which restores need. Left out, false.
    #[serde(default)]
    may_write: bool,
    /// API name of a text field that takes the id that a record had before a restore created it again.
    external_id: Option<String>,
    /// Which of Zoho's own backups is taken, of the kind `zoho_backup` only. Left out, `newest`: the newest one whose links work, and
    /// a new one if there is none.
    #[schema(value_type = Option<BackupChoiceName>)]
    backup: Option<String>,
}

/// How Zoho CRM is reached. The client's secret and what a consent gives are never shown.
#[derive(Serialize, ToSchema)]
pub struct ZohoOut {
    #[schema(value_type = DataCenterName)]
    data_center: &'static str,
    #[schema(value_type = ZohoEnvironmentName)]
    environment: &'static str,
    /// OAuth client of the organisation's own; null for the operator's.
    client_id: Option<String>,
    /// Name of the organisation that has consented, as Zoho gives it.
    organisation: Option<String>,
    credit_share: u8,
    calls_at_once: u8,
    /// Whether consents cover writing, which restores need.
    may_write: bool,
    /// API name of a text field that takes the id that a record had before a restore created it again.
    external_id: Option<String>,
    /// Which of Zoho's own backups is taken; null where Zoho CRM is read by its API.
    #[schema(value_type = Option<BackupChoiceName>)]
    backup: Option<&'static str>,
}

impl ZohoOut {
    /// Shows how Zoho CRM is reached; `None` for other sources.
    pub fn of(source: &SourceSettings) -> Option<Self> {
        let backup = source.backup_choice().map(BackupChoice::name);
        let ZohoSettings {
            data_center,
            environment,
            client_id,
            organisation,
            credit_share,
            calls_at_once,
            may_write,
            external_id,
        } = source.zoho()?.clone();
        let (data_center, environment) = (data_center.name(), environment.name());
        Some(Self {
            data_center,
            environment,
            client_id,
            organisation,
            credit_share,
            calls_at_once,
            may_write,
            external_id,
            backup,
        })
    }
}

/// What an administrator needs to know before they connect Zoho CRM.
#[derive(Serialize, ToSchema)]
pub struct ZohoOffer {
    /// Whether the operator has an OAuth client. Without one, each organisation registers its own.
    has_client: bool,
    /// Address to register with a client, to which Zoho sends the browser after a consent.
    redirect_uri: String,
    /// What a consent covers.
    scopes: Vec<&'static str>,
    /// What a consent covers that may write.
    write_scopes: Vec<&'static str>,
    /// What a consent covers where Zoho's own backups are taken.
    backup_scopes: Vec<&'static str>,
}

impl ZohoOffer {
    /// The offer of a service with or without a client.
    pub fn new(has_client: bool, redirect_uri: String) -> Self {
        Self {
            has_client,
            redirect_uri,
            scopes: SCOPES.to_vec(),
            write_scopes: WRITE_SCOPES.to_vec(),
            backup_scopes: BACKUP_SCOPES.to_vec(),
        }
    }
}

/// Reads the settings, and the client's secret if one is given.
pub fn read(wanted: WantedZoho, takes_backups: bool) -> Result<(SourceSettings, Option<SourceSecret>), ApiError> {
    let WantedZoho {
        data_center,
        environment,
        client_id,
        client_secret,
        credit_share,
        calls_at_once,
        may_write,
        external_id,
        backup,
    } = wanted;
    let backup = choice(backup, takes_backups)?;
    let data_center = data_center.ok_or_else(|| missing("data_center", "Give the data_center of the organisation."))?;
    let data_center = DataCenter::named(&data_center)
        .ok_or_else(|| invalid("data_center", "Set data_center to us, eu, in, jp, au, cn, sa or ca."))?;
    let environment = match environment {
        None => ZohoEnvironment::default(),
        Some(name) => ZohoEnvironment::named(&name)
            .ok_or_else(|| invalid("environment", "Set environment to production, sandbox or developer."))?,
    };
    let settings = ZohoSettings {
        environment,
        client_id: client_id.filter(|id| !id.is_empty()),
        credit_share: credit_share.unwrap_or(ZohoSettings::DEFAULT_CREDIT_SHARE),
        calls_at_once: calls_at_once.unwrap_or(ZohoSettings::DEFAULT_CALLS_AT_ONCE),
        may_write,
        external_id: external_id.filter(|name| !name.is_empty()),
        ..ZohoSettings::of(data_center)
    };
    settings.validate().map_err(refused)?;
    let client_secret = client_secret.flatten().filter(|secret| !secret.is_empty());
    if client_secret.is_some() && settings.client_id.is_none() {
        return Err(missing("client_id", "Give the client_id that the client_secret belongs to."));
    }
    let secret = client_secret.map(|secret| SourceSecret { client_secret: Some(secret), ..SourceSecret::default() });
    Ok((SourceSettings::of_zoho(settings, backup), secret))
}

fn choice(wanted: Option<String>, takes_backups: bool) -> Result<Option<BackupChoice>, ApiError> {
    match wanted {
        None => Ok(takes_backups.then(BackupChoice::default)),
        Some(_) if !takes_backups => {
            Err(invalid("backup", "Leave backup out, or set kind to zoho_backup: the kind zoho reads by the API."))
        }
        Some(name) => BackupChoice::named(&name).map(Some).ok_or_else(|| invalid("backup", "Set backup to newest or new.")),
    }
}

/// The error of a connection without a consent.
pub fn consent_missing() -> ApiError {
    let message = "Zoho has not consented to this connection. Ask for a consent: POST …/connection/actions/ask_consent.";
    ApiError::consent_required(message)
}

/// The error of a connection without a client.
pub fn client_missing() -> ApiError {
    let message = "Give client_id and client_secret of a client that you have registered with Zoho: this service has none.";
    missing("client_id", message)
}

fn refused(field: &'static str) -> ApiError {
    let message = match field {
        "client_id" => "Give the client_id as Zoho's API console shows it.",
        "credit_share" => "Set credit_share to a percentage from 1 to 100.",
        "external_id" => "Set external_id to the API name of a text field.",
        _ => "Set calls_at_once to a number from 1 to 25.",
    };
    invalid(field, message)
}

fn invalid(field: &str, message: &str) -> ApiError {
    ApiError::invalid_data(field, &format!("$.connection.zoho.{field}"), message)
}

fn missing(field: &str, message: &str) -> ApiError {
    ApiError::mandatory_not_found(field, &format!("$.connection.zoho.{field}"), message)
}
