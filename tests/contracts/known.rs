//! Known differences between each set of emulators and AWS. Where possible, a check verifies the list: a gap that was
//! closed fails it.

/// A guarantee that one set of emulators does not give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// A reader sees an object as before or after a write, never a mixture.
    WholeObjects,
    /// Aborting an absent upload succeeds.
    RepeatedAbort,
    /// Part numbers start at 1.
    PartZero,
    /// A manipulated link serves nothing.
    ForgedLinks,
    /// An expired link serves nothing.
    ExpiredLinks,
    /// The link signer's key may only read zips.
    SignersRights,
    /// Mail from an unverified sender is rejected.
    UnverifiedSenders,
    /// Mail to an invalid address is rejected.
    NoAddress,
    /// Secrets can be rotated.
    KeysChange,
}

/// Gaps with their causes.
pub type Gaps = &'static [(Gap, &'static str)];

/// Differences of moto.
pub const MOTO: Gaps = &[
    (Gap::ForgedLinks, "moto serves a link with any signature"),
    (Gap::ExpiredLinks, "moto does not look at a link's time"),
    (Gap::SignersRights, "moto's users have every right"),
];

/// Differences of the local program's emulators.
pub const EMBEDDED: Gaps = &[
    (Gap::WholeObjects, "s3s-fs keeps an object's checksums beside it, and a reader in between finds that they do not agree"),
    (Gap::RepeatedAbort, "s3s-fs answers AccessDenied where S3 answers NoSuchUpload"),
    (Gap::PartZero, "s3s takes a part with the number 0"),
    (Gap::UnverifiedSenders, "the embedded SES has no identities"),
    (Gap::NoAddress, "the embedded SES does not look at addresses"),
    (Gap::KeysChange, "the embedded Secrets Manager gives what the data folder's file held at the start"),
];

/// Returns why a set does not keep a promise; `None` if it does.
pub fn reason(gaps: Gaps, gap: Gap) -> Option<&'static str> {
    gaps.iter().find(|(known, _)| *known == gap).map(|(_, reason)| *reason)
}
