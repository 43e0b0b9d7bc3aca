//! Contents of a mail, independent of text or HTML.

use std::time::Duration;

use chrono::{DateTime, Utc};
use hozon_shared::domain::backup::{ArchiveKind, Backup};
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::file_name::saved_as;
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::ports::{ObjectRef, PortError};

use crate::figures::{size, written};
use crate::ports::NotifyPorts;
use crate::words;

/// Contents of one mail in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub locale: Locale,
    /// The subject, which is also the heading.
    pub subject: String,
    /// What happened and what to do.
    pub paragraphs: Vec<String>,
    /// Links with their labels.
    pub links: Vec<(String, String)>,
    /// Why the recipient gets this mail.
    pub footer: String,
}

impl Letter {
    /// Writes the mail about an event, with these links.
    pub fn about(organisation: &Organisation, event: &Event, locale: Locale, links: Vec<(String, String)>) -> Self {
        let zone = organisation.time_zone;
        let (subject, paragraphs) = words::mail(&event.what, zone, locale);
        let footer = words::footer(&organisation.name, &written(event.at, zone, locale), locale);
        Self { locale, subject, paragraphs, links, footer }
    }
}

/// Returns the links to the files of a completed backup, with their labels. They expire seven days after the
/// zips were made.
pub async fn links(
    ports: &NotifyPorts,
    organisation: &Organisation,
    event: &Event,
    locale: Locale,
) -> Result<Vec<(String, String)>, PortError> {
    match &event.what {
        EventKind::BackupReady { backup, .. } | EventKind::LinksEnding { backup, .. } => {
            links_of(ports, organisation, *backup, locale).await
        }
        _ => Ok(Vec::new()),
    }
}

async fn links_of(
    ports: &NotifyPorts,
    organisation: &Organisation,
    id: BackupId,
    locale: Locale,
) -> Result<Vec<(String, String)>, PortError> {
    let now = ports.clock.now();
    let backup = ports.store.backup(organisation.id, id).await?;
    let Some(backup) = backup.filter(|backup| backup.can_be_downloaded(now)) else { return Ok(Vec::new()) };
    let mut links = Vec::new();
    for file in &backup.files {
        let name = saved_as(&organisation.name, organisation.time_zone, backup.created, &file.name);
        let url = ports.links.sign(&ObjectRef::archives(&file.key), &name, now, valid(&backup, now)).await?;
        let what = match (file.kind, locale) {
            (ArchiveKind::Data, Locale::En) => "records",
            (ArchiveKind::Attachments, Locale::En) => "attachments",
            (ArchiveKind::Data, Locale::Ja) => "データ",
            (ArchiveKind::Attachments, Locale::Ja) => "添付ファイル",
        };
        links.push((format!("{} ({what}, {})", file.name, size(file.size)), url));
    }
    Ok(links)
}

fn valid(backup: &Backup, now: DateTime<Utc>) -> Duration {
    (backup.expires() - now).to_std().unwrap_or(Duration::ZERO)
}
