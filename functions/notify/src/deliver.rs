//! Attempts deliveries concurrently. An attempt is recorded before it is made, so that no two calls make the same
//! attempt.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::future::join;
use futures_util::stream::{self, StreamExt};
use hozon_shared::domain::delivery::{Delivery, DeliveryId, DeliveryOutcome, Receiver};
use hozon_shared::domain::webhook::Webhook;
use hozon_shared::ports::{Due, DueItems, ErrorKind, PortError};
use hozon_shared::telemetry::Causes;
use serde_json::{Value, json};

use crate::channels::{Attempt, Sending};
use crate::notice::Notice;
use crate::notify::{FAILING, Notify};

/// Maximum number of concurrent mails.
const MAILS_AT_ONCE: usize = 8;
/// Maximum number of concurrent posts to webhooks.
const POSTS_AT_ONCE: usize = 32;
/// How long a call begins new attempts. The function may run for five minutes and is invoked every minute.
const BEGINS_FOR: TimeDelta = TimeDelta::minutes(4);

impl Notify {
    /// Attempts the due deliveries of all organisations. The answer counts the attempts. An item that cannot be read does
    /// not keep others from being attempted; it fails the call afterwards.
    pub(crate) async fn try_due(&self) -> Result<Value, PortError> {
        let DueItems { found, unreadable } = self.ports.schedules.due(self.ports.clock.now()).await;
        let deliveries = found.into_iter().filter_map(|due| if let Due::Delivery(id) = due { Some(id) } else { None });
        let attempts = self.try_all(deliveries.collect()).await;
        unreadable.into_iter().next().map_or(Ok(json!({ "attempts": attempts })), Err)
    }

    /// Reopens failed deliveries and attempts them.
    pub(crate) async fn try_given_up(&self, ids: Vec<DeliveryId>) -> Result<Value, PortError> {
        for id in &ids {
            let Some(delivery) = self.ports.outbox.delivery(*id).await? else { continue };
            if delivery.ended.is_some_and(|ended| ended.outcome == DeliveryOutcome::GivenUp) {
                let attempts = delivery.attempts;
                not_taken(self.ports.outbox.put_delivery(&delivery.reopen(self.ports.clock.now()), attempts).await)?;
            }
        }
        Ok(json!({ "attempts": self.try_all(ids).await }))
    }

    /// Attempts those of the deliveries that are due. Mails and posts run independently.
    pub(crate) async fn try_all(&self, ids: Vec<DeliveryId>) -> usize {
        let until = self.ports.clock.now() + BEGINS_FOR;
        let (mails, posts): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| matches!(id.receiver, Receiver::Mail(_)));
        let side_by_side = |ids: Vec<DeliveryId>, at_once| {
            stream::iter(ids)
                .map(|id| self.try_one(id, until))
                .buffer_unordered(at_once)
                .filter(|tried| std::future::ready(*tried))
                .count()
        };
        let (mails, posts) = join(side_by_side(mails, MAILS_AT_ONCE), side_by_side(posts, POSTS_AT_ONCE)).await;
        mails + posts
    }

    /// Sends mails whose attempts are recorded.
    pub(crate) async fn send_mails(&self, notice: &Notice, mails: Vec<Delivery>) {
        let sending = stream::iter(mails).map(|mail| self.attempt(mail, Some(notice)));
        sending.buffer_unordered(MAILS_AT_ONCE).collect::<Vec<()>>().await;
    }

    async fn try_one(&self, id: DeliveryId, until: DateTime<Utc>) -> bool {
        match self.begin(id, until).await {
            Ok(Some(delivery)) => {
                self.attempt(delivery, None).await;
                true
            }
            Ok(None) => false,
            Err(error) => {
                say_failing(id, &error);
                false
            }
        }
    }

    /// Records an attempt; `None` if the delivery is not due or another call was first.
    async fn begin(&self, id: DeliveryId, until: DateTime<Utc>) -> Result<Option<Delivery>, PortError> {
        let now = self.ports.clock.now();
        let found = self.ports.outbox.delivery(id).await?;
        let Some(delivery) = found.filter(|delivery| delivery.is_due(now) && now < until) else { return Ok(None) };
        let attempts = delivery.attempts;
        let begun = delivery.begin_attempt(now);
        let is_ours = not_taken(self.ports.outbox.put_delivery(&begun, attempts).await)?;
        Ok(is_ours.then_some(begun))
    }

    /// Makes a recorded attempt. If it fails, the delivery is due again later.
    async fn attempt(&self, delivery: Delivery, notice: Option<&Notice>) {
        let id = delivery.id;
        if let Err(error) = self.attempt_and_note(delivery, notice).await {
            say_failing(id, &error);
        }
    }

    async fn attempt_and_note(&self, delivery: Delivery, notice: Option<&Notice>) -> Result<(), PortError> {
        let webhook = self.webhook(&delivery).await?;
        let now = self.ports.clock.now();
        let attempt = match self.channels.of(delivery.id.receiver, webhook.as_ref()) {
            Some(channel) => channel.attempt(Sending { delivery: &delivery, webhook: webhook.as_ref(), notice, now }).await,
            None => Ok(Attempt::Unwanted),
        };
        let outcome = match attempt {
            Ok(Attempt::Arrived | Attempt::Unwanted) => DeliveryOutcome::Done,
            Ok(Attempt::Refused) => DeliveryOutcome::GivenUp,
            Ok(Attempt::Failed { retry_after: Some(wait) }) if !delivery.is_last_attempt() => {
                return self.put(delivery.put_off(now, wait)).await;
            }
            Ok(Attempt::Failed { .. }) if !delivery.is_last_attempt() => return Ok(()),
            Err(error) if !delivery.is_last_attempt() => return Err(error),
            Ok(Attempt::Gone | Attempt::Failed { .. }) | Err(_) => {
                self.give_up(&delivery, webhook, now).await?;
                DeliveryOutcome::GivenUp
            }
        };
        self.put(delivery.end(outcome, now)).await
    }

    /// Handles a delivery that failed for good: disables a webhook, or keeps a mail for the operator.
    async fn give_up(&self, delivery: &Delivery, webhook: Option<Webhook>, now: DateTime<Utc>) -> Result<(), PortError> {
        match webhook {
            Some(webhook) => {
                let disabled = Webhook { disabled: Some(now), ..webhook };
                not_taken(self.ports.webhooks.put_webhook(&disabled).await).map(drop)
            }
            None => {
                tracing::error!(
                    org.id = delivery.id.org.0,
                    event.id = delivery.id.event.0,
                    "a mail was given up and is kept for the operator"
                );
                self.ports.failures.keep(&json!({ "deliveries": [delivery.id] }).to_string()).await
            }
        }
    }

    /// Stores the result of this call's attempt. If a later attempt has begun meanwhile, that one decides.
    async fn put(&self, delivery: Delivery) -> Result<(), PortError> {
        not_taken(self.ports.outbox.put_delivery(&delivery, delivery.attempts).await).map(drop)
    }

    /// Returns the webhook of a delivery, if it is still enabled.
    async fn webhook(&self, delivery: &Delivery) -> Result<Option<Webhook>, PortError> {
        let Receiver::Webhook(id) = delivery.id.receiver else { return Ok(None) };
        let webhooks = self.ports.webhooks.webhooks(delivery.id.org).await?;
        Ok(webhooks.into_iter().find(|webhook| webhook.id == id && webhook.disabled.is_none()))
    }
}

fn say_failing(id: DeliveryId, error: &PortError) {
    tracing::error!(error = %Causes(error), org.id = id.org.0, event.id = id.event.0, "{FAILING}");
}

/// Whether a conditional write succeeded; `false` if another write came first.
fn not_taken(written: Result<(), PortError>) -> Result<bool, PortError> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind == ErrorKind::Conflict => Ok(false),
        Err(error) => Err(error),
    }
}
