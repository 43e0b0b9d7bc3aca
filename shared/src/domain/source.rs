//! What a source says about itself, and the ways in which reading it fails.

use serde::{Deserialize, Serialize};

use super::backup_fault::BackupFault;
use super::crm::{DataCategory, Field};
use super::structure::Structure;

/// A module of a source: what a backup would capture of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceModule {
    /// Name in the API, unique within the source.
    pub api_name: String,
    /// Name shown to users.
    pub label: String,
    pub contents: DataCategory,
    pub fields: Vec<Field>,
    /// API names of the fields that identify a row: the primary key's, or those of a unique index without NULL. Empty if there is
    /// neither.
    #[serde(default)]
    pub key: Vec<String>,
    /// What making the table again needs, where the source says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure: Option<Structure>,
    /// Number of rows as far as the source knows it without counting.
    pub estimated_rows: Option<u64>,
    /// Size in the source, in bytes, if it says so.
    pub bytes: Option<u64>,
}

/// Something that a backup of a source does not contain, or not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The table or module.
    pub module: String,
    /// The field of it; `None` for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    pub kind: GapKind,
    /// The files, if that is what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<MissingFiles>,
}

/// Number of missing files that are named.
const FILE_EXAMPLES: usize = 5;

/// Files that a source names and that could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingFiles {
    pub count: u64,
    /// Names of the first of them.
    pub examples: Vec<String>,
}

impl MissingFiles {
    /// Counts one more.
    pub fn add(&mut self, name: String) {
        self.count += 1;
        if self.examples.len() < FILE_EXAMPLES {
            self.examples.push(name);
        }
    }

    /// Names the files for people.
    pub fn named(&self) -> String {
        let others = self.count - self.examples.len() as u64;
        let more = if others > 0 { format!(", … (+{others})") } else { String::new() };
        format!("{}{more}", self.examples.join(", "))
    }
}

impl Gap {
    /// A gap of all of a module.
    pub fn of(module: &str, kind: GapKind) -> Self {
        Self { module: module.to_owned(), field: None, kind, files: None }
    }

    /// The module, or module and field, for people.
    pub fn name(&self) -> String {
        match (&self.field, &self.files) {
            (_, Some(files)) => format!("{} ({})", self.module, files.named()),
            (Some(field), None) => format!("{}.{field}", self.module),
            (None, None) => self.module.clone(),
        }
    }
}

/// Why something is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// The user may not read it.
    NoPermission,
    /// Row security hides rows of it from the user.
    RowSecurity,
    /// Its data lie in another system.
    Foreign,
    /// The administrator leaves it out.
    Omitted,
    /// The connection names it, and the source does not have it.
    Missing,
    /// The server cannot open it.
    Damaged,
    /// It is contained, but not in the one state that the rest shows: its engine has no transactions.
    Inconsistent,
    /// The bytes of its column are contained, as attached files.
    AsFiles,
    /// Attached files are gone or cannot be read.
    MissingFiles,
    /// The attachment is a link, which is contained instead of the file behind it.
    Links,
    /// The source's API does not give it.
    NotInApi,
    /// The source counts other records than it gives.
    CountDiffers,
}

impl GapKind {
    /// Whether a backup is incomplete because of it. Data of other systems belong to their own backups, and what the administrator
    /// leaves out is not expected.
    pub fn is_loss(self) -> bool {
        matches!(
            self,
            Self::NoPermission | Self::RowSecurity | Self::Damaged | Self::Missing | Self::MissingFiles | Self::CountDiffers
        )
    }
}

/// Number of losses that are named where all of them would be too many.
const LOSS_EXAMPLES: usize = 20;

/// What a finished backup lacks because it could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Number of modules and fields that could not be read.
    pub count: u64,
    /// The first of them.
    pub examples: Vec<Gap>,
}

impl Losses {
    /// Counts the losses among the gaps; `None` if the backup is complete.
    pub fn among(gaps: &[Gap]) -> Option<Self> {
        let losses: Vec<_> = gaps.iter().filter(|gap| gap.kind.is_loss()).cloned().collect();
        let count = losses.len() as u64;
        (count > 0).then(|| Self { count, examples: losses.into_iter().take(LOSS_EXAMPLES).collect() })
    }

    /// Names the examples as a list for people.
    pub fn named(&self) -> String {
        self.examples.iter().map(Gap::name).collect::<Vec<_>>().join(", ")
    }
}

/// Answer of a source to a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceReport {
    /// Product and version, for example `PostgreSQL 15.18`.
    pub server: String,
    pub user: String,
    /// Version of TLS; `None` if the connection is not encrypted.
    pub tls: Option<String>,
    /// Modules that a backup contains, in order.
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
    /// Views that a backup contains only if the connection names them.
    #[serde(default)]
    pub views: Vec<String>,
    /// What the administrator should know before the first backup.
    pub advice: Vec<SourceAdvice>,
    /// What backups cost, where the source counts calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<ApiCost>,
}

/// API credits that backups are expected to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiCost {
    /// Credits of the first backup, which reads every attached file.
    pub first: u64,
    /// Credits of a later backup, without those for new attached files.
    pub repeated: u64,
    /// Credits that backups may use within 24 hours. A backup that needs more goes on the next day.
    pub daily: u64,
}

/// Advice about a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceAdvice {
    /// The user may change data. A user that may only read is safer.
    UserMayWrite,
    /// The connection is not encrypted.
    NotEncrypted,
    /// While a backup reads, the server keeps old versions of rows.
    HoldsOldRows,
    /// The user may not keep everybody from writing for a moment, so that one connection reads everything, which is slower.
    OneReader,
    /// Attached files may lie in a folder of the CRM that the operator has not named, so that backups lack them.
    FilesInFolder,
    /// Zoho has a backup that can be taken over.
    BackupReady,
    /// Zoho has no backup that can be taken over: it is asked for one, which uses one of its backups.
    NoBackupReady,
}

/// Kinds of failures of a source. Each has a stable code and says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceErrorKind {
    #[error("The source cannot be reached. Check host, port, and the network between them.")]
    Unreachable,
    #[error("The host has no address that this service may call. Give a host on the public internet, or ask the operator.")]
    AddressNotAllowed,
    #[error(
        "The server's certificate is not trusted, or is for another host. Check the host, or give the certificates of its authority."
    )]
    Certificate,
    #[error("The server does not offer TLS. Enable it there; only a database on the same machine may be used without.")]
    NoTls,
    #[error("User or password are wrong, or the server does not admit them from here. Set the connection again.")]
    Password,
    #[error("The server has no such database. Check its name.")]
    UnknownDatabase,
    #[error("The user may not read {0}. Grant it SELECT, or leave the module out.")]
    NoPermission(String),
    #[error(
        "The structure of {0} changed while it was read. The backup begins again by itself; if it happens often, back up at a quieter time."
    )]
    Changed(String),
    #[error("The connection to the source was lost. The backup tries again by itself.")]
    Interrupted,
    #[error("The bucket of the CRM's attached files cannot be reached. The backup tries again by itself.")]
    FilesUnreachable,
    /// Nobody holds the state any more.
    #[error("The state of the source that the backup reads was lost. The backup begins again by itself.")]
    StateLost,
    #[error(
        "The source is busy: it has no connection left, or somebody locks what must be read. The backup tries again by itself."
    )]
    Busy,
    #[error("The source is not supported: {0}.")]
    Unsupported(&'static str),
    #[error(
        "Rows of {0} cannot be read, because the source finds them damaged or in an encoding that they do not have. Repair them, or leave the module out."
    )]
    Unreadable(String),
    #[error("{0} has more or fewer rows than were counted. Back up again; if it happens again, contact the operator.")]
    CountDiffers(String),
    #[error("Zoho does not accept the consent any more: somebody has revoked it. Connect Zoho CRM again.")]
    ConsentRevoked,
    #[error("Zoho does not know the OAuth client, or its secret is wrong. Check both, and connect Zoho CRM again.")]
    ClientUnknown,
    #[error(
        "The consent is for another data centre of Zoho. Choose the one where the organisation is, and connect Zoho CRM again."
    )]
    DataCenter,
    #[error("The consent does not cover what a backup reads of {0}. Connect Zoho CRM again, and accept all that is asked for.")]
    Scope(String),
    /// The source takes no more calls for that many seconds.
    #[error(
        "The share of API credits that backups may use is used up. The backup goes on by itself as soon as there are some again."
    )]
    Throttled(u64),
    #[error("An attached file that the source lists is gone, or may not be downloaded. The backup lists it as missing.")]
    FileGone,
    /// A backup that the CRM makes of itself.
    #[error(transparent)]
    OwnBackup(#[from] BackupFault),
    #[error("The source refused a request. Check the connection; if it happens again, contact the operator.")]
    Refused,
}

impl SourceErrorKind {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "SOURCE_UNREACHABLE",
            Self::AddressNotAllowed => "SOURCE_ADDRESS",
            Self::Certificate => "SOURCE_CERTIFICATE",
            Self::NoTls => "SOURCE_WITHOUT_TLS",
            Self::Password => "SOURCE_PASSWORD",
            Self::UnknownDatabase => "SOURCE_UNKNOWN_DATABASE",
            Self::NoPermission(_) => "SOURCE_NO_PERMISSION",
            Self::Changed(_) => "SOURCE_CHANGED",
            Self::Interrupted => "SOURCE_INTERRUPTED",
            Self::FilesUnreachable => "SOURCE_FILES",
            Self::StateLost => "SOURCE_STATE_LOST",
            Self::Busy => "SOURCE_BUSY",
            Self::Unsupported(_) => "SOURCE_UNSUPPORTED",
            Self::Unreadable(_) => "SOURCE_UNREADABLE",
            Self::CountDiffers(_) => "SOURCE_COUNT_DIFFERS",
            Self::ConsentRevoked => "SOURCE_CONSENT_REVOKED",
            Self::ClientUnknown => "SOURCE_CLIENT_UNKNOWN",
            Self::DataCenter => "SOURCE_DATA_CENTER",
            Self::Scope(_) => "SOURCE_SCOPE",
            Self::Throttled(_) => "SOURCE_THROTTLED",
            Self::FileGone => "SOURCE_FILE_GONE",
            Self::OwnBackup(fault) => fault.code(),
            Self::Refused => "SOURCE_REFUSED",
        }
    }

    /// For how many seconds to wait, if nothing else is to be done.
    pub fn wait(&self) -> Option<u64> {
        match self {
            Self::Throttled(seconds) | Self::OwnBackup(BackupFault::InProgress(seconds)) => Some(*seconds),
            _ => None,
        }
    }

    /// Returns the module at fault, if there is one.
    pub fn module(&self) -> Option<&str> {
        match self {
            Self::NoPermission(module)
            | Self::Changed(module)
            | Self::Unreadable(module)
            | Self::CountDiffers(module)
            | Self::Scope(module) => Some(module),
            _ => None,
        }
    }

    /// Whether the same call may succeed later without anybody's help.
    pub fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::Changed(_)
                | Self::Interrupted
                | Self::FilesUnreachable
                | Self::StateLost
                | Self::Busy
                | Self::Throttled(_)
                | Self::CountDiffers(_)
                | Self::OwnBackup(BackupFault::InProgress(_))
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_not_be_read_makes_a_backup_incomplete() {
        let gap = Gap::of;
        let expected = [gap("other", GapKind::Foreign), gap("log", GapKind::Omitted), gap("queue", GapKind::Inconsistent)];
        assert_eq!(Losses::among(&expected), None);
        let lost = [gap("deal", GapKind::NoPermission), gap("log", GapKind::Omitted), gap("note", GapKind::RowSecurity)];
        let losses = Losses::among(&lost).expect("losses");
        assert_eq!((losses.count, losses.named().as_str()), (2, "deal, note"));
        let mut files = MissingFiles::default();
        (1..=7).for_each(|number| files.add(format!("{number}.pdf")));
        let lost = [Gap { files: Some(files), ..gap("deal", GapKind::MissingFiles) }, gap("user", GapKind::AsFiles)];
        let losses = Losses::among(&lost).expect("losses");
        assert_eq!(losses.named(), "deal (1.pdf, 2.pdf, 3.pdf, 4.pdf, 5.pdf, … (+2))");
        let many = vec![gap("deal", GapKind::NoPermission); 500];
        let losses = Losses::among(&many).expect("losses");
        assert_eq!((losses.count, losses.examples.len()), (500, LOSS_EXAMPLES));
    }
}
