//! Names of the emulated buckets.

/// The bucket of zips and work objects.
pub const ARCHIVES_BUCKET: &str = "archives";
/// The native CRM store's bucket.
pub const CRM_BUCKET: &str = "crm";
