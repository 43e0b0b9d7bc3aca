//! Writes files back: attachments, links and photos (Zoho CRM API v8, "Upload an Attachment", "Upload a Photo").

use futures_util::TryStreamExt;
use hozon_shared::domain::writing::{Refusal, WriteOutcome};
use hozon_shared::ports::{FileBytes, FileWrite, SourceBytes, SourceError};
use sha2::{Digest, Sha256};

use super::described::WrittenTable;
use super::results::RecordResult;
use crate::attachments::of_record;
use crate::call::{Call, Upload};
use crate::client::Client;
use crate::columns::ColumnKind;
use crate::errors::{ApiError, Unexpected};

/// Largest shortcut.
const SHORTCUT: u64 = 8 << 10;
/// What a shortcut begins with.
const SHORTCUT_HEAD: &str = "[InternetShortcut]";

/// Writes a file of a record, which has that id now.
pub(super) async fn write(
    client: &Client,
    table: &WrittenTable,
    record: &str,
    file: &FileWrite,
) -> Result<WriteOutcome, SourceError> {
    let module = table.table.api_name.as_str();
    if file.id.starts_with("photo-") {
        return photo(client, table, record, file).await;
    }
    let (Ok(id), Ok(number)) = (file.id.parse::<u64>(), record.parse::<u64>()) else {
        return in_field(client, module, record, file).await;
    };
    let link = link_in(file).await?;
    for attached in of_record(client, module, number).await? {
        let is_same = match (&attached.link, &link) {
            (Some(there), Some(wanted)) => there == wanted,
            (None, None) if attached.name == file.name && attached.size == Some(file.size) => {
                let path = format!("{module}/{record}/Attachments/{}", attached.id);
                hash_of(client, Call::get(module, &path, &[])).await?.as_ref() == Some(&file.hashes.wanted)
            }
            _ => false,
        };
        // Attachments never change.
        if attached.id == id || is_same {
            return Ok(WriteOutcome::AlreadyThere);
        }
    }
    let path = format!("{module}/{record}/Attachments");
    let name = file.name.strip_suffix(".url").unwrap_or(&file.name);
    match link {
        Some(link) => send(client, Call::upload(module, &path, &[("attachmentUrl", &link), ("title", name)], None)).await,
        None => send(client, Call::upload(module, &path, &[], Some(&upload(file)))).await,
    }
}

fn upload(file: &FileWrite) -> Upload {
    Upload { name: file.name.clone(), bytes: file.bytes.clone() }
}

/// Looks whether a file is in a field of its record. If not, the API does not say in which field it was.
async fn in_field(client: &Client, module: &str, record: &str, file: &FileWrite) -> Result<WriteOutcome, SourceError> {
    let unsupported = WriteOutcome::Refused { reason: Refusal::Unsupported };
    let Some((_, id)) = file.id.strip_prefix("field-").and_then(|id| id.split_once('-')) else { return Ok(unsupported) };
    let path = format!("{module}/{record}/actions/download_fields_attachment");
    let now = hash_of(client, Call::get(module, &path, &[("fields_attachment_id", id)])).await?;
    Ok(now.map_or(unsupported, |now| file.hashes.leave(Some(&now)).unwrap_or(WriteOutcome::ChangedMeanwhile)))
}

/// Sets a record's photo, unless it has another one.
async fn photo(client: &Client, table: &WrittenTable, record: &str, file: &FileWrite) -> Result<WriteOutcome, SourceError> {
    let module = table.table.api_name.as_str();
    if !table.table.columns.iter().any(|column| column.kind == ColumnKind::Photo) {
        return Ok(WriteOutcome::Refused { reason: Refusal::Unsupported });
    }
    let path = format!("{module}/{record}/photo");
    let now = hash_of(client, Call::get(module, &path, &[])).await?;
    match file.hashes.leave(now.as_deref()) {
        Some(left) => Ok(left),
        None => send(client, Call::upload(module, &path, &[], Some(&upload(file)))).await,
    }
}

async fn send(client: &Client, call: Call<'_>) -> Result<WriteOutcome, SourceError> {
    let about = call.about;
    match client.results(call).await {
        Ok(results) => {
            let result = results.first().map(RecordResult::of).ok_or(Unexpected("what became of a file"))?;
            let is_done = results.first().is_some_and(|result| result["status"] == "success");
            Ok(if is_done { WriteOutcome::Written { new_id: result.written } } else { result.refusal() })
        }
        Err(failed) => {
            let is_refused = |error: &ApiError| !error.is_passing() && !error.is_about_token() && !error.is_out_of_scope();
            let error = failed.filter(is_refused).map_err(|failed| failed.about(about))?;
            let reason = match error.code.as_str() {
                _ if error.is_forbidden() => Refusal::NoPermission,
                "INVALID_DATA" | "RESOURCE_NOT_FOUND" => Refusal::Reference { rule: None },
                code => Refusal::Other { code: code.to_owned() },
            };
            Ok(WriteOutcome::Refused { reason })
        }
    }
}

/// SHA-256 of a file that is there; `None` if none is.
async fn hash_of(client: &Client, call: Call<'_>) -> Result<Option<String>, SourceError> {
    let about = call.about;
    match client.download(call).await {
        Ok(bytes) => hash(bytes).await.map(Some),
        Err(failed) => {
            const GONE: [&str; 4] = ["DOWNLOAD_NOT_ALLOWED", "INVALID_DATA", "NOT_FOUND", "RESOURCE_NOT_FOUND"];
            let is_gone = |error: &ApiError| error.status == 404 || GONE.contains(&error.code.as_str());
            failed.filter(is_gone).map_err(|failed| failed.about(about))?;
            Ok(None)
        }
    }
}

async fn hash(mut bytes: SourceBytes) -> Result<String, SourceError> {
    let mut hash = Sha256::new();
    while let Some(piece) = bytes.try_next().await? {
        hash.update(&piece);
    }
    Ok(hex::encode(hash.finalize()))
}

/// The address in a link that a backup keeps as a shortcut; `None` if the file is none.
async fn link_in(file: &FileWrite) -> Result<Option<String>, SourceError> {
    if !file.name.ends_with(".url") || file.size > SHORTCUT {
        return Ok(None);
    }
    let text = String::from_utf8(whole(&file.bytes).await?).unwrap_or_default();
    let address = text.lines().find_map(|line| line.strip_prefix("URL=")).map(str::to_owned);
    Ok(address.filter(|_| text.starts_with(SHORTCUT_HEAD)))
}

async fn whole(bytes: &FileBytes) -> Result<Vec<u8>, SourceError> {
    let (mut pieces, mut whole) = (bytes.read(), Vec::new());
    while let Some(piece) = pieces.try_next().await? {
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}
