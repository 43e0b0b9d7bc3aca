//! The records that are to be erased.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::domain::crm::Module;
use crate::domain::erasure::RecordRef;
use crate::snapshots::find::id_of_text;

/// Ids of records by the API names of their modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedRecords(BTreeMap<String, BTreeSet<String>>);

impl FromIterator<RecordRef> for WantedRecords {
    fn from_iter<T: IntoIterator<Item = RecordRef>>(records: T) -> Self {
        let mut wanted = Self::default();
        for RecordRef { module, id } in records {
            wanted.0.entry(module).or_default().insert(id);
        }
        wanted
    }
}

impl WantedRecords {
    /// Returns whether records of a module are among them.
    pub fn has_module(&self, api_name: &str) -> bool {
        self.0.contains_key(api_name)
    }

    /// Returns whether a record is among them.
    pub fn has(&self, api_name: &str, id: &str) -> bool {
        self.0.get(api_name).is_some_and(|ids| ids.contains(id))
    }

    /// The ids of a version of a module; `None` if there are none.
    pub(super) fn of(&self, module: &Module) -> Option<WantedIds> {
        let texts = self.0.get(&module.api_name)?.clone();
        let ids = texts.iter().filter_map(|text| id_of_text(module, text)).collect();
        Some(WantedIds { ids, texts })
    }
}

/// The ids of one version of a module.
pub(super) struct WantedIds {
    /// As row indexes have them.
    pub ids: HashSet<Vec<u8>>,
    /// As attachments name their record.
    pub texts: BTreeSet<String>,
}
