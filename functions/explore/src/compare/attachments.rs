//! `GET backup/{id}/compare/{module}/attachments`: the attachments of a module that differ between two backups.

use axum::Json;
use axum::extract::{Path, State};
use hozon_shared::api::closed_sets::DifferenceKindName;
use hozon_shared::api::{Administrator, ApiError, NextPage, Params, read_page_token};
use hozon_shared::domain::differences::DifferenceKind;
use hozon_shared::domain::exploring::LookedAt;
use hozon_shared::domain::snapshot::StoredFile;
use hozon_shared::snapshots::file_pages::{FileDifference, differing_files};
use hozon_shared::snapshots::single_file::FoundFile;
use serde::Serialize;
use utoipa::ToSchema;

use super::opened_pair::OpenedPair;
use super::{ComparedPageQuery, PATIENCE};
use crate::ports::ExplorePorts;

#[derive(Serialize, ToSchema)]
pub struct ComparedAttachmentsEnvelope {
    attachments: Vec<ComparedAttachment>,
    info: NextPage,
}

/// An attachment that differs.
#[derive(Serialize, ToSchema)]
struct ComparedAttachment {
    id: String,
    /// A changed attachment has other content, another name, or belongs to another record.
    #[schema(value_type = DifferenceKindName)]
    change: DifferenceKind,
    /// Null for an added attachment.
    before: Option<ComparedFile>,
    /// Null for a deleted attachment.
    after: Option<ComparedFile>,
}

/// An attachment as one of two compared backups has it.
#[derive(Serialize, ToSchema)]
struct ComparedFile {
    /// Id of the record to which the file is attached.
    record: String,
    #[schema(example = "offer.pdf")]
    file_name: String,
    size: u64,
    /// SHA-256 in hexadecimal digits.
    sha256: String,
}

/// Lists the attachments of a module that were added, changed or deleted, in the order of their ids.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/{id}/compare/{module}/attachments",
    operation_id = "compare_attachments",
    tag = "explore",
    params(
        ("id" = String, Path, description = "The later backup"),
        ("module" = String, Path, description = "API name of the module"),
        ComparedPageQuery,
    ),
    responses((status = 200, description = "The attachments that differ", body = ComparedAttachmentsEnvelope)),
)]
pub async fn list(
    State(ports): State<ExplorePorts>,
    Administrator(caller): Administrator,
    Path((_version, id, module)): Path<(String, String, String)>,
    Params(query): Params<ComparedPageQuery>,
) -> Result<Json<ComparedAttachmentsEnvelope>, ApiError> {
    let per_page = query.per_page()?;
    let until = ports.clock.now() + PATIENCE;
    let pair = OpenedPair::open(&ports, caller.org, &id, query.with.as_deref()).await?;
    let before = pair.before.backup.id.to_string();
    let question = ["compare_attachments", &id, &before, &module];
    let mut place: Option<String> = read_page_token(&question, query.page_token.as_deref())?;
    let versions = pair.module(&ports, &module).await?;
    ports.look(&caller, pair.after.backup.id, LookedAt::Records { module: module.clone() }).await?;
    let runs = versions.each_ref().map(|version| version.as_ref().map_or(&[][..], |stored| &stored.files));
    let mut attachments = Vec::new();
    loop {
        let stores = (&*ports.objects, caller.org);
        let page =
            differing_files(stores, runs, place.as_deref(), per_page - attachments.len()).await.map_err(ApiError::unless_gone)?;
        attachments.extend(page.files.into_iter().filter_map(ComparedAttachment::new));
        place = page.next;
        if place.is_none() || attachments.len() >= per_page || ports.clock.now() >= until {
            break;
        }
    }
    Ok(Json(ComparedAttachmentsEnvelope { attachments, info: NextPage::at(&question, place)? }))
}

impl ComparedAttachment {
    fn new(FileDifference { kind, before, after }: FileDifference) -> Option<Self> {
        let id = after.as_ref().or(before.as_ref())?.file.attachment.id.clone();
        Some(Self { id, change: kind, before: before.map(ComparedFile::from), after: after.map(ComparedFile::from) })
    }
}

impl From<FoundFile> for ComparedFile {
    fn from(FoundFile { file: StoredFile { attachment, sha256, .. }, .. }: FoundFile) -> Self {
        Self { record: attachment.record_id, file_name: attachment.name, size: attachment.size, sha256 }
    }
}
