//! Mails to the administrator concerned and to the organisation's recipients, each in their language. A mail is
//! written when it is sent, because its links are secrets that the table does not store.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_shared::domain::delivery::{AddressDigest, Delivery, DeliveryId, Receiver};
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::webhook::Webhook;
use hozon_shared::ports::{ErrorKind, Mail, PortError};
use hozon_shared::telemetry::Causes;

use super::channel::{Attempt, Channel, Sending};
use crate::letter::{self, Letter};
use crate::notice::Notice;
use crate::ports::NotifyPorts;
use crate::render;

/// Sends mails.
pub struct MailChannel(pub NotifyPorts);

#[async_trait]
impl Channel for MailChannel {
    fn plan(&self, notice: &Notice, _webhooks: &[Webhook], now: DateTime<Utc>) -> Vec<Delivery> {
        // The mail about the finished backup says it.
        if matches!(notice.event.what, EventKind::UnusualLoss { .. }) {
            return Vec::new();
        }
        let id = |address: &str| DeliveryId {
            org: notice.organisation.id,
            event: notice.event.id,
            receiver: Receiver::Mail(AddressDigest::of(address)),
        };
        recipients(notice).iter().map(|(_, address)| Delivery::new(id(address), None, now)).collect()
    }

    async fn attempt(&self, sending: Sending<'_>) -> Result<Attempt, PortError> {
        if let Some(notice) = sending.notice {
            return self.send(sending.delivery, notice).await;
        }
        let DeliveryId { org, event, .. } = sending.delivery.id;
        match Notice::read(&self.0, org, event).await? {
            Some(notice) => self.send(sending.delivery, &notice).await,
            None => Ok(Attempt::Unwanted),
        }
    }
}

impl MailChannel {
    /// Sends a mail if its receiver is still a recipient.
    async fn send(&self, delivery: &Delivery, notice: &Notice) -> Result<Attempt, PortError> {
        let is_theirs = |address: &str| Receiver::Mail(AddressDigest::of(address)) == delivery.id.receiver;
        let Some((locale, to)) = recipients(notice).into_iter().find(|(_, address)| is_theirs(address)) else {
            return Ok(Attempt::Unwanted);
        };
        let links = letter::links(&self.0, &notice.organisation, &notice.event, locale).await?;
        let letter = Letter::about(&notice.organisation, &notice.event, locale, links);
        let html = render::html(&letter).map_err(|error| PortError::with(ErrorKind::Corrupt, "write a mail", error))?;
        let (id, text) = (mail_id(delivery.id), render::text(&letter));
        let mail = Mail { id, to, subject: letter.subject, text, html, language: locale.tag() };
        match self.0.mailer.send(&mail).await {
            Ok(()) => Ok(Attempt::Arrived),
            Err(error) if error.kind == ErrorKind::Refused => {
                tracing::warn!(
                    error = %Causes(&error),
                    org.id = delivery.id.org.0,
                    "a mail's address was refused"
                );
                Ok(Attempt::Refused)
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the Message-ID of a mail. Each message has its own (RFC 5322 section 3.6.4), so two recipients of one
/// event get two. It starts with the organisation's id, which the local program uses to hide the mails of other
/// organisations.
fn mail_id(delivery: DeliveryId) -> String {
    let DeliveryId { org, event, receiver } = delivery;
    match receiver {
        Receiver::Mail(address) => format!("{org}.{event}.{}", &address.to_string()[..16]),
        Receiver::Webhook(webhook) => format!("{org}.{event}.{webhook}"),
    }
}

/// The recipient and the language of a mail.
fn recipients(notice: &Notice) -> Vec<(Locale, String)> {
    let Notice { organisation, event, contact } = notice;
    let locale = contact.as_ref().map(|contact| contact.locale).unwrap_or_default();
    let own = contact.as_ref().and_then(|contact| contact.email.clone());
    let mut found: Vec<(Locale, String)> = own.into_iter().map(|address| (locale, address)).collect();
    for address in organisation.recipients.iter().filter(|_| is_result(&event.what)) {
        if !found.iter().any(|(_, known)| known.eq_ignore_ascii_case(address)) {
            found.push((organisation.locale.unwrap_or(locale), address.clone()));
        }
    }
    found
}

fn is_result(what: &EventKind) -> bool {
    matches!(
        what,
        EventKind::BackupReady { .. }
            | EventKind::LinksEnding { .. }
            | EventKind::BackupFailed { .. }
            | EventKind::BackupCancelled { .. }
            | EventKind::BackupSkipped { .. }
            | EventKind::BackupOverlapped { .. }
            | EventKind::BackupMissed { .. }
    )
}
