//! Names in Zoho CRM's own backup zips: files of modules and attachments, and columns. `hozon import` reads this layout,
//! and a backup with the layout `zoho` is written in it.

use sha2::{Digest, Sha256};

use super::names::PathNamer;
use crate::domain::crm::{Attachment, Field, Module};

/// Folder of the modules' CSV files.
pub const DATA: &str = "Data";
/// Folder of the CSV files about modules and fields.
pub const METADATA: &str = "Metadata";
/// Folder of the records' images.
pub const IMAGES: &str = "RecordImages";
/// Folder or beginning of the name of the zips with attachments, and the name of their index.
pub const ATTACHMENTS: &str = "Attachments";
/// Maximum number of rows in a CSV file.
pub const ROWS_PER_FILE: u64 = 100_000;
/// Beginning of record ids.
pub const ID_PREFIX: &str = "zcrm_";
/// End of the names of files about who may see which record. Their ids are those of the records of other modules.
pub const RECORD_ACCESS: &str = "_RecordAccess";
/// End of the names of custom modules' files.
pub const CUSTOM: &str = "_C";

/// Module that keeps what belongs to no record: metadata, the index as it was, and files without a record.
pub const KEPT_MODULE: &str = "Zoho_Backup";
/// Record of the kept module that stands for the index of attachments.
pub const KEPT_INDEX: &str = "Index";

/// Columns of the index of attachments.
pub const INDEX_COLUMNS: [&str; 6] = ["Record Id", "File Name", "Size", "Parent Id.id", "Parent Id.Module", "Created Time"];
/// Columns of `Metadata/Modules_001.csv`.
pub const MODULE_COLUMNS: [&str; 3] = ["API Name", "Module Name", "Plural Label"];
/// Columns of `Metadata/Fields_001.csv`. The last one is Hozon's: the field's label, where the header has another one.
pub const FIELD_COLUMNS: [&str; 5] = ["Module", "Field Label", "API Name", "Data Type", "Original Label"];
/// Label of the column with the records' ids.
pub const RECORD_ID: &str = "Record Id";

/// API names of the modules that Zoho CRM has itself. Files of any other module have [`CUSTOM`] in their names.
const STANDARD: [&str; 38] = [
    "Accounts",
    "Activities",
    "Appointments",
    "Appointments__s",
    "Calls",
    "Campaigns",
    "Cases",
    "Contacts",
    "Deals",
    "Emails",
    "Events",
    "Forecasts",
    "Invitees",
    "Invoiced_Items",
    "Invoices",
    "Leads",
    "Meetings",
    "Notes",
    "Ordered_Items",
    "Participants",
    "Potentials",
    "Price_Books",
    "Products",
    "Profiles",
    "Purchase_Items",
    "Purchase_Orders",
    "Quoted_Items",
    "Quotes",
    "Roles",
    "Sales_Orders",
    "Services",
    "Services__s",
    "Solutions",
    "Tags",
    "Tasks",
    "Users",
    "Vendors",
    "Visits",
];
/// Ids that are made have this number of digits.
const MADE_DIGITS: u64 = 1_000_000_000_000_000_000;

/// Returns the id without Zoho's prefix, for comparison.
pub fn number_of(id: &str) -> &str {
    id.strip_prefix(ID_PREFIX).unwrap_or(id)
}

/// Returns the name of a module without the mark of custom modules.
pub fn without_mark(stem: &str) -> &str {
    stem.strip_suffix(CUSTOM).filter(|name| !name.is_empty()).unwrap_or(stem)
}

/// Converts a label into an API name: letters and digits of any language, and `_` for everything between them.
pub fn api_name_of(label: &str) -> String {
    let words = label.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("_")
}

/// Reduces a name to its letters and digits, in lower case, because API names and labels differ in the rest.
pub fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the names of the modules' files without number and extension, in the order of the modules. Modules that Zoho has
/// itself keep their English names; others are named by their labels, or by their API names where a label is not unique.
pub fn stems(modules: &[&Module]) -> Vec<String> {
    let is_unique = |module: &Module| {
        let count = modules.iter().filter(|other| folded(&other.label) == folded(&module.label)).count();
        count == 1 && !module.label.trim().is_empty()
    };
    let stem = |module: &&Module| {
        if STANDARD.iter().any(|name| folded(name) == folded(&module.api_name)) {
            return module.api_name.replace('_', " ");
        }
        let name = if is_unique(module) { &module.label } else { &module.api_name };
        let mark = if module.api_name.ends_with(RECORD_ACCESS) { "" } else { CUSTOM };
        format!("{name}{mark}")
    };
    modules.iter().map(stem).collect()
}

/// Returns the label of a column of a module's file: that of the field, or Zoho's own for the ids of the records.
pub fn column_label<'a>(module: &'a Module, field: &'a Field) -> &'a str {
    if module.key == [field.api_name.as_str()] { RECORD_ID } else { &field.label }
}

/// Returns the name of a CSV file in its folder.
pub fn csv_name(stem: &str, number: usize) -> String {
    PathNamer::new().place(&[&format!("{stem}_{number:03}.csv")])
}

/// Returns the id by which the index names an attachment: Zoho's own, which an import has marked with the prefix, or a number
/// made of module and id, because other ids may repeat in another module.
pub fn attachment_id(module: &str, id: &str) -> String {
    if let Some(code) = id.strip_prefix(ID_PREFIX) {
        return code.to_owned();
    }
    let digest = Sha256::digest([module.as_bytes(), b"\0", id.as_bytes()].concat());
    let number = digest.iter().take(8).fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    format!("9{:018}", number % MADE_DIGITS)
}

/// Where a file lies in the zips.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilePlace {
    /// In a zip of attachments, and in the index with this id.
    Indexed { id: String, path: String },
    /// In a zip of attachments, but not in the index.
    Unlisted { path: String },
    /// In the zips of data.
    Data { path: String },
    /// Nowhere: it is made anew.
    Nowhere,
}

/// Returns where an attachment lies in the zips.
pub fn place_of(module: &str, file: &Attachment) -> FilePlace {
    let inside = |folder: &str, name: &str| PathNamer::new().place(&[folder, name]);
    if let Some(image) = file.id.strip_prefix(IMAGES).and_then(|rest| rest.strip_prefix('/')) {
        return FilePlace::Data { path: inside(IMAGES, image) };
    }
    if module != KEPT_MODULE {
        let id = attachment_id(module, &file.id);
        let path = PathNamer::new().place(&[&format!("{id}_{}", file.name)]);
        return FilePlace::Indexed { id, path };
    }
    match file.record_id.as_str() {
        KEPT_INDEX => FilePlace::Nowhere,
        ATTACHMENTS => FilePlace::Unlisted { path: PathNamer::new().place(&[&file.name]) },
        folder => FilePlace::Data { path: inside(folder, &file.name) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(api_name: &str, label: &str) -> Module {
        Module {
            api_name: api_name.to_owned(),
            label: label.to_owned(),
            order: 0,
            contents: Default::default(),
            version: String::new(),
            fields: Vec::new(),
            key: Vec::new(),
            structure: None,
            rows: 0,
            row_bytes: 0,
            attachments: 0,
            attachment_bytes: 0,
        }
    }

    fn file(id: &str, record_id: &str, name: &str) -> Attachment {
        let [id, record_id, name] = [id, record_id, name].map(str::to_owned);
        Attachment { id, record_id, record_name: String::new(), name, size: 0, content_type: String::new(), created: None }
    }

    #[test]
    fn files_of_modules_are_named_by_labels_and_custom_ones_are_marked() {
        let modules =
            [("Leads", "見込み客"), ("Price_Books", "Facilities"), ("x1", "Same"), ("x2", "same"), ("Attachments", "Files")];
        let modules = modules.map(|(api_name, label)| module(api_name, label));
        assert_eq!(stems(&modules.iter().collect::<Vec<_>>()), ["Leads", "Price Books", "x1_C", "x2_C", "Files_C"]);
        assert_eq!((without_mark("AppEvents_C"), without_mark("_C"), without_mark("Leads")), ("AppEvents", "_C", "Leads"));
    }

    #[test]
    fn labels_become_api_names() {
        for (label, name) in [
            ("Last Name", "Last_Name"),
            ("Size (m²/m³) - Calculated", "Size_m²_m³_Calculated"),
            ("電話番号", "電話番号"),
            ("%", ""),
        ] {
            assert_eq!(api_name_of(label), name);
        }
    }

    #[test]
    fn ids_of_zoho_are_kept_and_others_become_numbers() {
        assert_eq!(attachment_id("Leads", "zcrm_5361160000012345001"), "5361160000012345001");
        let made = attachment_id("Leads", "00000001");
        assert!(made.len() == 19 && made != attachment_id("Deals", "00000001"), "{made}");
    }

    #[test]
    fn every_file_has_a_place() {
        let place = |module: &str, id: &str, record: &str| place_of(module, &file(id, record, "a/b.png"));
        let id = "536116000001234".to_owned();
        assert_eq!(
            place("Leads", &format!("zcrm_{id}"), "1"),
            FilePlace::Indexed { path: format!("{id}_a_b.png"), id: id.clone() }
        );
        assert_eq!(place("Leads", "RecordImages/7.png", "7"), FilePlace::Data { path: "RecordImages/7.png".to_owned() });
        assert_eq!(place(KEPT_MODULE, "1", METADATA), FilePlace::Data { path: "Metadata/a_b.png".to_owned() });
        assert_eq!(place(KEPT_MODULE, "1", ATTACHMENTS), FilePlace::Unlisted { path: "a_b.png".to_owned() });
        assert_eq!(place(KEPT_MODULE, "1", KEPT_INDEX), FilePlace::Nowhere);
    }
}
