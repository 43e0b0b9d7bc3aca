//! What each set of emulators is known to do otherwise than AWS. Where it can be tried, the check sees to it that the list stays true:
//! a gap that has been closed fails it.

/// A promise that one of the sets does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// A reader sees an object as it was before a write or after it.
    WholeObjects,
    /// An upload that is gone can be given up again.
    RepeatedAbort,
    /// The first part has the number 1.
    PartZero,
    /// A link that somebody has changed serves nothing.
    ForgedLinks,
    /// A link serves nothing after its time.
    ExpiredLinks,
    /// The key of links may read zips and nothing else.
    SignersRights,
    /// Mail from a sender that is not verified is not sent.
    UnverifiedSenders,
    /// Mail to what is no address is refused.
    NoAddress,
    /// Secrets can be changed.
    KeysChange,
}

/// Gaps and what lies behind them.
pub type Gaps = &'static [(Gap, &'static str)];

/// What moto does otherwise.
pub const MOTO: Gaps = &[
    (Gap::ForgedLinks, "moto serves a link with any signature"),
    (Gap::ExpiredLinks, "moto does not look at a link's time"),
    (Gap::SignersRights, "moto's users have every right"),
];

/// What the embedded ones do otherwise.
pub const EMBEDDED: Gaps = &[
    (Gap::WholeObjects, "s3s-fs keeps an object's checksums beside it, and a reader in between finds that they do not agree"),
    (Gap::RepeatedAbort, "s3s-fs answers AccessDenied where S3 answers NoSuchUpload"),
    (Gap::PartZero, "s3s takes a part with the number 0"),
    (Gap::UnverifiedSenders, "the embedded SES has no identities"),
    (Gap::NoAddress, "the embedded SES does not look at addresses"),
    (Gap::KeysChange, "the embedded Secrets Manager gives what the data folder's file held at the start"),
];

/// Why a set does not keep that promise; `None` when it does.
pub fn reason(gaps: Gaps, gap: Gap) -> Option<&'static str> {
    gaps.iter().find(|(known, _)| *known == gap).map(|(_, reason)| *reason)
}
