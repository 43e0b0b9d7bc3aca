//! Downloads through a link that the console did not record. The console records a download when it hands out the link;
//! a link that was passed on is known only from the access log.

use chrono::{DateTime, TimeDelta, Utc};

use super::backup::Backup;
use super::change::Change;
use super::event::{Event, EventKind};
use super::id::{BackupId, EventId, OrgId};

/// A browser follows a link within moments of the click. Later requests come from a link that was passed on.
const CLICK: TimeDelta = TimeDelta::minutes(10);

/// A logged request for an object that was served by a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRequest {
    /// Object key.
    pub key: String,
    /// When the link was signed, to the second; `None` for a link without a query string, which the console never
    /// follows.
    pub signed: Option<DateTime<Utc>>,
    /// When the request was made, to the second.
    pub at: DateTime<Utc>,
    /// IP address of the client.
    pub address: String,
}

impl LinkRequest {
    /// The backup that the key may belong to; `None` for any other object.
    pub fn backup(&self) -> Option<(OrgId, BackupId)> {
        let mut parts = self.key.strip_prefix("archives/")?.split('/');
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    }

    /// Returns whether the request came soon enough after the signing of the link that a click may have caused it.
    pub fn may_follow_a_click(&self) -> bool {
        self.signed.is_some_and(|signed| self.at - signed < CLICK)
    }

    /// Returns whether the request used the link that was handed out for the given download event.
    pub fn follows(&self, event: &Event) -> bool {
        let EventKind::DownloadStarted { backup, file, address: None } = &event.what else { return false };
        let is_same_zip = self.backup().is_some_and(|(_, id)| id == *backup) && self.file() == file;
        let is_same_time = self.signed.is_some_and(|signed| event.at.timestamp() == signed.timestamp());
        is_same_zip && is_same_time && self.may_follow_a_click()
    }

    /// The time of the request, not earlier than the backup's completion. Logged times are cut to the second, which may
    /// have begun before the zip existed.
    pub fn time(&self, backup: &Backup) -> DateTime<Utc> {
        backup.finished.map_or(self.at, |finished| self.at.max(finished))
    }

    /// Records the download, once. All requests of a day for one zip with the same link and address count as one
    /// download, because clients fetch a file in ranges. Returns `None` if the backup has no such zip.
    pub fn record(&self, backup: &Backup, event: EventId) -> Option<Vec<Change>> {
        let file = backup.files.iter().find(|file| file.key == self.key)?.name.clone();
        let address = Some(self.address.clone());
        let what = EventKind::DownloadStarted { backup: backup.id, file, address };
        Some(vec![
            Change::Handled { message: self.download(), at: self.at },
            Change::Event(Event { id: event, at: self.time(backup), by: backup.requester.clone(), what }),
        ])
    }

    /// Name under which this download is recorded.
    fn download(&self) -> String {
        let link = self.signed.map_or("plain".to_owned(), |signed| signed.timestamp().to_string());
        format!("download/{}/{link}/{}/{}", self.key, self.address, self.at.date_naive())
    }

    fn file(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}
