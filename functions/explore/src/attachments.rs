//! The attachments of one record, and links to single ones.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::{Administrator, ApiError, LocalTime, Once, local_time};
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::id::EventId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::ports::{Change, ObjectRef};
use hozon_shared::snapshots::single_file::{FoundFile, SINGLE_FILES, extract};
use hozon_shared::snapshots::stores::SnapshotStores;
use serde::Serialize;
use utoipa::ToSchema;

use crate::opened::OpenedBackup;
use crate::ports::ExplorePorts;
use crate::record::find;

/// How long a link works.
const LINK_LIFE: Duration = Duration::from_secs(15 * 60);

#[derive(Serialize, ToSchema)]
pub struct AttachmentsEnvelope {
    attachments: Vec<AttachmentOut>,
}

/// An attachment of a record.
#[derive(Serialize, ToSchema)]
struct AttachmentOut {
    id: String,
    #[schema(example = "offer.pdf")]
    file_name: String,
    size: u64,
    #[schema(example = "application/pdf")]
    content_type: String,
    /// When it was attached; null if the CRM does not say it.
    created_time: Option<LocalTime>,
    /// SHA-256 in hexadecimal digits.
    sha256: String,
    /// Whether a link can be made. Compressed files of more than 512 MiB are only in the backup's zips.
    downloadable: bool,
}

/// Lists the attachments of a record.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}/attachments",
    operation_id = "list_attachments",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The backup"),
        ("module" = String, Path, description = "API name of the module"),
        ("record" = String, Path, description = "Id of the record"),
    ),
    responses((status = 200, description = "The attachments", body = AttachmentsEnvelope)),
)]
pub async fn list(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, backup, api_name, record)): Path<(String, String, String, String)>,
) -> Result<Json<AttachmentsEnvelope>, ApiError> {
    let opened = OpenedBackup::open(&ports, caller.org, &backup).await?;
    let found = files_of(&ports, &opened, &api_name, &record).await?;
    let what = LookedAt::Record { module: api_name, record };
    ports.look(&caller, opened.backup.id, what).await?;
    let attachments = found.into_iter().map(|found| shown(found, &opened.organisation)).collect();
    Ok(Json(AttachmentsEnvelope { attachments }))
}

async fn files_of(ports: &ExplorePorts, opened: &OpenedBackup, api_name: &str, record: &str) -> Result<Vec<FoundFile>, ApiError> {
    let stored = opened.module(ports, api_name).await?;
    let reader = opened.reader(ports);
    let found = reader.attachments(&stored, record).await.map_err(ApiError::unless_gone)?;
    if found.is_empty() {
        find(&reader, &stored, record).await?;
    }
    Ok(found)
}

fn shown(found: FoundFile, organisation: &Organisation) -> AttachmentOut {
    let downloadable = found.can_be_extracted();
    let attachment = found.file.attachment;
    AttachmentOut {
        id: attachment.id,
        file_name: attachment.name,
        size: attachment.size,
        content_type: attachment.content_type,
        created_time: attachment.created.map(|at| local_time(at, organisation.time_zone)),
        sha256: found.file.sha256,
        downloadable,
    }
}

#[derive(Serialize, ToSchema)]
pub struct AttachmentLinkEnvelope {
    link: AttachmentLink,
}

#[derive(Serialize, ToSchema)]
struct AttachmentLink {
    url: String,
    file_name: String,
    /// When the link expires, 15 minutes after it was made.
    expiry_date: LocalTime,
}

/// Returns a link to one attachment, and records the download. The link works for 15 minutes.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/{id}/modules/{module}/records/{record}/attachments/{attachment}/actions/link",
    operation_id = "link_attachment",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The backup"),
        ("module" = String, Path, description = "API name of the module"),
        ("record" = String, Path, description = "Id of the record"),
        ("attachment" = String, Path, description = "Id of the attachment"),
    ),
    responses((status = 200, description = "The link", body = AttachmentLinkEnvelope)),
)]
pub async fn link(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, backup, api_name, record, attachment)): Path<(String, String, String, String, String)>,
) -> Result<Json<AttachmentLinkEnvelope>, ApiError> {
    let opened = OpenedBackup::open(&ports, caller.org, &backup).await?;
    let mut found = files_of(&ports, &opened, &api_name, &record).await?.into_iter();
    let found = found.rfind(|found| found.file.attachment.id == attachment).ok_or_else(ApiError::attachment_not_found)?;
    if !found.can_be_extracted() {
        return Err(ApiError::not_allowed(
            "The attachment is too large for a link of its own. Download the backup's attachments.",
        ));
    }
    let now = ports.clock.now();
    let event = EventId(ports.ids.next(now));
    let to = ObjectRef::archives(format!("{SINGLE_FILES}{}/{event}", caller.org));
    let stores = SnapshotStores { objects: ports.objects.clone(), uploads: ports.uploads.clone() };
    extract(&stores, caller.org, &found, &to).await.map_err(ApiError::unless_gone)?;
    let file = saved_name(&found.file.attachment.name);
    let url = ports.links.sign(&to, &file, now, LINK_LIFE).await?;
    // A repeated call is the same download. It signs a new link, because links are not stored.
    if !once.is_repeat() {
        let what = LookedAt::Attachment { module: api_name, record, file: found.file.attachment.name.clone() };
        let what = EventKind::Explored { backup: opened.backup.id, what };
        let event = Change::Event(Event { id: event, at: now, by: caller.person.clone(), what });
        let changes = [Some(event), once.answer_with_secret(StatusCode::OK)];
        ports.store.commit(caller.org, changes.into_iter().flatten().collect()).await?;
    }
    let expiry_date = local_time(now + LINK_LIFE, opened.organisation.time_zone);
    let link = AttachmentLink { url, file_name: found.file.attachment.name, expiry_date };
    Ok(Json(AttachmentLinkEnvelope { link }))
}

/// Returns a name under which a browser can save a file.
fn saved_name(name: &str) -> String {
    let is_refused = |letter: char| letter.is_control() || matches!(letter, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let name: String = name.chars().map(|letter| if is_refused(letter) { '_' } else { letter }).take(150).collect();
    if name.trim_matches(['.', ' ']).is_empty() { "attachment".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::saved_name;

    #[test]
    fn names_that_a_file_cannot_have_are_changed() {
        for (name, saved) in
            [("見積.pdf", "見積.pdf"), ("a/b\r\nc:\"d\".txt", "a_b__c__d_.txt"), ("..", "attachment"), ("", "attachment")]
        {
            assert_eq!(saved_name(name), saved);
        }
    }
}
