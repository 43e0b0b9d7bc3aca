//! Mail through Amazon SES v2, sent as complete MIME messages.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::http::HttpResponse;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::operation::send_email::SendEmailError;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use mail_builder::MessageBuilder;
use mail_builder::headers::text::Text;

use super::errors::port_error;
use crate::ports::{ErrorKind, Mail, Mailer, PortError};
use crate::settings::MailSettings;

/// Sends mail through SES v2.
pub struct Ses {
    client: Client,
    settings: MailSettings,
}

impl Ses {
    pub(super) fn new(client: Client, settings: MailSettings) -> Self {
        Self { client, settings }
    }

    fn message(&self, mail: &Mail) -> Result<Vec<u8>, PortError> {
        let domain = self.settings.from.rsplit_once('@').map_or("hozon.invalid", |(_, domain)| domain);
        MessageBuilder::new()
            .from(("Hozon", self.settings.from.as_str()))
            .to(mail.to.as_str())
            .subject(mail.subject.as_str())
            .message_id(format!("{}@{domain}", mail.id))
            .header("Content-Language", Text::new(mail.language))
            // RFC 3834: keeps autoresponders from answering.
            .header("Auto-Submitted", Text::new("auto-generated"))
            .text_body(mail.text.as_str())
            .html_body(mail.html.as_str())
            .write_to_vec()
            .map_err(|error| PortError::with(ErrorKind::Refused, "write a mail", error))
    }
}

#[async_trait]
impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<(), PortError> {
        let raw = RawMessage::builder().data(Blob::new(self.message(mail)?)).build();
        let raw = raw.map_err(|error| PortError::with(ErrorKind::Refused, "write a mail", error))?;
        let request = self.client.send_email().from_email_address(&self.settings.from);
        let request = request.set_configuration_set_name(self.settings.configuration_set.clone());
        let request = request.destination(Destination::builder().to_addresses(&mail.to).build());
        let request = request.content(EmailContent::builder().raw(raw).build());
        request.send().await.map(drop).map_err(refusal)
    }
}

/// An error answer of SES. Its message may contain an address, so only the code is kept.
#[derive(Debug, thiserror::Error)]
#[error("SES answered {0}")]
struct SesRefusal(String);

/// Classifies an error answer of SES (Amazon SES developer guide: "Amazon SES email sending errors").
fn refusal(error: SdkError<SendEmailError, HttpResponse>) -> PortError {
    const WHAT: &str = "send a mail";
    let Some((code, message)) = error.as_service_error().and_then(|error| Some((error.code()?, error.message()))) else {
        return port_error(WHAT)(error);
    };
    let kind =
        if is_about_the_recipient(code, message.unwrap_or_default()) { ErrorKind::Refused } else { ErrorKind::Unavailable };
    PortError::with(kind, WHAT, SesRefusal(code.to_owned()))
}

/// Returns whether SES rejected the recipient's address. An unverified address is a matter of the account, which is in
/// the sandbox or has another sender identity; so are permissions, suspension, a pause and quotas. None of these is
/// specific to one mail.
fn is_about_the_recipient(code: &str, message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    let is_malformed = matches!(code, "BadRequestException" | "InvalidParameterValue" | "MessageRejected");
    let names_address = ["address", "domain", "addr-spec"].iter().any(|word| message.contains(word));
    is_malformed && names_address && !message.contains("verified") && !message.contains("configuration set")
}

#[cfg(test)]
mod tests {
    use super::is_about_the_recipient;

    #[test]
    fn only_a_refusal_of_the_recipient_is_final() {
        for message in ["Missing final '@domain'", "Illegal address", "Local address contains control or whitespace"] {
            assert!(is_about_the_recipient("BadRequestException", message), "{message}");
        }
        for (code, message) in [
            ("MessageRejected", "Email address is not verified. The following identities failed the check: a@example.com"),
            ("MailFromDomainNotVerifiedException", "The sending domain is not verified."),
            ("AccountSuspendedException", "The account's ability to send email has been permanently restricted."),
            ("SendingPausedException", "Email sending for the account is paused."),
            ("LimitExceededException", "Daily message quota exceeded."),
            ("TooManyRequestsException", "Maximum sending rate exceeded."),
            ("AccessDeniedException", "User is not authorized to perform ses:SendRawEmail on an identity of the domain."),
            ("BadRequestException", "Configuration set name is not valid for this domain."),
            ("NotFoundException", "Configuration set <backups> does not exist."),
        ] {
            assert!(!is_about_the_recipient(code, message), "{code}: {message}");
        }
    }
}
