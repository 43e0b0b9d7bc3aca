//! The channels that messages are sent through, behind one trait. Each is a file here and a field of [`Channels`].
//! `deliver` decides when to send and how often to retry.

mod channel;
pub(crate) mod chat;
mod mail;
mod post;
mod webhook;

use std::sync::Arc;

use hozon_shared::domain::delivery::Receiver;
use hozon_shared::domain::webhook::Webhook;

use crate::ports::NotifyPorts;
pub use channel::{Attempt, Channel, Sending};
use chat::ChatChannel;
use mail::MailChannel;
pub use post::Post;
use webhook::WebhookChannel;

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
