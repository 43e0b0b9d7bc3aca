//! Mail through SESv2, as finished MIME messages.

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::primitives::Blob;
use aws_sdk_sesv2::types::{Destination, EmailContent, RawMessage};
use mail_builder::MessageBuilder;
use mail_builder::headers::text::Text;

use super::errors::port_error;
use crate::ports::{ErrorKind, Mail, Mailer, PortError};
use crate::settings::MailSettings;

/// SESv2.
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
            // RFC 3834: nobody's holiday notice is to answer this.
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
        let request = request.destination(Destination::builder().to_addresses(&mail.to).build());
        let request = request.content(EmailContent::builder().raw(raw).build());
        let request = request.set_configuration_set_name(self.settings.configuration_set.clone());
        request.send().await.map(drop).map_err(port_error("send a mail"))
    }
}
