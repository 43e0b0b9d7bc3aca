//! Signs download links, and records a download before handing out its link.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use hozon_shared::api::{Administrator, ApiError, LocalTime, Once, Params, local_time};
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind, Backup};
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::file_name::saved_as;
use hozon_shared::domain::id::{EventId, OrgId};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::plain_link::LinkedFile;
use hozon_shared::domain::remake::{Remake, RemakeStatus};
use hozon_shared::ports::{Change, ObjectRef};
use hozon_shared::stored::{as_stored, find_backup, stored_zips};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::ports::DownloadPorts;

/// Number of recent backups that are searched for one that can be downloaded.
const LOOK_BACK: usize = 20;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Chosen {
    /// The backup; defaults to the newest one that can be downloaded.
    backup_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct UrlsEnvelope {
    urls: Urls,
}

#[derive(Serialize, ToSchema)]
struct Urls {
    data_links: Vec<String>,
    attachment_links: Vec<String>,
    /// When the links expire.
    expiry_date: LocalTime,
}

/// Returns links to all files of the given backup, or of the newest one that can be downloaded.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/urls",
    operation_id = "get_urls",
    tag = "backups",
    params(Chosen),
    responses((status = 200, description = "The links", body = UrlsEnvelope), (status = 204, description = "No backup can be downloaded")),
)]
pub async fn all(
    State(ports): State<DownloadPorts>,
    Administrator(caller): Administrator,
    Params(chosen): Params<Chosen>,
) -> Result<Response, ApiError> {
    let now = ports.clock.now();
    let backups = match chosen.backup_id {
        Some(id) => vec![with_zips(find(&ports, caller.org, &id).await?)?],
        None => ports.store.backups(caller.org, LOOK_BACK).await?,
    };
    let stored = stored_zips(&*ports.objects, caller.org).await?;
    let mut backups = backups.into_iter().filter(|backup| backup.can_be_downloaded(now)).map(|backup| as_stored(backup, &stored));
    let Some(backup) = backups.find(|backup| !backup.files.is_empty()) else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let (mut data_links, mut attachment_links) = (Vec::new(), Vec::new());
    let links = LinkMaker { ports: &ports, organisation: &organisation, backup: &backup, now };
    for file in &backup.files {
        let link = links.plain_or_presigned(file).await?;
        match file.kind {
            ArchiveKind::Data => data_links.push(link),
            ArchiveKind::Attachments => attachment_links.push(link),
        }
    }
    let expiry_date = local_time(backup.expires(), organisation.time_zone);
    Ok(Json(UrlsEnvelope { urls: Urls { data_links, attachment_links, expiry_date } }).into_response())
}

#[derive(Serialize, ToSchema)]
pub struct DownloadEnvelope {
    download: Download,
}

#[derive(Serialize, ToSchema)]
struct Download {
    url: String,
    file_name: String,
    /// When the link expires.
    expiry_date: LocalTime,
}

/// Returns a link to one file, and records the download.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/{id}/files/{name}/actions/download",
    operation_id = "start_download",
    tag = "downloads",
    params(
        ("id" = String, Path, description = "The backup"),
        ("name" = String, Path, description = "The file, for example Data_001.zip"),
    ),
    responses((status = 200, description = "The link", body = DownloadEnvelope)),
)]
pub async fn one(
    State(ports): State<DownloadPorts>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id, name)): Path<(String, String, String)>,
) -> Result<Json<DownloadEnvelope>, ApiError> {
    let now = ports.clock.now();
    let backup = with_zips(find(&ports, caller.org, &id).await?)?;
    let backup = as_stored(backup, &stored_zips(&*ports.objects, caller.org).await?);
    let file = backup.files.iter().find(|file| file.name == name && backup.can_be_downloaded(now));
    let file = file.ok_or_else(ApiError::not_found)?;
    let organisation = ports.store.organisation(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let links = LinkMaker { ports: &ports, organisation: &organisation, backup: &backup, now };
    let url = links.presigned(file).await?;
    // A repeated call is the same download. It signs a new link, because links are not stored.
    if !once.is_repeat() {
        let started = download_started(&ports, &caller, &backup, file, now);
        let changes = [Some(started), once.answer_with_secret(StatusCode::OK)];
        ports.store.commit(caller.org, changes.into_iter().flatten().collect()).await?;
    }
    let download =
        Download { url, file_name: file.name.clone(), expiry_date: local_time(backup.expires(), organisation.time_zone) };
    Ok(Json(DownloadEnvelope { download }))
}

async fn find(ports: &DownloadPorts, org: OrgId, id: &str) -> Result<Backup, ApiError> {
    find_backup(&*ports.store, org, id).await?.ok_or_else(ApiError::not_found)
}

/// Fails if an erasure has deleted the zips of the backup, unless they were made anew.
fn with_zips(backup: Backup) -> Result<Backup, ApiError> {
    match &backup.remake {
        Some(Remake { status: RemakeStatus::Running, .. }) => Err(ApiError::zips_being_remade()),
        Some(Remake { status: RemakeStatus::Failed, failure, .. }) => Err(ApiError::zips_not_remade(failure.as_ref())),
        Some(Remake { status: RemakeStatus::Completed, .. }) | None => Ok(backup),
    }
}

/// Creates links to the files of one backup, valid until the backup expires.
struct LinkMaker<'a> {
    ports: &'a DownloadPorts,
    organisation: &'a Organisation,
    backup: &'a Backup,
    now: DateTime<Utc>,
}

impl LinkMaker<'_> {
    async fn presigned(&self, file: &ArchiveFile) -> Result<String, ApiError> {
        let valid = (self.backup.expires() - self.now).to_std().unwrap_or(Duration::ZERO);
        let name = saved_as(&self.organisation.name, self.organisation.time_zone, self.backup.created, &file.name);
        Ok(self.ports.links.sign(&ObjectRef::archives(&file.key), &name, self.now, valid).await?)
    }

    /// Returns a plain link where a server for them exists, otherwise a presigned one. Zoho's SDKs drop the query of
    /// a URL, or send a header with it that S3 rejects.
    async fn plain_or_presigned(&self, file: &ArchiveFile) -> Result<String, ApiError> {
        let plain = match LinkedFile::of_key(&file.key) {
            Some(linked) => self.ports.links.plain(&linked, self.now, self.backup.expires()).await?,
            None => None,
        };
        match plain {
            Some(link) => Ok(link),
            None => self.presigned(file).await,
        }
    }
}

fn download_started(ports: &DownloadPorts, caller: &Caller, backup: &Backup, file: &ArchiveFile, now: DateTime<Utc>) -> Change {
    let what = EventKind::DownloadStarted { backup: backup.id, file: file.name.clone(), address: None };
    Change::Event(Event { id: EventId(ports.ids.next(now)), at: now, by: caller.person.clone(), what })
}
