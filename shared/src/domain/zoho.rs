//! Connections to Zoho CRM: where its API is, and how much of it a backup may use.

use serde::{Deserialize, Serialize};

/// Maximum length of a client id, in bytes.
const LONGEST_CLIENT_ID: usize = 200;
/// Maximum length of the API name of a field, in bytes.
const LONGEST_FIELD_NAME: usize = 100;

/// How a Zoho CRM organisation is reached. The client's secret and the refresh token are credentials, and kept apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZohoSettings {
    pub data_center: DataCenter,
    #[serde(default)]
    pub environment: ZohoEnvironment,
    /// OAuth client that the administrator has registered; `None` for the operator's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Name of the organisation, as Zoho gave it with the consent. For people only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Share of the organisation's API credits that backups may use in 24 hours, in percent.
    pub credit_share: u8,
    /// Number of API calls that backups make at a time.
    pub calls_at_once: u8,
    /// Whether consents are asked for that cover writing, which restores need.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_write: bool,
    /// API name of a text field that takes the id that a record had before a restore created it again. Modules without such a field do
    /// without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl ZohoSettings {
    /// Share of the credits if none is chosen, in percent: other programs need the rest.
    pub const DEFAULT_CREDIT_SHARE: u8 = 50;
    /// Calls at a time if no number is chosen: those of the smallest edition (Zoho CRM API v8, "API Limits").
    pub const DEFAULT_CALLS_AT_ONCE: u8 = 5;
    /// Maximum number of calls at a time: those of the largest edition (Zoho CRM API v8, "API Limits").
    pub const MAX_CALLS_AT_ONCE: u8 = 25;

    /// Settings of a data centre with everything else by default.
    pub fn of(data_center: DataCenter) -> Self {
        Self {
            data_center,
            environment: ZohoEnvironment::Production,
            client_id: None,
            organisation: None,
            credit_share: Self::DEFAULT_CREDIT_SHARE,
            calls_at_once: Self::DEFAULT_CALLS_AT_ONCE,
            may_write: false,
            external_id: None,
        }
    }

    /// Checks what a person has entered. Returns the setting at fault.
    pub fn validate(&self) -> Result<(), &'static str> {
        let is_client_id =
            |id: &String| (1..=LONGEST_CLIENT_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if !self.client_id.as_ref().is_none_or(is_client_id) {
            return Err("client_id");
        }
        if !(1..=100).contains(&self.credit_share) {
            return Err("credit_share");
        }
        if !(1..=Self::MAX_CALLS_AT_ONCE).contains(&self.calls_at_once) {
            return Err("calls_at_once");
        }
        // It is put into queries.
        let is_name = |name: &String| {
            name.len() <= LONGEST_FIELD_NAME && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if !self.external_id.as_ref().is_none_or(|name| !name.is_empty() && is_name(name)) {
            return Err("external_id");
        }
        Ok(())
    }

    /// Whether credentials for one of the two may be used for the other: the same client at the same data centre.
    pub fn is_same_login(&self, other: &Self) -> bool {
        let login = |settings: &Self| (settings.data_center, settings.environment, settings.client_id.clone());
        login(self) == login(other)
    }

    /// Address for people.
    pub fn shown(&self) -> String {
        let host = self.data_center.web_host();
        self.organisation.as_ref().map_or_else(|| host.to_owned(), |name| format!("{name} ({host})"))
    }

    /// Where the API is. `instead` takes the place of Zoho's own servers.
    pub fn servers(&self, instead: Option<&str>) -> ZohoServers {
        if let Some(url) = instead {
            return ZohoServers { accounts: url.to_owned(), api: url.to_owned() };
        }
        let api = format!("https://{}.{}", self.environment.host(), self.data_center.api_domain());
        ZohoServers { accounts: self.data_center.accounts().to_owned(), api }
    }
}

/// How Zoho CRM's own backups are reached, and which of them is taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZohoBackupSettings {
    #[serde(flatten)]
    pub login: ZohoSettings,
    #[serde(default)]
    pub backup: BackupChoice,
}

/// Which of Zoho's own backups a backup takes over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupChoice {
    /// The newest one whose links work; a new one if there is none.
    #[default]
    Newest,
    /// A new one each time.
    New,
}

impl BackupChoice {
    /// Returns the choice by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Newest, Self::New].into_iter().find(|known| known.name() == name)
    }

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::New => "new",
        }
    }
}

/// Origins of Zoho's servers, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZohoServers {
    /// Gives tokens.
    pub accounts: String,
    /// Serves `/crm`.
    pub api: String,
}

/// Zoho's data centres. An organisation is in one of them, and its tokens are worth nothing in another (Zoho CRM API v8, "Multi-DC").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataCenter {
    Us,
    Eu,
    In,
    Jp,
    Au,
    Cn,
    Sa,
    Ca,
}

impl DataCenter {
    pub const ALL: [Self; 8] = [Self::Us, Self::Eu, Self::In, Self::Jp, Self::Au, Self::Cn, Self::Sa, Self::Ca];

    /// Returns the data centre by its name, which is also that of the `location` of a consent.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Us => "us",
            Self::Eu => "eu",
            Self::In => "in",
            Self::Jp => "jp",
            Self::Au => "au",
            Self::Cn => "cn",
            Self::Sa => "sa",
            Self::Ca => "ca",
        }
    }

    /// Origin of the server that gives tokens.
    pub fn accounts(self) -> &'static str {
        match self {
            Self::Us => "https://accounts.zoho.com",
            Self::Eu => "https://accounts.zoho.eu",
            Self::In => "https://accounts.zoho.in",
            Self::Jp => "https://accounts.zoho.jp",
            Self::Au => "https://accounts.zoho.com.au",
            Self::Cn => "https://accounts.zoho.com.cn",
            Self::Sa => "https://accounts.zoho.sa",
            Self::Ca => "https://accounts.zohocloud.ca",
        }
    }

    fn api_domain(self) -> &'static str {
        match self {
            Self::Us => "zohoapis.com",
            Self::Eu => "zohoapis.eu",
            Self::In => "zohoapis.in",
            Self::Jp => "zohoapis.jp",
            Self::Au => "zohoapis.com.au",
            Self::Cn => "zohoapis.com.cn",
            Self::Sa => "zohoapis.sa",
            Self::Ca => "zohoapis.ca",
        }
    }

    /// Domain of the servers from which files are downloaded, for example `download-accl.zoho.eu`.
    pub fn download_domain(self) -> &'static str {
        self.web_host().trim_start_matches("crm.")
    }

    /// Host on which people use the CRM.
    pub fn web_host(self) -> &'static str {
        match self {
            Self::Us => "crm.zoho.com",
            Self::Eu => "crm.zoho.eu",
            Self::In => "crm.zoho.in",
            Self::Jp => "crm.zoho.jp",
            Self::Au => "crm.zoho.com.au",
            Self::Cn => "crm.zoho.com.cn",
            Self::Sa => "crm.zoho.sa",
            Self::Ca => "crm.zohocloud.ca",
        }
    }
}

/// Which copy of an organisation's CRM is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZohoEnvironment {
    #[default]
    Production,
    Sandbox,
    Developer,
}

impl ZohoEnvironment {
    pub const ALL: [Self; 3] = [Self::Production, Self::Sandbox, Self::Developer];

    /// Returns the environment by its name in the API.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }

    /// Name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Sandbox => "sandbox",
            Self::Developer => "developer",
        }
    }

    fn host(self) -> &'static str {
        match self {
            Self::Production => "www",
            Self::Sandbox => "sandbox",
            Self::Developer => "developer",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_data_center_has_its_own_servers() {
        let servers = |name: &str| ZohoSettings::of(DataCenter::named(name).expect(name)).servers(None);
        let of = |accounts: &str, api: &str| ZohoServers { accounts: accounts.to_owned(), api: api.to_owned() };
        assert_eq!(servers("jp"), of("https://accounts.zoho.jp", "https://www.zohoapis.jp"));
        assert_eq!(servers("ca"), of("https://accounts.zohocloud.ca", "https://www.zohoapis.ca"));
        assert_eq!(DataCenter::named("mars"), None);
        let sandbox = ZohoSettings { environment: ZohoEnvironment::Sandbox, ..ZohoSettings::of(DataCenter::Eu) };
        assert_eq!(sandbox.servers(None).api, "https://sandbox.zohoapis.eu");
        assert_eq!(sandbox.servers(Some("http://127.0.0.1:1")), of("http://127.0.0.1:1", "http://127.0.0.1:1"));
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let good = ZohoSettings::of(DataCenter::Us);
        assert_eq!(good.validate(), Ok(()));
        assert_eq!(ZohoSettings { credit_share: 0, ..good.clone() }.validate(), Err("credit_share"));
        assert_eq!(ZohoSettings { calls_at_once: 26, ..good.clone() }.validate(), Err("calls_at_once"));
        let client_id = |id: &str| ZohoSettings { client_id: Some(id.to_owned()), ..good.clone() }.validate();
        let external_id = |name: &str| ZohoSettings { external_id: Some(name.to_owned()), ..good.clone() }.validate();
        assert_eq!((external_id("Old_Id"), external_id("a' or 'b")), (Ok(()), Err("external_id")));
        assert_eq!((client_id("1000.ABC"), client_id(""), client_id("a b")), (Ok(()), Err("client_id"), Err("client_id")));
    }
}
