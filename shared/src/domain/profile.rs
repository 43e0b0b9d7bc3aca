//! Profiles of known CRMs: how the tables of a CRM's database become modules. A profile names, orders and categorises what
//! the database has; whatever it does not name stays as it is found.

mod attached;
mod file_path;
mod fit;
mod format;
mod invalid;
mod known;
mod schema;
mod shape;

pub use attached::{FileSource, RecordId, RowCondition};
pub use file_path::PathTemplate;
pub use fit::{ProfileFit, fit};
pub use format::{
    FileBytes, FileCondition, FileKinds, FileRecord, ModuleLink, ModuleWriteBack, Profile, ProfileFiles, ProfileLabel,
    ProfileModule, ProfileOmission, WriteBack,
};
pub use invalid::InvalidProfile;
pub use known::{Profiles, UnknownProfile};
pub use schema::json_schema;
pub use shape::{Shaped, shape};

#[cfg(test)]
mod attached_tests;
#[cfg(test)]
mod tests;
