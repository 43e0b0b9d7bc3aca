//! Images of records: `RecordImages/<name with the id of the record>`.

use chrono::{DateTime, Utc};
use hozon_shared::archive::zoho_layout::IMAGES;
use hozon_shared::snapshots::input::NewAttachment;

use super::kept::Kept;
use super::modules::ZohoModule;
use super::owners::Owners;
use super::told::ZohoNotes;
use crate::inputs::InputFile;
use crate::module_plan::PlannedFile;
use crate::zoho_notes::KeptBecause;

/// Adds the images to their records, as attachments whose ids begin with the folder of images.
pub fn tie(
    images: Vec<InputFile>,
    (owners, modules): (&Owners, &mut [ZohoModule]),
    (kept, told): (&mut Kept, &mut ZohoNotes),
    now: DateTime<Utc>,
) {
    for file in images {
        let Some((module, record_id)) = owners.of_image(&file.path) else {
            told.kept(&file.name, KeptBecause::NoImageRecord);
            kept.file(IMAGES, file);
            continue;
        };
        let attachment = NewAttachment {
            id: file.path.clone(),
            record_id,
            record_name: String::new(),
            name: file.file_name().to_owned(),
            content_type: mime_guess::from_path(&file.path).first_or_octet_stream().to_string(),
            created: Some(file.modified.unwrap_or(now)),
        };
        modules[module].attachments.push(PlannedFile { attachment, file, sha256: None });
    }
}
