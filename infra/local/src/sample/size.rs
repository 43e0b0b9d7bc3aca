//! Size of the sample.

/// Size of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// About 10,000 records and 260 attachments (10 MB).
    Small,
    /// About 500,000 records and 3,000 attachments (200 MB).
    Medium,
    /// Over 6 million records (1 GB as CSV) and 68,000 attachments (1 GB).
    Large,
}

impl Size {
    /// Factor for the number of records.
    pub fn records(self) -> u64 {
        match self {
            Self::Small => 1,
            Self::Medium => 50,
            Self::Large => 700,
        }
    }
}
