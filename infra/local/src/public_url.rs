//! The address under which a reverse proxy publishes the program, and download links that lead there.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_emulator_host::origins::AllowedHost;
use hozon_shared::domain::plain_link::LinkedFile;
use hozon_shared::ports::{Links, ObjectRef, PortError};

/// A URL without a path, such as `https://crm.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    text: String,
    host: AllowedHost,
}

/// Error returned for a text that is not such a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a URL without a path, such as https://crm.example or https://crm.example:8443")]
pub struct NoPublicUrl;

impl PublicUrl {
    /// The host that the proxy forwards, which the gateway has to answer to.
    pub fn host(&self) -> AllowedHost {
        self.host.clone()
    }
}

impl FromStr for PublicUrl {
    type Err = NoPublicUrl;

    fn from_str(text: &str) -> Result<Self, NoPublicUrl> {
        let text = text.strip_suffix('/').unwrap_or(text);
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).ok_or(NoPublicUrl)?;
        let host = host.parse().map_err(|_| NoPublicUrl)?;
        Ok(Self { text: text.to_owned(), host })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Gives links to the gateway instead of presigned ones. Those lead to the S3 emulator, which no proxy publishes and
/// whose signatures bind them to this machine's address.
pub struct PublicLinks(pub Arc<dyn Links>);

#[async_trait]
impl Links for PublicLinks {
    async fn sign(&self, at: &ObjectRef, file_name: &str, now: DateTime<Utc>, valid: Duration) -> Result<String, PortError> {
        let plain = match LinkedFile::of_key(&at.key) {
            Some(file) => self.0.plain(&file, now, now + valid).await?,
            None => None,
        };
        match plain {
            Some(link) => Ok(link),
            None => self.0.sign(at, file_name, now, valid).await,
        }
    }

    async fn plain(&self, file: &LinkedFile, now: DateTime<Utc>, until: DateTime<Utc>) -> Result<Option<String>, PortError> {
        self.0.plain(file, now, until).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_url_without_a_path_is_public() {
        for (text, url) in [
            ("https://crm.example", "https://crm.example"),
            ("http://crm.example:8443/", "http://crm.example:8443"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
        ] {
            assert_eq!(text.parse::<PublicUrl>().map(|parsed| parsed.to_string()), Ok(url.to_owned()));
        }
        for text in [
            "",
            "crm.example",
            "ftp://crm.example",
            "https://",
            "https://crm.example/hozon",
            "https://a@crm.example",
            "https://*",
        ] {
            assert_eq!(text.parse::<PublicUrl>(), Err(NoPublicUrl), "{text}");
        }
    }
}
