//! Gives the code of a consent to Zoho in exchange for a refresh token, and asks whose consent it is.

use std::time::Duration;

use hozon_shared::domain::consent::GrantAnswer;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::zoho::ZohoSettings;
use hozon_shared::ports::{SourceError, SourceSecret};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::access::{OauthClient, ZohoAccess};

/// Below the 30 seconds after which API Gateway gives up, both calls together.
const TIMEOUT: Duration = Duration::from_secs(12);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum number of characters of an organisation's name that are kept.
const LONGEST_NAME: usize = 200;

/// A code, and the connection that it is for. `settings` name the data centre whose server has given the code.
pub struct GrantedCode {
    pub code: String,
    pub settings: ZohoSettings,
    /// Secret of the settings' own client.
    pub client_secret: Option<String>,
    /// Where the browser brought the code, with the proof of who has asked; `None` for a code of a self client.
    pub redirect: Option<(String, String)>,
}

/// Errors of a code.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// It was used before, or is older than Zoho allows.
    #[error("Zoho does not accept the code")]
    Code,
    /// The settings name no client, and the operator has none.
    #[error("no OAuth client is known")]
    NoClient,
    #[error(transparent)]
    Source(#[from] SourceError),
}

/// What Zoho answers when it refuses. It names no secret.
#[derive(Debug, thiserror::Error)]
#[error("zoho answered {status}: {code}")]
struct GrantRefusal {
    status: StatusCode,
    code: String,
}

#[derive(Deserialize)]
struct OrgAnswer {
    #[serde(default)]
    org: Vec<OrgEntry>,
}

#[derive(Deserialize)]
struct OrgEntry {
    company_name: Option<String>,
}

impl ZohoAccess {
    /// The client that a connection uses: its own, or the operator's.
    pub fn client_of(&self, settings: &ZohoSettings, secret: Option<&str>) -> Option<OauthClient> {
        match &settings.client_id {
            Some(id) => Some(OauthClient::new(id, secret?)),
            None => self.client.as_ref().map(|client| client.at(settings.data_center)),
        }
    }

    /// Exchanges a code for credentials. Returns the connection as it is: in the environment and with the name of the
    /// organisation that has consented.
    pub async fn exchange(&self, granted: GrantedCode) -> Result<(ZohoSettings, SourceSecret), GrantError> {
        let GrantedCode { code, settings, client_secret, redirect } = granted;
        let client = self.client_of(&settings, client_secret.as_deref()).ok_or(GrantError::NoClient)?;
        let instead = self.instead.as_deref();
        let accounts = settings.servers(instead).accounts;
        let http = http(&accounts)?;
        let request = http.post(format!("{accounts}/oauth/v2/token")).body(form(&client, &code, redirect.as_ref()));
        let answer: GrantAnswer = send(request.header("content-type", "application/x-www-form-urlencoded")).await?;
        if let Some(error) = answer.error {
            return Err(refused(&error));
        }
        let settings = answer.place(settings, instead).ok_or(SourceError::from(SourceErrorKind::DataCenter))?;
        let (Some(access), Some(refresh)) = (answer.access_token, answer.refresh_token) else {
            return Err(SourceError::from(SourceErrorKind::Refused).into());
        };
        let organisation = organisation(&http, &settings.servers(instead).api, &access).await?;
        let secret = SourceSecret { client_secret, refresh_token: Some(refresh), ..SourceSecret::default() };
        Ok((ZohoSettings { organisation, ..settings }, secret))
    }
}

/// A client that follows no redirects and uses no proxy, so that secrets reach only Zoho.
fn http(origin: &str) -> Result<Client, SourceError> {
    let http = Client::builder().redirect(Policy::none()).no_proxy().timeout(TIMEOUT).connect_timeout(CONNECT_TIMEOUT);
    let http = http.https_only(origin.starts_with("https://")).user_agent("Hozon/1").build();
    http.map_err(|error| SourceError { kind: SourceErrorKind::Refused, source: Some(error.into()) })
}

fn form(client: &OauthClient, code: &str, redirect: Option<&(String, String)>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code").append_pair("code", code);
    form.append_pair("client_id", &client.id).append_pair("client_secret", &client.secret);
    if let Some((uri, verifier)) = redirect {
        form.append_pair("redirect_uri", uri).append_pair("code_verifier", verifier);
    }
    form.finish()
}

async fn organisation(http: &Client, api: &str, access: &str) -> Result<Option<String>, SourceError> {
    let request = http.get(format!("{api}/crm/v8/org")).header("authorization", format!("Zoho-oauthtoken {access}"));
    let answer: OrgAnswer = send(request).await?;
    let name = answer.org.into_iter().next().and_then(|organisation| organisation.company_name);
    let shown = name.map(|name| name.chars().filter(|char| !char.is_control()).take(LONGEST_NAME).collect::<String>());
    Ok(shown.filter(|name| !name.is_empty()))
}

async fn send<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, SourceError> {
    let unreachable =
        |error: reqwest::Error| SourceError { kind: SourceErrorKind::Unreachable, source: Some(error.without_url().into()) };
    let answer = request.send().await.map_err(unreachable)?;
    let status = answer.status();
    let body = answer.bytes().await.map_err(unreachable)?;
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(refusal(SourceErrorKind::Busy, status, String::new()));
    }
    // Zoho's refusals of codes are read by the caller, whatever their status.
    serde_json::from_slice(&body)
        .map_err(|_| refusal(SourceErrorKind::Refused, status, "no JSON of the expected form".to_owned()))
}

/// The error for one of Zoho's (Zoho Accounts, "Possible Errors").
fn refused(code: &str) -> GrantError {
    let kind = match code {
        "invalid_code" => return GrantError::Code,
        "invalid_client" | "invalid_client_secret" => SourceErrorKind::ClientUnknown,
        // Too many codes of one user in ten minutes.
        "access_denied" | "Access Denied" => SourceErrorKind::Busy,
        _ => SourceErrorKind::Refused,
    };
    let code = code.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '_').take(60).collect();
    GrantError::Source(refusal(kind, StatusCode::OK, code))
}

fn refusal(kind: SourceErrorKind, status: StatusCode, code: String) -> SourceError {
    SourceError { kind, source: Some(GrantRefusal { status, code }.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_of_a_self_client_names_no_address() {
        let client = OauthClient::new("1000.A", "x&y");
        let plain = form(&client, "c", None);
        assert_eq!(plain, "grant_type=authorization_code&code=c&client_id=1000.A&client_secret=x%26y");
        let redirect = ("https://backup.example/".to_owned(), "v".to_owned());
        let with = form(&client, "c", Some(&redirect));
        assert_eq!(with, format!("{plain}&redirect_uri=https%3A%2F%2Fbackup.example%2F&code_verifier=v"));
    }

    #[test]
    fn refusals_say_what_to_do() {
        let kind = |code: &str| match refused(code) {
            GrantError::Source(error) => Some(error.kind),
            _ => None,
        };
        assert_eq!(kind("invalid_code"), None);
        assert_eq!(kind("invalid_client"), Some(SourceErrorKind::ClientUnknown));
        assert_eq!(kind("general_error"), Some(SourceErrorKind::Refused));
    }
}
