//! Finds the modules of the records that files belong to. Only the ids that files name are remembered, so that memory grows
//! with the number of files and not with that of records.

use std::collections::HashMap;

use hozon_shared::archive::zoho_layout::{ID_PREFIX, number_of};

use super::index_file::OpenIndex;
use super::modules::ZohoModule;
use crate::csv_file::CsvFile;
use crate::error::ImportError;
use crate::record_ids::candidates;

/// Minimum number of digits of an id in the middle of an image's name.
const MIN_DIGITS: usize = 10;

/// A record's module, by its position, and whether its id is written with Zoho's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    module: u32,
    is_prefixed: bool,
}

/// The records that files belong to.
#[derive(Default)]
pub struct Owners {
    /// The modules that have a record with the id. In Zoho there is one; ids of other CRMs may repeat.
    by_number: HashMap<Box<str>, Vec<Owner>>,
}

impl Owners {
    /// Adds the parents that an index names, in all columns that may contain them.
    pub async fn want_parents(&mut self, index: &OpenIndex) -> Result<(), ImportError> {
        let mut csv = index.rows().await?;
        while csv.next(index.header.len()).await? {
            for at in &index.columns.parents {
                csv.cells().nth(*at).iter().for_each(|id| self.want(id));
            }
        }
        Ok(())
    }

    /// Adds the ids that the path of an image may contain.
    pub fn want_image(&mut self, path: &str) {
        ids_in(path).into_iter().for_each(|id| self.want(id));
    }

    fn want(&mut self, id: &str) {
        let number = number_of(id);
        if !number.is_empty() && !self.by_number.contains_key(number) {
            self.by_number.insert(number.into(), Vec::new());
        }
    }

    /// Reads the ids of all records, and remembers the modules of the wanted ones.
    pub async fn look_for(&mut self, modules: &[ZohoModule]) -> Result<(), ImportError> {
        if self.by_number.is_empty() {
            return Ok(());
        }
        for (module, planned) in (0..).zip(modules) {
            let Some(column) = planned.id_column else { continue };
            for source in &planned.files {
                let mut csv = CsvFile::open(source).await?;
                csv.header().await?;
                while csv.next(planned.head.fields.len()).await? {
                    if let Some(id) = csv.cells().nth(column) {
                        self.found(&id, module);
                    }
                }
            }
        }
        Ok(())
    }

    fn found(&mut self, id: &str, module: u32) {
        let owner = Owner { module, is_prefixed: id.starts_with(ID_PREFIX) };
        let known = self.by_number.get_mut(number_of(id)).filter(|owners| owners.iter().all(|known| known.module != module));
        if let Some(owners) = known {
            owners.reserve_exact(1);
            owners.push(owner);
        }
    }

    /// Returns the position of a record's module, and the record's id as its module writes it. The first module with the id
    /// has the record, if it is not known which one.
    pub fn of(&self, id: &str, module: Option<usize>) -> Option<(usize, String)> {
        let number = number_of(id);
        let mut owners = self.by_number.get(number)?.iter();
        let owner = owners.find(|owner| module.is_none_or(|module| owner.module as usize == module))?;
        let prefix = if owner.is_prefixed { ID_PREFIX } else { "" };
        Some((owner.module as usize, format!("{prefix}{number}")))
    }

    /// Returns the record of an image, by the ids in its path.
    pub fn of_image(&self, path: &str) -> Option<(usize, String)> {
        ids_in(path).into_iter().find_map(|id| self.of(id, None))
    }
}

/// Returns everything in the path of an image that may be a record's id: beginnings of its name, long numbers in it, and
/// the names of its folders.
fn ids_in(path: &str) -> Vec<&str> {
    let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
    let (folders, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    let numbers = name.split(|c: char| !c.is_ascii_digit()).filter(|digits| digits.len() >= MIN_DIGITS);
    let folders = folders.split('/').rev().filter(|folder| !folder.is_empty());
    candidates(name).into_iter().chain(numbers).chain(folders).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_belongs_to_the_record_whose_id_is_in_its_path() {
        let mut owners = Owners::default();
        let paths = [
            "RecordImages/5361160000012345.png",
            "RecordImages/Leads_5361160000012345_photo.png",
            "RecordImages/Leads/zcrm_5361160000012345/photo.png",
            "RecordImages/zcrm_5361160000012345_1.png",
        ];
        paths.iter().for_each(|path| owners.want_image(path));
        owners.want_image("RecordImages/org_logo.png");
        owners.found("zcrm_5361160000012345", 3);
        owners.found("zcrm_5361160000012345", 4);
        for path in paths {
            assert_eq!(owners.of_image(path), Some((3, "zcrm_5361160000012345".to_owned())), "{path}");
        }
        assert_eq!(owners.of_image("RecordImages/org_logo.png"), None);
    }
}
