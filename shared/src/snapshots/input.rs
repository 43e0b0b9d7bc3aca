//! What a writer is given: the description of a module, and attachments.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::{StreamExt, stream};

use crate::domain::crm::{Attachment, DataCategory, Field, Module};
use crate::domain::structure::Structure;
use crate::ports::{ErrorKind, ObjectBody, PortError};

/// Description of a module without its contents.
#[derive(Debug, Clone)]
pub struct ModuleHead {
    /// API name.
    pub api_name: String,
    /// Display name.
    pub label: String,
    /// Position among the organisation's modules.
    pub order: u32,
    /// Category of the data. Only what backups contain is stored.
    pub contents: DataCategory,
    /// Fields in order. Every row has one cell per field.
    pub fields: Vec<Field>,
    /// API names of the fields that identify a row; none if nothing does.
    pub key: Vec<String>,
    /// What making the table again needs, if the source says it.
    pub structure: Option<Structure>,
}

impl From<&Module> for ModuleHead {
    /// Describes a stored version, for the next one.
    fn from(stored: &Module) -> Self {
        let Module { api_name, label, order, contents, fields, key, structure, .. } = stored.clone();
        Self { api_name, label, order, contents, fields, key, structure }
    }
}

/// An attachment to store. The writer determines its size.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// Id, unique within the module.
    pub id: String,
    /// Id of the record that it belongs to.
    pub record_id: String,
    /// Display name of that record; empty if it has none.
    pub record_name: String,
    /// File name as the user gave it.
    pub name: String,
    /// Media type.
    pub content_type: String,
    /// Time at which it was attached, if the source says it.
    pub created: Option<DateTime<Utc>>,
}

impl From<Attachment> for NewAttachment {
    fn from(stored: Attachment) -> Self {
        let Attachment { id, record_id, record_name, name, content_type, created, size: _ } = stored;
        Self { id, record_id, record_name, name, content_type, created }
    }
}

/// Returns a body of bytes in memory.
pub fn body_of(bytes: impl Into<Bytes>) -> ObjectBody {
    let bytes = bytes.into();
    stream::once(async move { Ok(bytes) }).boxed()
}

/// Converts a failure to read a body into the store's error.
pub fn unreadable(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> PortError {
    PortError::with(ErrorKind::Corrupt, "read a file to store", error)
}
