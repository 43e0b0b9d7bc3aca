//! Writing records back: what is to be written, and what became of it.

use serde::{Deserialize, Serialize};

/// Cells of a record, one for each field that backups contain, in the order of the module's fields. `None` is NULL.
pub type Cells = Vec<Option<String>>;

/// What a restore does with one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordWrite {
    /// The record as the plan saw it in the CRM; `None` if it was not there.
    pub seen: Option<Cells>,
    /// The record as it is to be; `None` to delete it.
    pub wanted: Option<Cells>,
}

/// What became of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum WriteOutcome {
    /// It was written. `new_id` is the id that the CRM has given, if it is another one.
    Written {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new_id: Option<String>,
    },
    /// It was as wanted already.
    AlreadyThere,
    /// It is not what the plan saw any more, and was left as it is.
    ChangedMeanwhile,
    /// The source does not take it.
    Refused { reason: Refusal },
}

/// Why a source does not take a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Refusal {
    /// It refers to a record that is not there, or others refer to it. The name of the rule, if the source says it.
    Reference { rule: Option<String> },
    /// Another record has a value that may be there only once.
    Duplicate { rule: Option<String> },
    /// A value is missing that the source requires.
    MissingValue { field: Option<String> },
    /// A rule of the source forbids it.
    Rule { rule: Option<String> },
    /// A value does not fit its field.
    Value { field: Option<String> },
    /// The user may not write it.
    NoPermission,
    /// The kind of source cannot write it.
    Unsupported,
    /// The source says so without a reason that is known; its own code.
    Other { code: String },
}

/// What hinders writing a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hindrance {
    /// API name of the module.
    pub module: String,
    pub kind: HindranceKind,
    /// API name or column of the field, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Kinds of hindrances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HindranceKind {
    /// The user of the connection may not write it.
    NoPermission,
    /// The CRM does not have it any more.
    Gone,
    /// It is a view, whose rows follow from tables.
    NotATable,
    /// Nothing identifies its records.
    NoKey,
    /// The CRM requires a field that the backup does not have. Records cannot be created; they can be changed.
    RequiredField,
}
