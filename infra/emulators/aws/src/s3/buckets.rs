//! Names of the emulated buckets.

/// Bucket for zips and work objects.
pub const ARCHIVES_BUCKET: &str = "archives";
/// Bucket of the native CRM store.
pub const CRM_BUCKET: &str = "crm";
