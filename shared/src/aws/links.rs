//! Download links signed with the long-lived key of a dedicated IAM user, because a role's session would expire long
//! before seven days. The key is rotated: it is read again every hour, and the previous key stays valid until its last
//! link has expired. Links without a query string have a separate key with the same rotation.

use std::time::Duration;

use async_trait::async_trait;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::presigning::PresigningConfig;
use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::Mutex;

use super::credentials::fixed;
use super::errors::port_error;
use super::lazily::Lazily;
use super::objects::Buckets;
use super::secrets;
use crate::domain::plain_link::{LinkKey, LinkedFile};
use crate::ports::{ErrorKind, Links, ObjectRef, PortError};
use crate::settings::{AccessKey, PlainLinkSettings};

/// Characters that a file's name has encoded in `filename*`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// How long a key is used before it is read again.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// Location of the signer's key.
pub struct LinkSigner {
    pub secrets: Lazily<aws_sdk_secretsmanager::Client>,
    pub secret: String,
}

/// Signs download links.
pub struct SignedLinks {
    signer: LinkSigner,
    config: Lazily<Builder>,
    buckets: Buckets,
    client: Mutex<Option<(Client, DateTime<Utc>)>>,
    plain: Option<PlainLinkSettings>,
    plain_key: Mutex<Option<(LinkKey, DateTime<Utc>)>>,
}

impl SignedLinks {
    pub(super) fn new(signer: LinkSigner, config: Lazily<Builder>, buckets: Buckets, plain: Option<PlainLinkSettings>) -> Self {
        Self { signer, config, buckets, client: Mutex::new(None), plain, plain_key: Mutex::new(None) }
    }

    /// Returns the current key for links without a query string.
    async fn plain_key(&self, secret: &str, now: DateTime<Utc>) -> Result<LinkKey, PortError> {
        let mut kept = self.plain_key.lock().await;
        if let Some((key, _)) = kept.as_ref().filter(|(_, read)| (now - read).abs() < KEPT) {
            return Ok(key.clone());
        }
        let key: LinkKey = secrets::read(&self.signer.secrets, secret).await?;
        if key.id.is_empty() {
            let what = "find the first key of links without a query, which is made right after deployment";
            return Err(PortError::new(ErrorKind::Unavailable, what));
        }
        *kept = Some((key.clone(), now));
        Ok(key)
    }

    /// Returns a client that signs with the current key.
    async fn client(&self, now: DateTime<Utc>) -> Result<Client, PortError> {
        let mut kept = self.client.lock().await;
        if let Some((client, _)) = kept.as_ref().filter(|(_, read)| (now - read).abs() < KEPT) {
            return Ok(client.clone());
        }
        let key: AccessKey = secrets::read(&self.signer.secrets, &self.signer.secret).await?;
        if key.id.is_empty() {
            return Err(PortError::new(
                ErrorKind::Unavailable,
                "find the signer's first key, which is made right after deployment",
            ));
        }
        let config = self.config.clone().credentials_provider(SharedCredentialsProvider::new(fixed(&key))).build();
        let client = Client::from_conf(config);
        *kept = Some((client.clone(), now));
        Ok(client)
    }
}

#[async_trait]
impl Links for SignedLinks {
    async fn sign(&self, at: &ObjectRef, file_name: &str, now: DateTime<Utc>, valid: Duration) -> Result<String, PortError> {
        let config = PresigningConfig::builder().start_time(now.into()).expires_in(valid).build();
        let config = config.map_err(|error| PortError::with(ErrorKind::Refused, "sign a link", error))?;
        let request = self.client(now).await?.get_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.response_content_disposition(disposition(file_name));
        let signed = request.presigned(config).await.map_err(port_error("sign a link"))?;
        Ok(signed.uri().to_owned())
    }

    async fn plain(&self, file: &LinkedFile, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Option<String>, PortError> {
        let Some(PlainLinkSettings { url, secret }) = &self.plain else { return Ok(None) };
        Ok(Some(format!("{url}{}", self.plain_key(secret, now).await?.path(file, until))))
    }
}

/// Formats a `Content-Disposition` header (RFC 6266 section 4.1) with the extended form of RFC 8187 section 3.2 where
/// needed.
fn disposition(file_name: &str) -> String {
    let plain: String = file_name.chars().map(|letter| if letter.is_ascii() { letter } else { '_' }).collect();
    let plain = plain.replace(['"', '\\'], "_");
    if plain == file_name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded = utf8_percent_encode(file_name, ENCODED);
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::disposition;

    #[test]
    fn a_name_in_any_script_is_sent_as_the_standard_says() {
        assert_eq!(disposition("A_1.zip"), "attachment; filename=\"A_1.zip\"");
        assert_eq!(disposition("桜_1.zip"), "attachment; filename=\"__1.zip\"; filename*=UTF-8''%E6%A1%9C_1.zip");
    }
}
