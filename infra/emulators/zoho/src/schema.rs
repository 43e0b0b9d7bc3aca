//! Modules and fields: names, types, and how the API describes types.

/// The first of all ids; ids have 19 digits, as Zoho's do.
const FIRST_ID: u64 = 4_876_876_000_000_000_000;
/// Ids that one module can have when the server starts.
const IDS_OF_MODULE: u64 = 10_000_000;
/// Ids made later are larger than all of those.
pub const FIRST_NEW_ID: u64 = FIRST_ID + 900_000_000;

/// The id of a numbered thing of a numbered kind.
pub fn id_of(kind: u64, index: u64) -> u64 {
    FIRST_ID + kind * IDS_OF_MODULE + index + 1
}

/// The kind and index of such an id; `None` if it was made later.
pub fn index_of(id: u64) -> Option<(u64, u64)> {
    let offset = id.checked_sub(FIRST_ID + 1)?;
    (id < FIRST_NEW_ID).then_some((offset / IDS_OF_MODULE, offset % IDS_OF_MODULE))
}

/// Kinds of ids besides modules.
pub mod kinds {
    pub const USERS: u64 = 60;
    pub const ROLES: u64 = 61;
    pub const PROFILES: u64 = 62;
    pub const MODULES: u64 = 63;
    pub const FIELDS: u64 = 64;
    pub const LAYOUTS: u64 = 65;
    pub const TAGS: u64 = 66;
    pub const FIELD_FILES: u64 = 67;
    pub const PICK_LISTS: u64 = 68;
    pub const CURRENCIES: u64 = 69;
    pub const ORGANISATION: u64 = 70;
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    Text,
    LongText,
    Email,
    Phone,
    Website,
    PickList(&'static [&'static str]),
    MultiPickList(&'static [&'static str]),
    /// A record of another module; of any module where none is named.
    Lookup(&'static str),
    User,
    Date,
    DateTime,
    Integer,
    Double,
    Currency,
    Boolean,
    BigInteger,
    AutoNumber,
    /// A text that no two records share, empty at the start.
    ExternalId,
    /// Rows of another module that belong to the record.
    Subform(&'static str),
    Files,
    Images,
    Photo,
    Tags,
}

impl FieldKind {
    /// `data_type` and `json_type` of the fields API.
    pub fn types(&self) -> (&'static str, &'static str) {
        match self {
            Self::Text => ("text", "string"),
            Self::LongText => ("textarea", "string"),
            Self::Email => ("email", "string"),
            Self::Phone => ("phone", "string"),
            Self::Website => ("website", "string"),
            Self::PickList(_) => ("picklist", "string"),
            Self::MultiPickList(_) => ("multiselectpicklist", "jsonarray"),
            Self::Lookup(_) => ("lookup", "jsonobject"),
            Self::User => ("ownerlookup", "jsonobject"),
            Self::Date => ("date", "string"),
            Self::DateTime => ("datetime", "string"),
            Self::Integer => ("integer", "integer"),
            Self::Double => ("double", "double"),
            Self::Currency => ("currency", "double"),
            Self::Boolean => ("boolean", "boolean"),
            Self::BigInteger => ("bigint", "string"),
            Self::AutoNumber => ("autonumber", "string"),
            Self::ExternalId => ("text", "string"),
            Self::Subform(_) => ("subform", "jsonarray"),
            Self::Files => ("fileupload", "jsonarray"),
            Self::Images => ("imageupload", "jsonarray"),
            Self::Photo => ("profileimage", "string"),
            Self::Tags => ("text", "jsonarray"),
        }
    }

    /// Largest number of characters.
    pub fn length(&self) -> u32 {
        match self {
            Self::LongText => 32_000,
            Self::Email => 100,
            Self::Website => 450,
            Self::Phone => 30,
            Self::Boolean => 5,
            Self::Date | Self::DateTime | Self::Integer | Self::Double | Self::Currency => 16,
            Self::BigInteger => 18,
            _ => 120,
        }
    }

    /// Whether lists and queries leave it out, so that only the record itself shows it.
    pub fn is_only_in_record(&self) -> bool {
        matches!(self, Self::Subform(_))
    }
}

/// A field of a module.
#[derive(Debug, Clone)]
pub struct FieldSpec {
    pub api_name: String,
    pub label: String,
    pub kind: FieldKind,
    pub is_mandatory: bool,
    pub is_custom: bool,
    /// The module fills it in.
    pub is_system: bool,
}

/// A module.
#[derive(Debug, Clone)]
pub struct ModuleSpec {
    pub api_name: String,
    /// Label of one record and of many.
    pub labels: (String, String),
    /// Kind of its ids.
    pub number: u64,
    pub generated: &'static str,
    /// API name of the field that names a record.
    pub name_field: String,
    pub fields: Vec<FieldSpec>,
    /// The module whose records have these rows as a subform.
    pub parent: Option<&'static str>,
    pub is_bulk_readable: bool,
}

impl ModuleSpec {
    pub fn field(&self, api_name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.api_name == api_name)
    }

    /// Fields with rows of their own, each with its module.
    pub fn subforms(&self) -> impl Iterator<Item = (&str, &'static str)> {
        self.fields.iter().filter_map(|field| match field.kind {
            FieldKind::Subform(module) => Some((field.api_name.as_str(), module)),
            _ => None,
        })
    }
}
