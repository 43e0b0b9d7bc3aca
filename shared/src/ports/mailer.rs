//! Outgoing e-mail.

use async_trait::async_trait;

use super::PortError;

/// A mail to one recipient, as HTML and as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Stable id of this mail. The Message-ID header is derived from it, so that a mail client shows a mail that was
    /// sent twice only once.
    pub id: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    /// BCP 47 language tag.
    pub language: &'static str,
}

#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over for delivery. Fails with `Refused` only if this recipient's address is rejected, so that no
    /// later mail to it can succeed. Anything that stops the sender itself (missing permission, suspended account,
    /// quota, unverified identity) is `Unavailable`.
    async fn send(&self, mail: &Mail) -> Result<(), PortError>;
}
