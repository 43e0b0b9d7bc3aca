//! Calls about the backups that the CRM makes of itself.

use std::ops::Range;

use chrono::SecondsFormat;
use serde_json::{Value, json};

use crate::asked::{Asked, FileReply, Replied, Reply};
use crate::backups::{LIFE, Made};
use crate::organisation::Organisation;
use crate::refusal::Refusal;

impl Organisation {
    /// `POST backup` with an empty body: back up now.
    pub fn ask_for_backup(&mut self, _: &Asked) -> Replied {
        let now = self.now();
        if self.backups.is_making(now) {
            return Err(refused("INPROGRESS", "A backup is in progress."));
        }
        if self.backups.is_scheduled {
            return Err(refused("BACKUP_ALREADY_SCHEDULED", "Backup is already scheduled."));
        }
        self.backups.left = self.backups.left.checked_sub(1).ok_or_else(|| refused("LIMIT_REACHED", "The limit is reached."))?;
        Ok(Reply::Created(json!({ "backup": {
            "code": "SUCCESS",
            "details": { "id": self.make_backup().to_string() },
            "message": "Backup scheduled successfully.",
            "status": "success",
        } })))
    }

    /// Begins a backup with what is given. Returns its id.
    pub fn make_backup(&mut self) -> u64 {
        let (id, ready) = (self.new_id(), self.now() + self.backups.takes);
        let zips = self.backups.zips.clone();
        self.backups.made.push(Made { id, ready, zips });
        id
    }

    /// `GET backup`.
    pub fn current_backup(&mut self, _: &Asked) -> Replied {
        let (now, backups) = (self.now(), &self.backups);
        let status = match (backups.is_making(now), backups.is_scheduled) {
            (true, _) => "INPROGRESS",
            (false, true) => "SCHEDULED",
            (false, false) => "COMPLETED",
        };
        let Some(made) = backups.made.last() else { return Ok(Reply::Empty) };
        let requester = json!({ "id": "1", "name": "Hanako", "zuid": "1" });
        Ok(Reply::Json(json!({ "backup": {
            "id": made.id.to_string(),
            "scheduled_date": Value::Null,
            "start_date": Value::Null,
            "rrule": Value::Null,
            "requester": requester,
            "status": status,
        } })))
    }

    /// `GET backup/urls`. The server adds its own address in front of the links.
    pub fn backup_urls(&mut self, asked: &Asked) -> Replied {
        let Some(made) = self.backups.newest_ready(self.now()) else { return Ok(Reply::Empty) };
        let base = format!("http://{}", asked.headers.get("host").map(String::as_str).unwrap_or_default());
        let links = |kind: &str| {
            let of_kind = made.zips.iter().filter(|(name, _)| name.starts_with(kind));
            of_kind.map(|(name, _)| format!("{base}/v2/crm/7573/backup/{}/{name}", made.id)).collect::<Vec<_>>()
        };
        let expiry_date = (made.ready + LIFE).to_rfc3339_opts(SecondsFormat::Secs, false);
        let urls = json!({ "data_links": links("Data"), "attachment_links": links("Attachments"), "expiry_date": expiry_date });
        Ok(Reply::Json(json!({ "urls": urls })))
    }

    /// A zip, or a range of it.
    pub fn backup_zip(&mut self, asked: &Asked) -> Replied {
        let (now, id) = (self.now(), asked.id(1)?);
        let gone = || Refusal::new(404, "RESOURCE_NOT_FOUND", "The file is not there.", json!({}));
        let made = self.backups.made.iter().find(|made| made.id == id && now < made.ready + LIFE).ok_or_else(gone)?;
        let (name, bytes) = made.zips.iter().find(|(name, _)| name == asked.part(2)).ok_or_else(gone)?;
        let size = bytes.len();
        let wanted = asked.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
        let is_whole = wanted.is_none();
        let range: Range<usize> = wanted.unwrap_or(0).min(size)..size;
        let file = FileReply { name: name.clone(), media_type: "application/zip", bytes: bytes[range.clone()].to_vec() };
        Ok(if is_whole { Reply::File(file) } else { Reply::Part { file, first: range.start, size } })
    }
}

fn refused(code: &str, message: &str) -> Refusal {
    Refusal { within: Some("backup"), ..Refusal::new(400, code, message, json!({})) }
}
