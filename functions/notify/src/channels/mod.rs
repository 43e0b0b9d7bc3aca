//! The ways to reach people, behind one trait: a file each, and a field in [`Channels`]. What is tried when, and for how long, is not
//! theirs: see `deliver`.

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

/// A way to reach people.
#[async_trait]
pub trait Channel: Send + Sync {
    /// The deliveries that an event leads to, of all the organisation's webhooks those that are this channel's.
    fn plan(&self, notice: &Notice, webhooks: &[Webhook], now: DateTime<Utc>) -> Vec<Delivery>;
    /// Makes one attempt. An error is the service's own trouble: it is logged for the alarm, and the attempt counts as failed.
    async fn attempt(&self, sending: Sending<'_>) -> Result<Attempt, PortError>;
}

/// What an attempt needs.
pub struct Sending<'a> {
    /// The delivery.
    pub delivery: &'a Delivery,
    /// The webhook that it goes to.
    pub webhook: Option<&'a Webhook>,
    /// What it is about, where that has been read already.
    pub notice: Option<&'a Notice>,
    /// The time.
    pub now: DateTime<Utc>,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attempt {
    /// The receiver has the message.
    Arrived,
    /// There is nobody left who wants it.
    Unwanted,
    /// This receiver never takes this message.
    Refused,
    /// This receiver takes no message any more.
    Gone,
    /// Any other failure.
    Failed {
        /// How long the receiver asks to be left alone.
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
    /// The channels over these ports.
    pub fn new(ports: &NotifyPorts, post: Post) -> Self {
        Self {
            mail: Arc::new(MailChannel(ports.clone())),
            webhook: Arc::new(WebhookChannel(post.clone())),
            chat: Arc::new(ChatChannel(post)),
        }
    }

    /// Each of them.
    pub fn all(&self) -> [&dyn Channel; 3] {
        [&*self.mail, &*self.webhook, &*self.chat]
    }

    /// The channel of a receiver; `None` where its webhook was removed or gets no messages.
    pub fn of(&self, receiver: Receiver, webhook: Option<&Webhook>) -> Option<&dyn Channel> {
        match (receiver, webhook) {
            (Receiver::Mail(_), _) => Some(&*self.mail),
            (Receiver::Webhook(_), Some(webhook)) if webhook.kind.is_chat() => Some(&*self.chat),
            (Receiver::Webhook(_), Some(_)) => Some(&*self.webhook),
            (Receiver::Webhook(_), None) => None,
        }
    }
}

/// Deliveries of a message to those of the webhooks that are for it.
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
