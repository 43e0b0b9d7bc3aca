//! The manifest of a Hozon backup and the documents next to it.

use hozon_shared::archive::manifest::{FORMAT, Manifest, VERSION};
use serde::Deserialize;

use super::error::ImportError;
use super::inputs::InputFile;

/// The field that identifies a Hozon manifest among other documents with that name.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: Option<u32>,
}

/// Parses a document as a manifest; `None` if it is not a Hozon manifest.
pub async fn manifest(document: &InputFile) -> Result<Option<Manifest>, ImportError> {
    let json = document.read().await?;
    let Ok(head) = serde_json::from_slice::<Head>(&json) else { return Ok(None) };
    if head.format != FORMAT {
        return Ok(None);
    }
    if let Some(version) = head.version.filter(|version| *version > VERSION) {
        return Err(ImportError::NewerFormat { file: document.name.clone(), version });
    }
    parsed(document, &json).map(Some)
}

/// Returns whether a file of a backup describes a module's fields, or the source.
pub fn is_field_document(path: &str) -> bool {
    ["fields/", "metadata/"].iter().any(|folder| path.starts_with(folder)) && path.ends_with(".json")
}

pub fn parsed<T: serde::de::DeserializeOwned>(file: &InputFile, json: &[u8]) -> Result<T, ImportError> {
    serde_json::from_slice(json).map_err(|source| ImportError::Document { file: file.name.clone(), source })
}
