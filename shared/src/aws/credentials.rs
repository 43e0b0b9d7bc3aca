//! Credentials of a known access key.

use aws_credential_types::Credentials;

use crate::settings::AccessKey;

pub fn fixed(key: &AccessKey) -> Credentials {
    Credentials::new(&key.id, &key.secret, None, None, "settings")
}
