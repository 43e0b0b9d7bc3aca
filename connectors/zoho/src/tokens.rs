//! The access token that all workers of a connection share. Zoho drops the oldest of too many tokens, so that nobody asks for one
//! without having looked whether another worker has (Zoho CRM API v8, "Refresh Access Tokens").

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::id::{ConnectionId, OrgId};
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::zoho::ZohoSettings;
use hozon_shared::ports::{AccessToken, AccessTokens, Clock, SourceError, SourceSecret};
use serde_json::Value;
use tokio::sync::Mutex;

use crate::access::{OauthClient, ZohoAccess};
use crate::connection::Zoho;
use crate::errors::{ApiError, Unexpected, of_port, without_answer};

/// A token is renewed that long before it ends.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
/// Validity of a token whose answer does not say it, in seconds.
const USUAL_SECONDS: i64 = 3600;

/// The access token of a connection.
pub(crate) struct Tokens {
    connection: (OrgId, ConnectionId),
    shared: Arc<dyn AccessTokens>,
    clock: Arc<dyn Clock>,
    settings: ZohoSettings,
    instead: Option<String>,
    client: OauthClient,
    refresh_token: String,
    known: Mutex<Option<AccessToken>>,
}

impl Tokens {
    /// Fails if there is no client or no consent.
    pub(crate) fn new(zoho: &Zoho) -> Result<Self, SourceError> {
        let Zoho { settings, secret, connection, access } = zoho;
        let ZohoAccess { instead, clock, tokens, .. } = access.clone();
        let SourceSecret { refresh_token, .. } = secret.clone();
        Ok(Self {
            connection: *connection,
            shared: tokens,
            clock,
            settings: settings.clone(),
            instead,
            client: access.client_of(settings, secret.client_secret.as_deref()).ok_or(SourceErrorKind::ClientUnknown)?,
            refresh_token: refresh_token.ok_or(SourceErrorKind::ConsentRevoked)?,
            known: Mutex::new(None),
        })
    }

    /// Returns a token that is not `refused`. At most one call at a time asks Zoho for a new one.
    pub(crate) async fn token(&self, http: &reqwest::Client, refused: Option<&str>) -> Result<AccessToken, SourceError> {
        let mut known = self.known.lock().await;
        let is_good = |token: &AccessToken| refused != Some(token.token.as_str()) && token.expires - MARGIN > self.clock.now();
        if let Some(token) = known.clone().filter(is_good) {
            return Ok(token);
        }
        let (org, connection) = self.connection;
        let shared = self.shared.newest(org, connection).await.map_err(of_port)?;
        let token = match shared.filter(is_good) {
            Some(token) => token,
            None => {
                let new = self.ask(http).await?;
                self.shared.renew(org, connection, &new).await.map_err(of_port)?;
                new
            }
        };
        *known = Some(token.clone());
        Ok(token)
    }

    async fn ask(&self, http: &reqwest::Client) -> Result<AccessToken, SourceError> {
        let url = format!("{}/oauth/v2/token", self.settings.servers(self.instead.as_deref()).accounts);
        let request = http.post(url).header("content-type", "application/x-www-form-urlencoded").body(self.form());
        let asked = self.clock.now();
        let answer = request.send().await.map_err(without_answer)?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(without_answer)?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if let Some(error) = ApiError::of(status, &body) {
            return Err(error.about_tokens());
        }
        self.require_data_center(&body)?;
        read(&body, asked).ok_or_else(|| Unexpected("an access token").into())
    }

    fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token").append_pair("client_id", &self.client.id);
        form.append_pair("client_secret", &self.client.secret).append_pair("refresh_token", &self.refresh_token);
        form.finish()
    }

    /// A token of another data centre looks like any other, but for its API domain.
    fn require_data_center(&self, body: &Value) -> Result<(), SourceError> {
        let api = self.settings.servers(self.instead.as_deref()).api;
        match body.get("api_domain").and_then(Value::as_str) {
            Some(domain) if region(domain) != region(&api) => Err(SourceErrorKind::DataCenter.into()),
            _ => Ok(()),
        }
    }
}

fn read(body: &Value, asked: DateTime<Utc>) -> Option<AccessToken> {
    let token = body.get("access_token")?.as_str()?.to_owned();
    let seconds = body.get("expires_in").and_then(Value::as_i64).unwrap_or(USUAL_SECONDS);
    Some(AccessToken { token, expires: asked + TimeDelta::seconds(seconds) })
}

/// The part of an origin that all hosts of a data centre have in common, for example `zohoapis.eu`.
fn region(origin: &str) -> &str {
    let host = origin.trim_end_matches('/').rsplit("//").next().unwrap_or_default();
    ["www.", "sandbox.", "developer."].iter().find_map(|environment| host.strip_prefix(environment)).unwrap_or(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_one_data_center_are_alike() {
        assert_eq!(region("https://www.zohoapis.com.au"), region("https://sandbox.zohoapis.com.au/"));
        assert_ne!(region("https://www.zohoapis.com"), region("https://www.zohoapis.eu"));
        assert_ne!(region("https://www.zohoapis.com"), region("https://www.zohoapis.com.au"));
    }
}
