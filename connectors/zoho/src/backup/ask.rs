//! Asks Zoho for a backup, and for the links to one that is ready (Zoho CRM API v8, "Schedule Data Backup", "Get Data Backup Download
//! URLs").

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::backup_fault::BackupFault;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::domain::zoho::BackupChoice;
use hozon_shared::ports::SourceError;
use serde::{Deserialize, Serialize};

use super::staging::{Asked, Staging};
use crate::call::Call;
use crate::client::{Client, Failed};
use crate::errors::{ApiError, Unexpected};
use crate::values::text;

/// What the calls are about, in failures.
const ABOUT: &str = "Zoho's backups";
/// How long before their end links are not begun with any more.
const MARGIN: TimeDelta = TimeDelta::hours(6);
/// Seconds between two looks at a backup that Zoho is making.
const LOOK_EVERY: u64 = 120;
/// How long Zoho may take for a backup that it says it is making, or will make.
const LONGEST: TimeDelta = TimeDelta::days(3);
/// How long after a request nothing need be seen of it.
const UNSEEN: TimeDelta = TimeDelta::hours(1);

/// The links to a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Offered {
    /// Zips of data, and of attachments behind them.
    pub links: Vec<String>,
    /// When they end, as Zoho writes it.
    pub expiry: String,
}

impl Offered {
    /// Whether there is time to fetch all zips.
    pub(crate) fn works(&self, now: DateTime<Utc>) -> bool {
        self.expires().is_none_or(|expires| expires - MARGIN > now)
    }

    /// When the links end; `None` if Zoho does not say it in a form that is known.
    pub(crate) fn expires(&self) -> Option<DateTime<Utc>> {
        DateTime::parse_from_rfc3339(&self.expiry).ok().map(|expires| expires.to_utc())
    }
}

/// Returns the links to the newest backup that can be downloaded.
pub(crate) async fn offered(client: &Client) -> Result<Option<Offered>, SourceError> {
    let urls = client.try_call(Call::of_backup(ABOUT, "/urls")).await.map_err(refused)?.body["urls"].take();
    if urls.is_null() {
        return Ok(None);
    }
    let links = |name: &str| urls[name].as_array().cloned().unwrap_or_default();
    let all = links("data_links").into_iter().chain(links("attachment_links"));
    let links: Vec<String> = all.filter_map(|link| link.as_str().map(str::to_owned)).collect();
    if links.is_empty() {
        return Ok(None);
    }
    Ok(Some(Offered { links, expiry: text(&urls, "expiry_date").to_owned() }))
}

/// Returns the links to the backup that is taken over, or fails with `InProgress` as long as Zoho is making it. The links stay the same
/// for one backup of ours, whatever Zoho makes meanwhile.
pub(crate) async fn ready(client: &Client, staging: &Staging, choice: BackupChoice) -> Result<Offered, SourceError> {
    if let Some(chosen) = staging.document("chosen").await? {
        return Ok(chosen);
    }
    let offered = offered(client).await?;
    let chosen = match staging.document::<Asked>("asked").await? {
        Some(asked) => made(client, &asked, offered).await?,
        None => match offered {
            Some(offered) if choice == BackupChoice::Newest && offered.works(client.now()) => offered,
            offered => return Err(ask(client, staging, offered.map(|offered| offered.expiry)).await?),
        },
    };
    staging.set_document("chosen", &chosen).await?;
    Ok(chosen)
}

/// Asks for a backup. One that is being made already is as good as a new one. Returns the failure with which to wait.
async fn ask(client: &Client, staging: &Staging, before: Option<String>) -> Result<SourceError, SourceError> {
    let asked = Asked { at: client.now(), before };
    if status(client).await?.as_deref() != Some("INPROGRESS") {
        match client.try_call(Call::back_up(ABOUT)).await {
            Err(Failed::Api(error)) if is_in_progress(&error) => {}
            Err(failed) => return Err(refused(failed)),
            Ok(_) => {}
        }
    }
    staging.set_document("asked", &asked).await?;
    Ok(BackupFault::InProgress(LOOK_EVERY).into_error())
}

/// The links to the backup that was asked for.
async fn made(client: &Client, asked: &Asked, offered: Option<Offered>) -> Result<Offered, SourceError> {
    if let Some(offered) = offered.filter(|offered| asked.before.as_ref() != Some(&offered.expiry)) {
        return Ok(offered);
    }
    let waited = client.now() - asked.at;
    let longest = match status(client).await?.as_deref() {
        Some("FAILED") => TimeDelta::zero(),
        Some("INPROGRESS" | "SCHEDULED") => LONGEST,
        _ => UNSEEN,
    };
    let fault = if waited < longest { BackupFault::InProgress(LOOK_EVERY) } else { BackupFault::Failed };
    Err(fault.into_error())
}

async fn status(client: &Client) -> Result<Option<String>, SourceError> {
    let answer = client.try_call(Call::of_backup(ABOUT, "")).await.map_err(refused)?;
    Ok(answer.body["backup"]["status"].as_str().map(str::to_owned))
}

/// The time zone in which Zoho writes times; UTC where it does not say it.
pub(crate) async fn time_zone(client: &Client) -> Result<Option<Tz>, SourceError> {
    match client.try_call(Call::get(ABOUT, "org", &[])).await {
        Ok(answer) => Ok(answer.body["org"][0]["time_zone"].as_str().and_then(|zone| zone.parse().ok())),
        Err(Failed::Api(error)) if error.is_unknown() || error.is_forbidden() || error.is_out_of_scope() => Ok(None),
        Err(failed) => Err(failed.about(ABOUT)),
    }
}

fn is_in_progress(error: &ApiError) -> bool {
    matches!(error.code.as_str(), "INPROGRESS" | "BACKUP_INPROGRESS" | "BACKUP_IN_PROGRESS")
}

/// What a refusal means.
fn refused(failed: Failed) -> SourceError {
    let Failed::Api(error) = failed else { return failed.about(ABOUT) };
    let fault = match error.code.as_str() {
        "LIMIT_REACHED" | "LIMIT_EXCEEDED" => BackupFault::NoAllowance,
        "BACKUP_ALREADY_SCHEDULED" | "ALREADY_SCHEDULED" => BackupFault::Scheduled,
        _ if error.is_forbidden() => BackupFault::NotPermitted,
        _ => return error.about(ABOUT),
    };
    SourceError { kind: fault.into(), source: Some(Box::new(error)) }
}

/// A fault without a cause.
pub(crate) trait IntoError {
    fn into_error(self) -> SourceError;
}

impl IntoError for BackupFault {
    fn into_error(self) -> SourceError {
        SourceErrorKind::from(self).into()
    }
}

/// The file name in a link.
pub(crate) fn name_in(link: &str) -> Result<String, SourceError> {
    let path = link.split(['?', '#']).next().unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_plain = |name: &str| {
        name.len() <= 100
            && name.to_ascii_lowercase().ends_with(".zip")
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
    };
    if is_plain(name) { Ok(name.to_owned()) } else { Err(Unexpected("the name of a zip").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zip_has_the_name_in_its_link() {
        let name = |link: &str| name_in(link).ok();
        assert_eq!(name("https://download-accl.zoho.com/v2/crm/1/backup/2/Data_001.zip").as_deref(), Some("Data_001.zip"));
        assert_eq!(name("http://127.0.0.1:1/d/x/Attachments_002.zip?a=b/c.zip").as_deref(), Some("Attachments_002.zip"));
        for link in ["https://x/", "https://x/a%2F..%2Fb.zip", "https://x/Data_001.exe", ""] {
            assert_eq!(name(link), None, "{link}");
        }
    }

    #[test]
    fn links_that_end_soon_are_not_begun_with() {
        let offered = |expiry: &str| Offered { links: Vec::new(), expiry: expiry.to_owned() };
        let now = DateTime::from_timestamp(1_790_000_000, 0).expect("a time");
        let at = |hours: i64| (now + TimeDelta::hours(hours)).to_rfc3339();
        assert!(offered(&at(7)).works(now) && !offered(&at(5)).works(now) && !offered(&at(-1)).works(now));
        assert!(offered("soon").works(now));
    }

    #[test]
    fn refusals_say_what_is_to_be_done() {
        let code = |code: &str| refused(Failed::Api(ApiError { status: 400, code: code.to_owned() })).kind.code();
        assert_eq!(code("LIMIT_REACHED"), "SOURCE_BACKUP_LIMIT");
        assert_eq!(code("NO_PERMISSION"), "SOURCE_BACKUP_PERMISSION");
        assert_eq!(code("BACKUP_ALREADY_SCHEDULED"), "SOURCE_BACKUP_SCHEDULED");
        assert_eq!(code("OAUTH_SCOPE_MISMATCH"), "SOURCE_SCOPE");
    }
}
