//! The ways in which a backup that a CRM has made of itself cannot be taken over.

/// A failure of Zoho's own backup. Each has a stable code and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackupFault {
    /// Zoho is still making it, or it is still being fetched; look again after that many seconds.
    #[error("Zoho is still making its backup. This backup goes on by itself as soon as that one is ready.")]
    InProgress(u64),
    #[error(
        "Zoho has no backup left for this period, and none that is ready. Buy one there, wait for the next period, or connect Zoho CRM by its API."
    )]
    NoAllowance,
    #[error(
        "The user who has consented may not back up Zoho CRM. Let an administrator with the permission for data backup connect it again."
    )]
    NotPermitted,
    #[error(
        "Zoho makes backups by a schedule and takes no other request. Choose its newest backup on the Source page, or stop the schedule there."
    )]
    Scheduled,
    #[error("Zoho could not make its backup. Look at its page for data backup, then back up again.")]
    Failed,
    #[error("The links to Zoho's backup have expired: they work for seven days. Back up again, with a new backup of Zoho.")]
    Expired,
    #[error("{0} of Zoho's backup is missing. Back up again, with a new backup of Zoho.")]
    PartMissing(String),
    #[error("{0} of Zoho's backup is damaged. Back up again; if it happens again, with a new backup of Zoho.")]
    Damaged(String),
    #[error("The zips are not laid out like a backup of Zoho CRM or of Hozon. Contact the operator.")]
    Layout,
}

impl BackupFault {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InProgress(_) => "SOURCE_BACKUP_IN_PROGRESS",
            Self::NoAllowance => "SOURCE_BACKUP_LIMIT",
            Self::NotPermitted => "SOURCE_BACKUP_PERMISSION",
            Self::Scheduled => "SOURCE_BACKUP_SCHEDULED",
            Self::Failed => "SOURCE_BACKUP_FAILED",
            Self::Expired => "SOURCE_BACKUP_EXPIRED",
            Self::PartMissing(_) => "SOURCE_BACKUP_PART",
            Self::Damaged(_) => "SOURCE_BACKUP_DAMAGED",
            Self::Layout => "SOURCE_BACKUP_LAYOUT",
        }
    }
}
