//! OAuth: the consent, and the token calls.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::organisation::Organisation;
use crate::tokens::Grant;

/// Scopes that a complete backup needs.
pub const FULL_SCOPE: &str = "ZohoCRM.modules.ALL,ZohoCRM.settings.ALL,ZohoCRM.users.READ,ZohoCRM.org.READ,ZohoCRM.bulk.READ,ZohoCRM.coql.READ,ZohoFiles.files.READ";

/// The scopes of taking over backups.
pub const BACKUP_SCOPE: &str = "ZohoCRM.org.READ,ZohoCRM.bulk.backup.ALL,ZohoFiles.files.ALL";

/// Lifetime of a code that the consent gives.
const CODE: Duration = Duration::seconds(60);

/// A request for consent.
#[derive(Debug, Clone)]
pub struct Consent {
    pub scope: String,
    pub redirect_uri: String,
    pub state: Option<String>,
    pub challenge: Option<String>,
}

impl Consent {
    /// Reads the request; the error is the one that Zoho's page shows.
    pub fn read(given: &BTreeMap<String, String>, organisation: &Organisation) -> Result<Self, &'static str> {
        let value = |name: &str| given.get(name).filter(|value| !value.is_empty()).cloned();
        if value("client_id").as_deref() != Some(&organisation.tokens.client_id) {
            return Err("invalid_client");
        }
        if value("response_type").as_deref() != Some("code") {
            return Err("invalid_response_type");
        }
        let redirect_uri = value("redirect_uri").filter(|uri| is_registered(uri)).ok_or("invalid_redirect_uri")?;
        let scope =
            value("scope").filter(|scope| scope.split(',').all(|scope| scope.starts_with("Zoho"))).ok_or("invalid_scope")?;
        let challenge = value("code_challenge");
        if challenge.is_some() && value("code_challenge_method").as_deref() != Some("S256") {
            return Err("invalid_code_challenge_method");
        }
        Ok(Self { scope, redirect_uri, state: value("state"), challenge })
    }

    /// The address that the browser is sent to.
    pub fn decided(self, is_accepted: bool, organisation: &mut Organisation, base_url: &str) -> String {
        let mut answer = form_urlencoded::Serializer::new(String::new());
        if is_accepted {
            let (scope, redirect_uri, challenge) = (self.scope, Some(self.redirect_uri.clone()), self.challenge);
            let code =
                organisation.tokens.add_grant(Grant { scope, redirect_uri, challenge, expires: organisation.now() + CODE });
            answer.append_pair("code", &code).append_pair("location", "us").append_pair("accounts-server", base_url);
        } else {
            answer.append_pair("error", "access_denied");
        }
        if let Some(state) = &self.state {
            answer.append_pair("state", state);
        }
        let sign = if self.redirect_uri.contains('?') { '&' } else { '?' };
        format!("{}{sign}{}", self.redirect_uri, answer.finish())
    }
}

/// Every safe address counts as registered.
fn is_registered(uri: &str) -> bool {
    ["http://127.0.0.1", "http://localhost", "https://"].iter().any(|start| uri.starts_with(start))
}

impl Organisation {
    /// `POST /oauth/v2/token`. Errors are answers with status 200.
    pub fn token(&mut self, asked: &Asked, base_url: &str) -> Value {
        let now = self.now();
        self.meter.spend("token", 0, now);
        if let Some(code) = self.faults.token_error() {
            return json!({"error": code});
        }
        self.granted(&asked.query, base_url).unwrap_or_else(|error| json!({"error": error}))
    }

    fn granted(&mut self, given: &BTreeMap<String, String>, base_url: &str) -> Result<Value, &'static str> {
        let value = |name: &str| given.get(name).map(String::as_str);
        if value("client_id") != Some(&self.tokens.client_id) {
            return Err("invalid_client");
        }
        if value("client_secret") != Some(&self.tokens.client_secret) {
            return Err("invalid_client_secret");
        }
        let now = self.now();
        let (refresh, is_new) = match value("grant_type") {
            Some("authorization_code") => {
                let code = value("code").ok_or("invalid_code")?;
                (self.tokens.exchange(code, value("redirect_uri"), value("code_verifier"), now)?, true)
            }
            Some("refresh_token") => (value("refresh_token").ok_or("invalid_code")?.to_owned(), false),
            _ => return Err("unsupported_grant_type"),
        };
        let seconds = self.options.token_seconds;
        let access = self.tokens.add_access(&refresh, now, seconds).ok_or("invalid_code")?;
        let scope = self.tokens.scope_of_refresh(&refresh).unwrap_or_default().replace(',', " ");
        let mut answer = json!({"access_token": access, "scope": scope, "api_domain": base_url, "token_type": "Bearer", "expires_in": seconds});
        if is_new {
            answer["refresh_token"] = json!(refresh);
        }
        Ok(answer)
    }

    /// `POST /oauth/v2/token/revoke`
    pub fn revoked(&mut self, asked: &Asked) -> Value {
        let is_known = asked.parameter("token").is_some_and(|token| self.tokens.revoke(token));
        if is_known { json!({"status": "success"}) } else { json!({"error": "invalid_code", "status": "failure"}) }
    }
}

/// Whether scopes allow a call about a service and, for records, a module.
pub fn allows(scopes: &str, service: &str, module: Option<&str>, is_write: bool) -> bool {
    let verb = |verb: &str| {
        verb == "ALL" || (!is_write && verb == "READ") || (is_write && matches!(verb, "CREATE" | "UPDATE" | "DELETE" | "WRITE"))
    };
    scopes.split([',', ' ']).any(|scope| {
        let parts: Vec<&str> = scope.trim().split('.').collect();
        match parts[..] {
            ["ZohoCRM", "bulk", "backup", operation] => service == "backup" && verb(operation),
            ["ZohoFiles", of, operation] => of == service && verb(operation),
            ["ZohoCRM", of, operation] => of == service && verb(operation),
            ["ZohoCRM", of, name, operation] => {
                let is_meant =
                    module.is_none_or(|module| module.eq_ignore_ascii_case(name) || name == "custom" || service != "modules");
                of == service && is_meant && verb(operation)
            }
            _ => false,
        }
    })
}
