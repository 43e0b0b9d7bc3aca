//! Incoming webhooks of chat services: Slack, Microsoft Teams, and services compatible with one of them. The URL
//! itself is the secret, so messages are not signed. Messages contain no links, because more people may read a
//! channel than may download a backup.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use hozon_shared::domain::chat::ChatMessage;
use hozon_shared::domain::delivery::Delivery;
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::webhook::Webhook;
use hozon_shared::ports::PortError;

use super::channel::{Attempt, Channel, Sending, to_webhooks};
use super::post::Post;
use crate::figures::written;
use crate::notice::Notice;
use crate::words;

/// Posts messages for people to read.
pub struct ChatChannel(pub Post);

#[async_trait]
impl Channel for ChatChannel {
    fn plan(&self, notice: &Notice, webhooks: &[Webhook], now: DateTime<Utc>) -> Vec<Delivery> {
        // The message about the finished backup says it.
        if matches!(notice.event.what, EventKind::UnusualLoss { .. }) {
            return Vec::new();
        }
        let message = message(notice);
        to_webhooks(notice, webhooks, now, |webhook| message.body(webhook.kind))
    }

    async fn attempt(&self, sending: Sending<'_>) -> Result<Attempt, PortError> {
        let (Some(webhook), Some(body)) = (sending.webhook, &sending.delivery.body) else { return Ok(Attempt::Unwanted) };
        Ok(Attempt::of_post(self.0.post(webhook, &[], body).await, webhook.kind))
    }
}

/// Writes the message about an event in the organisation's language, or else in that of the administrator concerned.
pub fn message(notice: &Notice) -> ChatMessage {
    let Notice { organisation, event, contact } = notice;
    let own = contact.as_ref().map(|contact| contact.locale).unwrap_or_default();
    let (locale, zone) = (organisation.locale.unwrap_or(own), organisation.time_zone);
    let (title, paragraphs) = words::chat(&event.what, zone, locale);
    let footer = words::footer(&organisation.name, &written(event.at, zone, locale), locale);
    ChatMessage { locale, title, paragraphs, footer }
}
