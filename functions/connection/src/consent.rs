//! Connecting Zoho CRM by a consent. The browser leaves for Zoho's page and comes back to the console, which hands the answer in
//! with its own token: whoever was asked must also bring the answer, and no route is open to others.

use axum::Json;
use axum::extract::State;
use hozon_connector_zoho::{GrantError, GrantedCode, ZohoAccess};
use hozon_shared::api::{Administrator, AnyError, ApiError, Body, LocalTime, local_time};
use hozon_shared::domain::connection::{Connection, ConnectionRole, SourceSettings};
use hozon_shared::domain::consent::{ConsentRequest, LIFE, PendingConsent, answered_by, scopes};
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::domain::zoho::ZohoSettings;
use hozon_shared::ports::{ErrorKind, SourceSecret};
use hozon_shared::telemetry::Causes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::connection::{self, ConnectionOut};
use crate::ports::ConnectionPorts;
use crate::wanted::{self, ConnectionRequest};
use crate::zoho::{client_missing, consent_missing};

#[derive(Serialize, ToSchema)]
pub struct AskedEnvelope {
    consent: AskedOut,
}

/// A consent to ask for.
#[derive(Serialize, ToSchema)]
struct AskedOut {
    /// Address of Zoho's page, for the caller's browser.
    url: String,
    /// When the answer comes too late.
    expiry_time: LocalTime,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerRequest {
    consent: ConsentAnswer,
}

/// What Zoho adds to the address to which it sends the browser back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ConsentAnswer {
    state: String,
    /// Left out if the person has refused.
    code: Option<String>,
    /// Data centre of the person.
    #[schema(example = "eu")]
    location: Option<String>,
    /// Server that has given the code.
    #[schema(example = "https://accounts.zoho.eu")]
    accounts_server: Option<String>,
    /// Why there is no code.
    #[schema(example = "access_denied")]
    error: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ConsentedEnvelope {
    connection: ConnectionOut,
    /// Whether the organisation is in another data centre or environment than the one that was asked for.
    is_elsewhere: bool,
}

/// Asks for a consent to read Zoho CRM.
///
/// The connection is set with the answer, which the same caller hands in within ten minutes.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/connection/actions/ask_consent",
    operation_id = "ask_consent",
    tag = "connection",
    request_body = ConnectionRequest,
    responses((status = 200, description = "Where to send the browser", body = AskedEnvelope)),
)]
pub async fn ask(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<AskedEnvelope>, ApiError> {
    let wanted = wanted::read(&body, &ports.profiles)?;
    let access = ports.zoho()?;
    let settings = wanted.source.zoho().cloned().ok_or_else(|| ApiError::not_allowed("Only Zoho CRM gives consents."))?;
    let backup = wanted.source.backup_choice();
    let zone = ports.time_zone(caller.org).await?;
    let client_secret = client_secret(&ports, caller.org, &settings, wanted.secret).await?;
    let client = access.client_of(&settings, client_secret.as_deref()).ok_or_else(client_missing)?;
    let now = ports.connecting.clock.now();
    let (state, verifier, expires) = (ports.secrets.token(), ports.secrets.token(), now + LIFE);
    let kept = keep(&ports, caller.org, client_secret).await?;
    let request = ConsentRequest {
        accounts: &settings.servers(access.instead.as_deref()).accounts,
        client_id: &client.id,
        redirect_uri: &ports.redirect_uri,
        state: &state,
        verifier: &verifier,
        scopes: scopes(backup, settings.may_write),
    };
    let url = request.address();
    let (name, user, ends) = (PendingConsent::name(&state), caller.person.id, expires.timestamp());
    let consent = PendingConsent { name, user, settings, backup, selection: wanted.selection, verifier, client: kept, ends };
    ports.consents.ask(caller.org, &consent).await?;
    Ok(Json(AskedEnvelope { consent: AskedOut { url, expiry_time: local_time(expires, zone) } }))
}

/// Hands in the answer to a consent, and sets the connection.
///
/// Each consent is answered once, by the administrator who has asked for it.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/connection/actions/answer_consent",
    operation_id = "answer_consent",
    tag = "connection",
    request_body = AnswerRequest,
    responses(
        (status = 200, description = "The connection", body = ConsentedEnvelope),
        (status = 412, description = "Somebody else has set it at the same time", body = AnyError),
    ),
)]
pub async fn answer(
    State(ports): State<ConnectionPorts>,
    Administrator(caller): Administrator,
    Body(body): Body,
) -> Result<Json<ConsentedEnvelope>, ApiError> {
    let AnswerRequest { consent: answer } = serde_json::from_slice(&body).map_err(|_| ApiError::body_not_readable())?;
    let access = ports.zoho()?;
    let zone = ports.time_zone(caller.org).await?;
    let name = PendingConsent::name(&answer.state);
    let consent = ports.consents.take(caller.org, caller.person.id, &name).await?;
    let now = ports.connecting.clock.now();
    let consent = consent.filter(|consent| consent.is_open(now)).ok_or_else(ApiError::consent_expired)?;
    let code = code_of(&answer)?;
    let asked = consent.settings.clone();
    let (settings, secret) = exchange(&ports, access, caller.org, &consent, code, &answer).await?;
    let is_elsewhere = (settings.data_center, settings.environment) != (asked.data_center, asked.environment);
    let connection = connect(&ports, &caller, consent, settings, &secret).await?;
    Ok(Json(ConsentedEnvelope { connection: connection::out(connection, zone), is_elsewhere }))
}

/// The code of an answer, unless the person has refused.
fn code_of(answer: &ConsentAnswer) -> Result<String, ApiError> {
    match (&answer.error, &answer.code) {
        (None, Some(code)) if !code.is_empty() => Ok(code.clone()),
        (Some(error), _) if error != "access_denied" => {
            Err(ApiError::consent_denied("Zoho has given no consent. Check the client, and connect again."))
        }
        _ => Err(ApiError::consent_denied("The consent was refused on Zoho's page. Connect again, and accept there.")),
    }
}

async fn exchange(
    ports: &ConnectionPorts,
    access: &ZohoAccess,
    org: OrgId,
    consent: &PendingConsent,
    code: String,
    answer: &ConsentAnswer,
) -> Result<(ZohoSettings, SourceSecret), ApiError> {
    let (server, location) = (answer.accounts_server.as_deref(), answer.location.as_deref());
    let data_center = answered_by(consent.settings.data_center, server, location, access.instead.as_deref());
    let data_center = data_center.ok_or_else(|| {
        let message = "The answer names a server that is not Zoho's. Connect again.";
        ApiError::invalid_data("accounts_server", "$.consent.accounts_server", message)
    })?;
    let client_secret = match consent.client {
        Some(id) => ports.stored_client_secret(org, id).await?,
        None => None,
    };
    let settings = ZohoSettings { data_center, ..consent.settings.clone() };
    let redirect = Some((ports.redirect_uri.clone(), consent.verifier.clone()));
    access.exchange(GrantedCode { code, settings, client_secret, redirect }).await.map_err(refused)
}

async fn connect(
    ports: &ConnectionPorts,
    caller: &Caller,
    consent: PendingConsent,
    settings: ZohoSettings,
    secret: &SourceSecret,
) -> Result<Connection, ApiError> {
    let present = ports.connecting.connections.connection(caller.org).await?;
    let source = (SourceSettings::of_zoho(settings, consent.backup), secret);
    let set = ports.connecting.connect(caller.org, source, consent.selection, &caller.person, present.as_ref()).await;
    set.map_err(connection::changed_meanwhile)
}

/// Secret of the settings' own client: the given one, or the stored one of the same client.
async fn client_secret(
    ports: &ConnectionPorts,
    org: OrgId,
    settings: &ZohoSettings,
    given: Option<SourceSecret>,
) -> Result<Option<String>, ApiError> {
    let given = given.and_then(|secret| secret.client_secret);
    if settings.client_id.is_none() || given.is_some() {
        return Ok(given);
    }
    let present = ports.connecting.connections.connection(org).await?;
    match present.filter(|present| present.source.zoho().is_some_and(|known| known.is_same_login(settings))) {
        Some(present) => ports.stored_client_secret(org, present.id).await,
        None => Ok(None),
    }
}

/// Keeps the client's secret among the credentials until the answer comes.
async fn keep(ports: &ConnectionPorts, org: OrgId, client_secret: Option<String>) -> Result<Option<ConnectionId>, ApiError> {
    let Some(client_secret) = client_secret else { return Ok(None) };
    let id = ConnectionId(ports.connecting.ids.next(ports.connecting.clock.now()));
    let secret = SourceSecret { client_secret: Some(client_secret), ..SourceSecret::default() };
    ports.connecting.credentials.put((org, ConnectionRole::Source), id, &secret).await?;
    Ok(Some(id))
}

fn refused(error: GrantError) -> ApiError {
    tracing::info!(cause = %Causes(&error), "a code of Zoho was refused");
    match error {
        GrantError::Code => ApiError::consent_expired(),
        GrantError::NoClient => client_missing(),
        GrantError::Source(error) => ApiError::source_refused(&error.kind),
    }
}

impl ConnectionPorts {
    /// What reading Zoho CRM needs.
    pub fn zoho(&self) -> Result<&ZohoAccess, ApiError> {
        self.connectors.zoho.as_ref().ok_or_else(|| ApiError::not_allowed("This service does not read Zoho CRM."))
    }

    /// The client's secret among stored credentials; `None` if they are gone.
    async fn stored_client_secret(&self, org: OrgId, id: ConnectionId) -> Result<Option<String>, ApiError> {
        match self.connecting.credentials.get((org, ConnectionRole::Source), id).await {
            Err(error) if error.kind == ErrorKind::NotFound => Ok(None),
            other => Ok(other?.client_secret),
        }
    }

    /// Credentials of a connection to Zoho CRM: those that are stored, with the given client's secret in place of theirs.
    pub async fn zoho_secret(
        &self,
        org: OrgId,
        present: Option<&Connection>,
        settings: &ZohoSettings,
        given: Option<&SourceSecret>,
    ) -> Result<SourceSecret, ApiError> {
        let is_same = |present: &&Connection| present.source.zoho().is_some_and(|known| known.is_same_login(settings));
        let present = present.filter(is_same).ok_or_else(consent_missing)?;
        let stored = match self.connecting.credentials.get((org, ConnectionRole::Source), present.id).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Err(consent_missing()),
            other => other?,
        };
        let client_secret = given.and_then(|given| given.client_secret.clone()).or(stored.client_secret.clone());
        Ok(SourceSecret { client_secret, ..stored })
    }
}
