//! Where a CRM keeps the files of each module's records, for what writes them back.

use std::collections::BTreeMap;

use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::id::{BackupId, RestoreId};
use hozon_shared::domain::profile::FileSource;
use hozon_shared::ports::Protection;

use crate::error::{CaptureError, of};
use crate::files::{Files, prefix_of};
use crate::ports::CapturePorts;
use crate::source::{Run, Source};

/// Where files lie, by the modules whose records have them.
#[derive(Debug, Default)]
pub struct FilePlaces(BTreeMap<String, Vec<FileSource>>);

impl FilePlaces {
    /// Returns where a file of a module lies, and its id there. `None` if the CRM has no place for it.
    pub fn find<'a>(&self, api_name: &str, id: &'a str) -> Option<(&FileSource, &'a str)> {
        let sources = self.0.get(api_name)?;
        let own = |source: &FileSource| id.strip_prefix(&prefix_of(source, sources.len()));
        let found = sources.iter().filter_map(|source| Some((source, own(source)?)));
        // Of two tables, the name of one may begin with that of the other.
        found.min_by_key(|(_, own)| own.len())
    }
}

/// Reads which places of files a CRM has now, as its profile says. Nothing of its records is read.
pub async fn file_places(ports: &CapturePorts, connection: &Connection, restore: RestoreId) -> Result<FilePlaces, CaptureError> {
    if !connection.source.is_captured() {
        return Ok(FilePlaces::default());
    }
    let run = Run { org: connection.org, backup: BackupId(restore.0) };
    let source = Source::new(ports, run, connection).await?;
    if source.profile.is_none() {
        return Ok(FilePlaces::default());
    }
    let state = source.connector.hold(Protection::Notice).await.map_err(of(&source.address))?;
    let chosen = source.choose(state)?;
    let files = Files { source: &source, chosen: &chosen, end: None };
    let places = chosen.modules.iter().map(|module| (module.api_name.clone(), files.sources(module)));
    Ok(FilePlaces(places.filter(|(_, sources)| !sources.is_empty()).collect()))
}

#[cfg(test)]
mod tests {
    use hozon_shared::domain::profile::{FileBytes, RecordId};

    use super::*;

    fn source(table: &str) -> FileSource {
        FileSource {
            table: table.to_owned(),
            id: "id".to_owned(),
            name: None,
            media_type: None,
            created: None,
            record: RecordId::Column("id".to_owned()),
            conditions: Vec::new(),
            kinds: None,
            bytes: FileBytes { column: Some("data".to_owned()), large_object: None, path: None, folder: None },
        }
    }

    fn found<'a>(places: &'a FilePlaces, module: &str, id: &'a str) -> Option<(&'a str, &'a str)> {
        places.find(module, id).map(|(source, own)| (source.table.as_str(), own))
    }

    #[test]
    fn ids_of_a_module_with_several_tables_of_files_name_the_table() {
        let one = vec![source("attachment")];
        let several = vec![source("attachment"), source("attachment-old"), source("photo")];
        let places = FilePlaces(BTreeMap::from([("deal".to_owned(), one), ("person".to_owned(), several)]));
        assert_eq!(found(&places, "deal", "attachment-1"), Some(("attachment", "attachment-1")));
        assert_eq!(found(&places, "person", "attachment-1"), Some(("attachment", "1")));
        assert_eq!(found(&places, "person", "attachment-old-1"), Some(("attachment-old", "1")));
        assert_eq!((found(&places, "person", "letter-1"), found(&places, "letter", "1")), (None, None));
    }
}
