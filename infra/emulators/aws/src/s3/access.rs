//! Permissions of access keys in the S3 emulator, matching the policies in infra/template.yaml.

use std::collections::BTreeMap;

use hozon_shared::settings::AccessKey;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::SimpleAuth;
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};

use super::buckets::ARCHIVES_BUCKET;

/// Permissions of an access key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    Everything,
    /// Reading zips only.
    ReadZips,
}

/// The known access keys with their permissions.
#[derive(Clone)]
pub struct AccessKeys(BTreeMap<String, (AccessKey, Allowed)>);

impl AccessKeys {
    pub fn new(keys: impl IntoIterator<Item = (AccessKey, Allowed)>) -> Self {
        Self(keys.into_iter().map(|(key, allowed)| (key.id.clone(), (key, allowed))).collect())
    }

    /// Creates the signature check for these keys.
    pub fn auth(&self) -> SimpleAuth {
        let mut auth = SimpleAuth::new();
        for (key, _) in self.0.values() {
            auth.register(key.id.clone(), key.secret.clone().into());
        }
        auth
    }
}

#[async_trait::async_trait]
impl S3Access for AccessKeys {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let known = context.credentials().and_then(|credentials| self.0.get(&credentials.access_key));
        match known.map(|(_, allowed)| *allowed) {
            Some(Allowed::Everything) => Ok(()),
            Some(Allowed::ReadZips) if reads_zip(context.s3_op().name(), context.s3_path()) => Ok(()),
            _ => Err(s3_error!(AccessDenied)),
        }
    }
}

/// Returns whether an operation is `s3:GetObject` on `archives/*`, which the signer's policy allows; HEAD needs the
/// same action.
fn reads_zip(operation: &str, path: &S3Path) -> bool {
    let is_reading = matches!(operation, "GetObject" | "HeadObject");
    let is_zip = |bucket: &str, key: &str| bucket == ARCHIVES_BUCKET && key.starts_with("archives/");
    is_reading
        && matches!(path, S3Path::Object { bucket, key } if is_zip(bucket, key) && !key.split('/').any(|part| part == ".."))
}
