//! What a drill keeps of an error. What restores and drills can both meet has another code and sentence there.

use hozon_shared::domain::backup::Failure;

use crate::error::WriteBackError;

impl WriteBackError {
    /// Returns what a drill keeps of the error.
    pub(crate) fn drill_failure(&self) -> Failure {
        let (code, message) = match self {
            Self::NotConnected => {
                ("SOURCE_NOT_CONNECTED", "The organisation has no connection to a CRM. Set one, then request the drill again.")
            }
            Self::ConnectionChanged => {
                ("DRILL_TARGET_CHANGED", "The restore target was changed after the drill was requested. Request the drill again.")
            }
            Self::WithoutSecret => {
                ("SOURCE_SECRET_GONE", "The password of the restore target was deleted. Set the restore target again.")
            }
            Self::Unsupported => ("DRILL_UNSUPPORTED", "Only backups of databases that the service reaches can be drilled."),
            Self::SnapshotGone => ("DRILL_SNAPSHOT_GONE", "The data of the backup is not kept any more. Drill a newer backup."),
            Self::Port(_) => (
                "DRILL_NOT_STORED",
                "The storage failed during the drill. Request it again; if it happens again, contact the operator.",
            ),
            Self::TableRefused { .. } => return Failure::new("DRILL_TABLE_REFUSED", self.to_string()),
            Self::TooLong { .. } => return Failure::new("DRILL_TOO_LONG", self.to_string()),
            other => return other.failure(),
        };
        Failure::new(code, message)
    }
}
