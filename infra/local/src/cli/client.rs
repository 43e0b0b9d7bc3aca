//! An API client such as any script could have.

use anyhow::{Context, Result, bail};
use hozon::Local;
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Role;
use hozon_shared::domain::progress::{Amount, CaptureProgress};
use serde::Deserialize;
use serde_json::{Value, json};

use hozon::language::locale;

/// Calls the API as an organisation's administrator.
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// The newest backup, as in the summary.
#[derive(Deserialize)]
pub struct NewestBackup {
    pub status: String,
    /// When the links expire.
    pub expiry_date: String,
    /// Why the backup failed.
    pub failure: Option<BackupFailure>,
    pub progress: BackupProgress,
}

#[derive(Deserialize)]
pub struct BackupFailure {
    pub code: String,
    /// What went wrong, and what to do.
    pub message: String,
}

#[derive(Deserialize)]
pub struct BackupProgress {
    /// Work done so far.
    pub done: Amount,
    /// Total amount of work, once it is known.
    pub total: Option<Amount>,
    /// Estimated remaining time.
    pub seconds_left: Option<u64>,
    /// How far the CRM's database has been read, before the total is known.
    pub capture: Option<CaptureProgress>,
}

/// Links to a backup's files.
#[derive(Deserialize)]
pub struct Urls {
    pub data_links: Vec<String>,
    pub attachment_links: Vec<String>,
}

/// Error returned when no backup is left; the text comes from the API.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NothingLeft(String);

impl Client {
    /// Creates a client for this running program.
    pub fn new(local: &Local, org: OrgId) -> Result<Self> {
        Ok(Self::at(&local.url, local.token_in(org, Role::Administrator, locale())?))
    }

    /// Creates a client for the program at a URL. It runs on this machine, so the environment's proxy is ignored.
    pub fn at(url: &str, token: String) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap_or_default();
        Self { http, base: format!("{url}/crm/bulk/v8/backup"), token }
    }

    /// Requests a backup and returns its id. If a backup is already in progress, its id is returned.
    pub async fn back_up_now(&self, layout: Option<ArchiveLayout>) -> Result<String> {
        let asked = self.http.post(&self.base).bearer_auth(&self.token);
        let asked = match layout {
            Some(layout) => asked.json(&json!({ "backup": { "layout": layout.name() } })),
            None => asked,
        };
        let answer = asked.send().await?.json::<Value>().await?;
        let backup = &answer["backup"];
        match backup["code"].as_str() {
            Some("SUCCESS" | "INPROGRESS") => Ok(backup["details"]["id"].as_str().unwrap_or_default().to_owned()),
            Some("LIMIT_REACHED") => Err(NothingLeft(backup["message"].as_str().unwrap_or_default().to_owned()).into()),
            _ => bail!("{}", backup["message"].as_str().unwrap_or("the API gave no answer that is understood")),
        }
    }

    pub async fn schedule(&self, rule: &str) -> Result<()> {
        let body = json!({ "backup": { "rrule": rule } });
        let answer = self.http.post(&self.base).bearer_auth(&self.token).json(&body).send().await?.json::<Value>().await?;
        match answer["backup"]["code"].as_str() {
            Some("SUCCESS") => Ok(()),
            Some("LIMIT_REACHED") => Err(NothingLeft(answer["backup"]["message"].as_str().unwrap_or_default().to_owned()).into()),
            _ => bail!("{}", answer["backup"]["message"].as_str().unwrap_or("the API gave no answer that is understood")),
        }
    }

    /// Returns the newest backup.
    pub async fn newest(&self) -> Result<NewestBackup> {
        let mut answer = self.get("/summary").await?;
        serde_json::from_value(answer["summary"]["backup"].take()).context("the summary is not understood")
    }

    /// Returns links to the files of the newest backup that can be downloaded; `None` if there is none.
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
