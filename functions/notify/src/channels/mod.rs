//! The channels that messages are sent through, behind one trait. Each is a file here and a field of [`Channels`].
//! `deliver` decides when to send and how often to retry.

pub(crate) mod chat;
mod mail;
mod post;
mod webhook;

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::delivery::{Delivery, DeliveryId, Receiver};
use hozon_shared::domain::webhook::Webhook;
use hozon_shared::ports::PortError;
use serde_json::Value;

use crate::notice::Notice;
use crate::ports::NotifyPorts;
use chat::ChatChannel;
use mail::MailChannel;
pub use post::Post;
use webhook::WebhookChannel;

/// A channel that messages are sent through.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Returns the deliveries of an event on this channel. `webhooks` are all webhooks of the organisation.
    fn plan(&self, notice: &Notice, webhooks: &[Webhook], now: DateTime<Utc>) -> Vec<Delivery>;
    /// Makes one attempt. An error is a fault of this service: it is logged for the alarm, and the attempt counts as
    /// failed.
    async fn attempt(&self, sending: Sending<'_>) -> Result<Attempt, PortError>;
}

/// The input of an attempt.
pub struct Sending<'a> {
    pub delivery: &'a Delivery,
    /// The webhook that receives the message.
    pub webhook: Option<&'a Webhook>,
    /// The event and its context, if already read.
    pub notice: Option<&'a Notice>,
    pub now: DateTime<Utc>,
}

/// Result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The receiver accepted the message.
    Arrived,
    /// The receiver is not subscribed any more.
    Unwanted,
    /// The receiver rejects this message for good.
    Refused,
    /// The receiver accepts no further messages.
    Gone,
    /// Any other failure.
    Failed {
        /// Delay that the receiver asked for.
        retry_after: Option<TimeDelta>,
    },
}

/// All channels.
#[derive(Clone)]
pub struct Channels {
    mail: Arc<dyn Channel>,
    webhook: Arc<dyn Channel>,
    chat: Arc<dyn Channel>,
}

impl Channels {
    /// Creates all channels on these ports.
    pub fn new(ports: &NotifyPorts, post: Post) -> Self {
        Self {
            mail: Arc::new(MailChannel(ports.clone())),
            webhook: Arc::new(WebhookChannel(post.clone())),
            chat: Arc::new(ChatChannel(post)),
        }
    }

    /// Lists the channels.
    pub fn all(&self) -> [&dyn Channel; 3] {
        [&*self.mail, &*self.webhook, &*self.chat]
    }

    /// Returns the channel of a receiver; `None` if its webhook was removed or disabled.
    pub fn of(&self, receiver: Receiver, webhook: Option<&Webhook>) -> Option<&dyn Channel> {
        match (receiver, webhook) {
            (Receiver::Mail(_), _) => Some(&*self.mail),
            (Receiver::Webhook(_), Some(webhook)) if webhook.kind.is_chat() => Some(&*self.chat),
            (Receiver::Webhook(_), Some(_)) => Some(&*self.webhook),
            (Receiver::Webhook(_), None) => None,
        }
    }
}

/// Returns a delivery for each webhook that belongs to the channel.
fn to_webhooks(
    notice: &Notice,
    webhooks: &[Webhook],
    now: DateTime<Utc>,
    message: impl Fn(&Webhook) -> Option<Value>,
) -> Vec<Delivery> {
    let delivery = |webhook: &Webhook| {
        let id = DeliveryId { org: webhook.org, event: notice.event.id, receiver: Receiver::Webhook(webhook.id) };
        Some(Delivery::new(id, Some(message(webhook)?.to_string()), now))
    };
    webhooks.iter().filter(|webhook| webhook.disabled.is_none()).filter_map(delivery).collect()
}
