//! What a mail says, before it becomes text or HTML.

use std::time::Duration;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::backup::{ArchiveKind, Backup};
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::file_name::saved_as;
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::ports::{ObjectRef, PortError, Ports};

use crate::words;

/// One mail's contents, in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its language.
    pub locale: Locale,
    /// The subject, which is the heading too.
    pub subject: String,
    /// What happened and what to do.
    pub paragraphs: Vec<String>,
    /// Links with their labels.
    pub links: Vec<(String, String)>,
    /// Why this was sent.
    pub footer: String,
}

impl Letter {
    /// Writes about an event. Links to a ready backup's files work for the time left until seven days after its creation.
    pub async fn about(ports: &Ports, organisation: &Organisation, event: &Event, locale: Locale) -> Result<Self, PortError> {
        let zone = organisation.time_zone;
        let (subject, paragraphs) = words::say(&event.what, zone, locale);
        let links = match &event.what {
            EventKind::BackupReady { backup, .. } => links(ports, organisation, *backup, locale).await?,
            _ => Vec::new(),
        };
        let footer = words::footer(&organisation.name, &written(event.at, zone, locale), locale);
        Ok(Self { locale, subject, paragraphs, links, footer })
    }
}

async fn links(
    ports: &Ports,
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

/// Bytes as people read them: `12.3 MB`, by powers of 1,000 as file managers have them.
fn size(bytes: u64) -> String {
    let mut rest = bytes as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if rest < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{rest:.1} {unit}") };
        }
        rest /= 1000.0;
    }
    format!("{rest:.1} TB")
}

/// Writes a time as a reader of that language expects it: `Monday, 30 November 2026, 04:00 (Asia/Tokyo)`.
pub fn written(at: DateTime<Utc>, zone: Tz, locale: Locale) -> String {
    let local = at.with_timezone(&zone);
    match locale {
        Locale::En => format!("{} ({zone})", local.format("%A, %-d %B %Y, %H:%M")),
        Locale::Ja => {
            let day = ["日", "月", "火", "水", "木", "金", "土"][local.weekday().num_days_from_sunday() as usize];
            format!("{}({day}) {} ({zone})", local.format("%Y年%-m月%-d日"), local.format("%H:%M"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_are_written_as_readers_expect() {
        let at = "2026-11-29T19:00:00Z".parse().expect("a time");
        assert_eq!(written(at, Tz::Asia__Tokyo, Locale::En), "Monday, 30 November 2026, 04:00 (Asia/Tokyo)");
        assert_eq!(written(at, Tz::Asia__Tokyo, Locale::Ja), "2026年11月30日(月) 04:00 (Asia/Tokyo)");
        assert_eq!([999, 1000, 12_345_678, 5_000_000_000_000].map(size), ["999 B", "1.0 kB", "12.3 MB", "5.0 TB"]);
    }
}
