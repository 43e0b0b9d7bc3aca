//! Progress of an import.

/// Progress of an import.
#[derive(Debug, Clone, Copy)]
pub struct ImportProgress<'a> {
    /// Name of the module that is being loaded.
    pub module: &'a str,
    /// Number of its rows so far.
    pub rows: u64,
    /// Number of its attachments so far.
    pub attachments: u64,
}
