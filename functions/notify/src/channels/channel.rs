//! What all channels have in common: the trait, the result of an attempt, and the handling of webhooks.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::delivery::{Delivery, DeliveryId, Receiver};
use hozon_shared::domain::webhook::{Webhook, WebhookKind};
use hozon_shared::ports::PortError;
use serde_json::Value;

use super::post::PostOutcome;
use crate::notice::Notice;

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

impl Attempt {
    /// Returns the result of a post to a webhook of that kind.
    pub fn of_post(answer: PostOutcome, kind: WebhookKind) -> Self {
        match answer {
            PostOutcome::Taken => Self::Arrived,
            PostOutcome::Status { status, .. } if is_gone(kind, status) => Self::Gone,
            PostOutcome::Status { retry_after, .. } => Self::Failed { retry_after },
            PostOutcome::NotReached => Self::Failed { retry_after: None },
        }
    }
}

/// Whether the receiver accepts no further messages: it answers 410. Slack also answers 404 for a removed channel or URL
/// (Slack, "Improving error conditions for Incoming Webhooks").
fn is_gone(kind: WebhookKind, status: u16) -> bool {
    status == 410 || (kind == WebhookKind::Slack && status == 404)
}

/// Returns a delivery for each webhook that belongs to the channel.
pub fn to_webhooks(
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
