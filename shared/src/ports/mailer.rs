//! E-mail.

use async_trait::async_trait;

use super::PortError;

/// One mail to one person, in HTML and in text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Stable name of this mail; its Message-ID is made of it, so that a mail sent twice is one to its reader.
    pub id: String,
    /// The address.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The body as text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// BCP 47 tag of its language.
    pub language: &'static str,
}

/// Sends mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Hands a mail over for delivery. `Refused` only when this recipient's address is not accepted: no mail to it will be later. Whatever
    /// keeps the sender from sending at all (permission, suspension, quota, an unverified identity) is `Unavailable`.
    async fn send(&self, mail: &Mail) -> Result<(), PortError>;
}
