//! Consents: an administrator lets this service read their organisation's Zoho CRM (RFC 6749, "Authorization Code Grant").

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::id::{ConnectionId, UserId};
use super::selection::Selection;
use super::zoho::{BackupChoice, DataCenter, ZohoEnvironment, ZohoSettings};

/// How long an administrator may take on Zoho's page.
pub const LIFE: TimeDelta = TimeDelta::minutes(10);

/// What backups read, and nothing that they could change (Zoho CRM API v8, "Scopes").
pub const SCOPES: [&str; 7] = [
    "ZohoCRM.modules.READ",
    "ZohoCRM.modules.attachments.READ",
    "ZohoCRM.settings.READ",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.bulk.READ",
    "ZohoCRM.coql.READ",
];

/// What taking over Zoho's own backups needs (Zoho CRM API v8, "Schedule Data Backup", "Download Backed up Data").
pub const BACKUP_SCOPES: [&str; 3] = ["ZohoCRM.org.READ", "ZohoCRM.bulk.backup.ALL", "ZohoFiles.files.ALL"];

/// What restores need besides reading: records and files of all modules, and the recycle bin (Zoho CRM API v8, "Scopes").
pub const WRITE_SCOPES: [&str; 9] = [
    "ZohoCRM.modules.ALL",
    "ZohoCRM.modules.attachments.ALL",
    "ZohoCRM.settings.READ",
    "ZohoCRM.settings.recycle_bin.READ",
    "ZohoCRM.settings.recycle_bin.UPDATE",
    "ZohoCRM.users.READ",
    "ZohoCRM.org.READ",
    "ZohoCRM.bulk.READ",
    "ZohoCRM.coql.READ",
];

/// What a consent is asked for: taking over backups, or reading by the API, with writing or without.
pub fn scopes(backup: Option<BackupChoice>, may_write: bool) -> &'static [&'static str] {
    match (backup, may_write) {
        (Some(_), _) => &BACKUP_SCOPES,
        (None, true) => &WRITE_SCOPES,
        (None, false) => &SCOPES,
    }
}

/// A consent that an administrator has been asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingConsent {
    /// Digest of the state, which only the asked browser knows.
    pub name: String,
    /// Who was asked. Nobody else may bring the answer.
    pub user: UserId,
    /// The connection as it will be.
    pub settings: ZohoSettings,
    /// Which of Zoho's own backups the connection takes; `None` if it reads by the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupChoice>,
    #[serde(flatten)]
    pub selection: Selection,
    /// Proves that the code is used by who has asked for it (RFC 7636, "code_verifier").
    pub verifier: String,
    /// Credentials with the secret of the administrator's own client; `None` for the operator's client.
    pub client: Option<ConnectionId>,
    /// End of its life, in Unix time.
    pub ends: i64,
}

impl PendingConsent {
    /// Name of the consent with that state.
    pub fn name(state: &str) -> String {
        hex::encode(Sha256::digest(state))
    }

    /// Whether an answer may still come.
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        now.timestamp() < self.ends
    }
}

/// A request for a consent.
pub struct ConsentRequest<'a> {
    /// Origin of Zoho's server for tokens.
    pub accounts: &'a str,
    pub client_id: &'a str,
    /// Where the browser brings the answer.
    pub redirect_uri: &'a str,
    pub state: &'a str,
    pub verifier: &'a str,
    pub scopes: &'a [&'a str],
}

impl ConsentRequest<'_> {
    /// Address of Zoho's page. Zoho gives a refresh token only for `offline`, and again only after another consent (Zoho
    /// Accounts, "Authorization Request"). Clients of the kinds "mobile" and "desktop" need the challenge; a server ignores
    /// parameters that it does not know (RFC 6749, section 3.1).
    pub fn address(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id)
            .append_pair("redirect_uri", self.redirect_uri)
            .append_pair("scope", &self.scopes.join(","))
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent")
            .append_pair("state", self.state)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("{}/oauth/v2/auth?{query}", self.accounts)
    }
}

/// Returns the data centre whose server for tokens an answer names, or the `asked` one if it names none. `None` for any server
/// that is not Zoho's: it would be given the client's secret. `instead` takes the place of Zoho's servers.
pub fn answered_by(
    asked: DataCenter,
    accounts_server: Option<&str>,
    location: Option<&str>,
    instead: Option<&str>,
) -> Option<DataCenter> {
    let named = match location {
        Some(name) => Some(DataCenter::named(name)?),
        None => None,
    };
    let Some(server) = accounts_server.map(|server| server.trim_end_matches('/')) else { return Some(named.unwrap_or(asked)) };
    if Some(server) == instead {
        return Some(named.unwrap_or(asked));
    }
    let found = DataCenter::ALL.into_iter().find(|known| known.accounts() == server)?;
    named.is_none_or(|named| named == found).then_some(found)
}

/// Zoho's answer to a code.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct GrantAnswer {
    pub access_token: Option<String>,
    pub refresh_token: Option<String>,
    pub api_domain: Option<String>,
    /// Zoho's refusals come with status 200.
    pub error: Option<String>,
}

impl GrantAnswer {
    /// Returns the settings of the organisation that has consented, which may be in another place than was asked for: what
    /// counts is where its API is. `None` if it is not one of Zoho's, or in another data centre than the server that has answered.
    pub fn place(&self, answered: ZohoSettings, instead: Option<&str>) -> Option<ZohoSettings> {
        let Some(domain) = self.api_domain.as_deref().map(|domain| domain.trim_end_matches('/')) else { return Some(answered) };
        if instead.is_some() {
            return (Some(domain) == instead).then_some(answered);
        }
        let settings = |environment| ZohoSettings { environment, ..answered.clone() };
        ZohoEnvironment::ALL.into_iter().map(settings).find(|settings| settings.servers(None).api == domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_asks_for_what_reading_needs_and_proves_nothing_yet() {
        let request = ConsentRequest {
            accounts: "https://accounts.zoho.jp",
            client_id: "1000.A",
            redirect_uri: "https://backup.example/",
            state: "s",
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
            scopes: scopes(None, false),
        };
        let address = request.address();
        assert!(address.starts_with("https://accounts.zoho.jp/oauth/v2/auth?response_type=code&client_id=1000.A&"), "{address}");
        // RFC 7636, appendix B.
        assert!(address.contains("&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&"), "{address}");
        assert!(!address.contains(request.verifier));
        assert!(SCOPES.iter().all(|scope| scope.ends_with(".READ")));
        assert_ne!(scopes(None, true), scopes(None, false));
        assert_eq!(scopes(Some(BackupChoice::Newest), true), BACKUP_SCOPES);
    }

    #[test]
    fn only_zohos_own_servers_get_a_code() {
        use DataCenter::{Eu, Jp, Us};
        let by = |server: Option<&str>, location: Option<&str>| answered_by(Jp, server, location, None);
        assert_eq!(by(None, None), Some(Jp));
        assert_eq!(by(Some("https://accounts.zoho.eu"), Some("eu")), Some(Eu));
        assert_eq!(by(Some("https://accounts.zoho.eu/"), None), Some(Eu));
        assert_eq!(by(Some("https://accounts.zoho.eu"), Some("us")), None);
        for server in
            ["https://accounts.zoho.eu.evil.example", "http://accounts.zoho.eu", "https://evil.example", "", "http://127.0.0.1:1"]
        {
            assert_eq!(by(Some(server), None), None, "{server}");
        }
        assert_eq!(by(None, Some("mars")), None);
        let instead = Some("http://127.0.0.1:1");
        assert_eq!(answered_by(Jp, instead, Some("us"), instead), Some(Us));
        assert_eq!(answered_by(Jp, Some("http://127.0.0.1:2"), Some("us"), instead), None);
    }

    #[test]
    fn an_organisation_is_where_its_api_is() {
        let place = |domain: &str, instead: Option<&str>| {
            let answer: GrantAnswer = serde_json::from_value(serde_json::json!({ "api_domain": domain })).expect("an answer");
            answer.place(ZohoSettings::of(DataCenter::Eu), instead).map(|settings| settings.environment)
        };
        assert_eq!(place("https://www.zohoapis.eu", None), Some(ZohoEnvironment::Production));
        assert_eq!(place("https://sandbox.zohoapis.eu", None), Some(ZohoEnvironment::Sandbox));
        assert_eq!(place("https://www.zohoapis.com", None), None);
        assert_eq!(place("https://evil.example", None), None);
        assert_eq!(place("http://127.0.0.1:1", Some("http://127.0.0.1:1")), Some(ZohoEnvironment::Production));
        assert_eq!(place("https://www.zohoapis.eu", Some("http://127.0.0.1:1")), None);
    }
}
