//! Tells people what has happened: events of the table's stream become mails and webhook messages. A record that is delivered twice makes one of each; one that
//! cannot be handled now is reported, so that the stream delivers it and what follows it again.

mod letter;
mod post;
mod purchases;
mod render;
mod stream;
mod webhooks;
mod words;

use std::sync::Arc;

use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::id::{EventId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Contact, Organisation};
use hozon_shared::ports::{ErrorKind, Mail, Mailer, PortError, Ports};
use hozon_shared::telemetry::Causes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use letter::Letter;
pub use post::Post;
pub use stream::StreamError;

use stream::Record;

/// The function and what it uses.
#[derive(Clone)]
pub struct Notify {
    /// The outside.
    pub ports: Ports,
    /// Sends mail.
    pub mailer: Arc<dyn Mailer>,
    /// Posts to webhooks.
    pub post: Post,
}

/// Why a call failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] StreamError),
    /// The outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl Notify {
    /// Handles a call: a batch of stream records, or `{"again":{}}` for webhooks that were not reached.
    pub async fn handle(&self, input: Value) -> Result<Value, NotifyError> {
        if input.get("again").is_some() {
            return Ok(self.tell_again().await?);
        }
        Ok(self.batch(input).await?)
    }

    /// Handles a batch of stream records, in order. The answer names the first record that failed, if any: it and those behind it are
    /// delivered again.
    async fn batch(&self, batch: Value) -> Result<Value, StreamError> {
        for record in stream::records(batch)? {
            let Err(error) = self.record(&record).await else { continue };
            tracing::error!(error = %Causes(&error), stream.record = record.sequence, "a notification failed and is tried again");
            return Ok(json!({ "batchItemFailures": [{ "itemIdentifier": record.sequence }] }));
        }
        Ok(json!({ "batchItemFailures": [] }))
    }

    /// Tells everybody who is to know of a record. What fails for one does not keep the others from being told.
    async fn record(&self, record: &Record) -> Result<(), PortError> {
        let Some((org, event)) = record.event()? else { return Ok(()) };
        if event.what.notification().is_none() {
            return Ok(());
        }
        let Some(organisation) = self.ports.store.organisation(org).await? else { return Ok(()) };
        self.tell(&organisation, &event).await?;
        let contact = self.ports.schedules.contact(org, event.by.id).await?;
        let mut failed = None;
        for (locale, addresses) in addresses(&organisation, contact, &event.what) {
            if addresses.is_empty() {
                continue;
            }
            let letter = Letter::about(&self.ports, &organisation, &event, locale).await?;
            for address in addresses {
                if let Err(error) = self.send(org, &event, &letter, address).await {
                    failed.get_or_insert(error);
                }
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Sends a mail that was not sent before. One whose address is refused is noted and not tried again.
    async fn send(&self, org: OrgId, event: &Event, letter: &Letter, to: String) -> Result<(), PortError> {
        let now = self.ports.clock.now();
        if self.ports.outbox.is_done(org, event.id, &to).await? {
            return Ok(());
        }
        let id = mail_id(org, event.id, &to);
        let (text, html) = (render::text(letter), render::html(letter));
        let mail = Mail { id, to, subject: letter.subject.clone(), text, html, language: letter.locale.tag() };
        match self.mailer.send(&mail).await {
            Err(error) if error.kind == ErrorKind::Refused => {
                tracing::warn!(error = %Causes(&error), org.id = org.0, "a mail's address was refused");
            }
            other => other?,
        }
        self.ports.outbox.done(org, event.id, &mail.to, now).await
    }
}

/// The name of a mail: each message has its own (RFC 5322 section 3.6.4), so two recipients of the same news have two.
/// It begins with the organisation, by which the local program shows nobody another organisation's mails.
fn mail_id(org: OrgId, event: EventId, to: &str) -> String {
    let recipient: String = Sha256::digest(to).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{org}.{event}.{recipient}")
}

/// The administrator concerned, and the organisation's recipients of results, each in their language.
fn addresses(organisation: &Organisation, contact: Option<Contact>, what: &EventKind) -> [(Locale, Vec<String>); 2] {
    let locale = contact.as_ref().map(|contact| contact.locale).unwrap_or_default();
    let own: Vec<String> = contact.and_then(|contact| contact.email).into_iter().collect();
    let mut others: Vec<String> = Vec::new();
    let is_result = matches!(
        what,
        EventKind::BackupReady { .. }
            | EventKind::BackupFailed { .. }
            | EventKind::BackupSkipped { .. }
            | EventKind::BackupMissed { .. }
    );
    for address in organisation.recipients.iter().filter(|_| is_result) {
        if !own.iter().chain(&others).any(|known| known.eq_ignore_ascii_case(address)) {
            others.push(address.clone());
        }
    }
    [(locale, own), (organisation.locale.unwrap_or(locale), others)]
}
