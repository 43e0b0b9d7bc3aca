//! A client of the API, as any script would be one.

use anyhow::{Context, Result, bail};
use hozon::Local;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Role;
use hozon_shared::domain::progress::Amount;
use serde::Deserialize;
use serde_json::{Value, json};

use hozon::language::locale;

/// Calls the API as an organisation's administrator.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// The newest backup, as the summary has it.
#[derive(Deserialize)]
pub struct Backup {
    /// Where it stands.
    pub status: String,
    /// When its links end.
    pub expiry_date: String,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// How far it is.
    pub progress: Progress,
}

/// Why a backup failed.
#[derive(Deserialize)]
pub struct Failure {
    /// The code.
    pub code: String,
    /// What went wrong and what to do.
    pub message: String,
}

/// How far a backup is.
#[derive(Deserialize)]
pub struct Progress {
    /// What is done.
    pub done: Amount,
    /// All of it, once it is known.
    pub total: Option<Amount>,
    /// Estimated seconds left.
    pub seconds_left: Option<u64>,
}

/// Links to a backup's files.
#[derive(Deserialize)]
pub struct Urls {
    /// Data zips.
    pub data_links: Vec<String>,
    /// Attachment zips.
    pub attachment_links: Vec<String>,
}

/// No backup is left to use; the text is the API's.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NothingLeft(String);

impl Client {
    /// A client of this running Hozon.
    pub fn new(local: &Local, org: OrgId) -> Result<Self> {
        Ok(Self::at(&local.url, local.token_in(org, Role::Administrator, locale())?))
    }

    /// A client of the Hozon at that address. It is on this machine, so no proxy of the environment is asked.
    pub fn at(url: &str, token: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { http, base: format!("{url}/crm/bulk/v8/backup"), token }
    }

    /// Asks for a backup now and gives its id; one that is being made already is taken as the answer.
    pub async fn back_up_now(&self) -> Result<String> {
        let answer = self.http.post(&self.base).bearer_auth(&self.token).send().await?.json::<Value>().await?;
        let backup = &answer["backup"];
        match backup["code"].as_str() {
            Some("SUCCESS" | "INPROGRESS") => Ok(backup["details"]["id"].as_str().unwrap_or_default().to_owned()),
            Some("LIMIT_REACHED") => Err(NothingLeft(backup["message"].as_str().unwrap_or_default().to_owned()).into()),
            _ => bail!("{}", backup["message"].as_str().unwrap_or("the API gave no answer that is understood")),
        }
    }

    /// Sets a schedule.
    pub async fn schedule(&self, rule: &str) -> Result<()> {
        let body = json!({ "backup": { "rrule": rule } });
        let answer = self.http.post(&self.base).bearer_auth(&self.token).json(&body).send().await?.json::<Value>().await?;
        match answer["backup"]["code"].as_str() {
            Some("SUCCESS") => Ok(()),
            Some("LIMIT_REACHED") => Err(NothingLeft(answer["backup"]["message"].as_str().unwrap_or_default().to_owned()).into()),
            _ => bail!("{}", answer["backup"]["message"].as_str().unwrap_or("the API gave no answer that is understood")),
        }
    }

    /// The newest backup.
    pub async fn newest(&self) -> Result<Backup> {
        let mut answer = self.get("/summary").await?;
        serde_json::from_value(answer["summary"]["backup"].take()).context("the summary is not understood")
    }

    /// Links to the files of the newest backup that can be downloaded; `None` when there is none.
    pub async fn newest_urls(&self) -> Result<Option<Urls>> {
        let answer = self.http.get(format!("{}/urls", self.base)).bearer_auth(&self.token).send().await?.error_for_status()?;
        if answer.status() == reqwest::StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let mut answer = answer.json::<Value>().await?;
        serde_json::from_value(answer["urls"].take()).map(Some).context("the links are not understood")
    }

    async fn get(&self, path: &str) -> Result<Value> {
        let answer = self.http.get(format!("{}{path}", self.base)).bearer_auth(&self.token).send().await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}
