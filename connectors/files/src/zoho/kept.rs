//! The module that keeps what belongs to no record, as attachments of records that are named after Zoho's folders.

use chrono::{DateTime, Utc};
use hozon_shared::archive::zoho_layout::{ATTACHMENTS, KEPT_INDEX, KEPT_MODULE, METADATA};
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment};

use super::told::ZohoNotes;
use crate::inputs::InputFile;
use crate::module_plan::{ModulePlan, PlannedFile};
use crate::zoho_notes::{KeptBecause, ZohoNote};

/// Record of files that lie in no folder.
const NO_FOLDER: &str = "Others";

/// Files that are kept.
pub struct Kept {
    files: Vec<PlannedFile>,
    now: DateTime<Utc>,
}

impl Kept {
    pub fn new(now: DateTime<Utc>) -> Self {
        Self { files: Vec::new(), now }
    }

    /// Keeps a file of the zips of attachments.
    pub fn attachment(&mut self, file: InputFile) {
        self.file(ATTACHMENTS, file);
    }

    /// Keeps a file as an attachment of this record.
    pub fn file(&mut self, record: &str, file: InputFile) {
        let name = file.path.split_once('/').map_or(file.path.as_str(), |(_, name)| name).to_owned();
        let attachment = NewAttachment {
            id: format!("{:08}", self.files.len() + 1),
            record_id: record.to_owned(),
            record_name: String::new(),
            content_type: mime_guess::from_path(&name).first_or_octet_stream().to_string(),
            name,
            created: Some(file.modified.unwrap_or(self.now)),
        };
        self.files.push(PlannedFile { attachment, file, sha256: None });
    }

    /// Keeps metadata, the index as it was, and files of unknown folders.
    pub fn add_all(&mut self, metadata: Vec<InputFile>, indexes: Vec<InputFile>, others: Vec<InputFile>, told: &mut ZohoNotes) {
        if !metadata.is_empty() {
            told.push(ZohoNote::Metadata { files: metadata.len() });
        }
        metadata.into_iter().for_each(|file| self.file(METADATA, file));
        indexes.into_iter().for_each(|index| self.file(KEPT_INDEX, index));
        for file in others {
            told.kept(&file.name, KeptBecause::UnknownFolder);
            let folder = file.path.split_once('/').map_or(NO_FOLDER, |(folder, _)| folder).to_owned();
            self.file(&folder, file);
        }
    }

    /// Returns the module, if anything is kept.
    pub fn into_plan(self) -> Option<ModulePlan> {
        let input = self.files.first()?.file.name.clone();
        let [api_name, label] = [KEPT_MODULE, "Zoho backup"].map(str::to_owned);
        let id = || "Id".to_owned();
        let fields = vec![Field { api_name: id(), label: id(), data_type: "text".to_owned(), contents: DataCategory::Crm }];
        let (order, contents, key) = (u32::MAX, DataCategory::Crm, Vec::new());
        let head = ModuleHead { api_name, label, order, contents, fields, key, structure: None };
        Some(ModulePlan { head, files: Vec::new(), attachments: self.files, input, backup: None })
    }
}
