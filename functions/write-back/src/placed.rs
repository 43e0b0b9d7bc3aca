//! A file of a backup with the place where it is written.

use hozon_capture_database::FilePlaces;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::writing::FileHashes;
use hozon_shared::ports::{ErrorKind, FileDetails, FileWrite, PortError};
use hozon_shared::snapshots::file_bytes::ReadFailure;
use hozon_shared::snapshots::single_file::FoundFile;

use crate::ports::WriteBackPorts;

/// The files of a module, and where they are written.
pub(crate) struct ModuleFiles<'a> {
    pub ports: &'a WriteBackPorts,
    pub org: OrgId,
    /// `None` where the rows do not say where files lie.
    pub places: Option<&'a FilePlaces>,
    /// API name of the module.
    pub module: &'a str,
}

impl<'a> ModuleFiles<'a> {
    /// A file with its place. `seen` is the SHA-256 of what may be replaced. What cannot be read is kept in `failure`.
    pub(crate) fn placed(
        &self,
        found: &FoundFile,
        seen: Option<String>,
        failure: &ReadFailure,
    ) -> (Option<&'a FileSource>, FileWrite) {
        let attachment = &found.file.attachment;
        let place = self.places.and_then(|places| places.find(self.module, &attachment.id));
        let write = FileWrite {
            id: place.map_or(&*attachment.id, |(_, own)| own).to_owned(),
            record_id: attachment.record_id.clone(),
            name: attachment.name.clone(),
            size: attachment.size,
            hashes: FileHashes { seen, wanted: found.file.sha256.clone() },
            details: FileDetails::from(attachment),
            bytes: found.bytes(&self.ports.objects, self.org, failure),
        };
        (place.map(|(source, _)| source), write)
    }
}

/// Whether a failure of the store says that what was stored is damaged or gone.
pub(crate) fn is_damage(failure: &PortError) -> bool {
    matches!(failure.kind, ErrorKind::Corrupt | ErrorKind::NotFound)
}
