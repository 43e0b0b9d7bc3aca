//! Tells an organisation's webhooks: at once, and what did not arrive again and again, with growing waits.

use chrono::{DateTime, SecondsFormat, Utc};
use hozon_shared::api::local_time;
use hozon_shared::call::first_of;
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::id::{EventId, OrgId, WebhookId};
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::webhook::{Delivery, Webhook};
use hozon_shared::ports::{Due, DueItems, PortError};
use serde_json::{Value, json};

use crate::Notify;
use crate::post::Attempt;

impl Notify {
    /// Tells every webhook of an event that it was not told of before.
    pub(crate) async fn tell(&self, organisation: &Organisation, event: &Event) -> Result<(), PortError> {
        let org = organisation.id;
        for webhook in self.ports.webhooks.webhooks(org).await?.into_iter().filter(|webhook| webhook.disabled.is_none()) {
            let receiver = format!("webhook {}", webhook.id);
            if self.ports.outbox.is_done(org, event.id, &receiver).await? {
                continue;
            }
            let now = self.ports.clock.now();
            let body = message(organisation, event).to_string();
            let delivery = Delivery { org, webhook: webhook.id, event: event.id, body, attempts: 0, next: now };
            self.attempt(webhook, delivery, now).await?;
            self.ports.outbox.done(org, event.id, &receiver, now).await?;
        }
        Ok(())
    }

    /// Tries what is due to be tried again, of all organisations. The answer counts the attempts.
    pub(crate) async fn tell_again(&self) -> Result<Value, PortError> {
        let now = self.ports.clock.now();
        let mut attempts = 0;
        let DueItems { found, unreadable } = self.ports.schedules.due(now).await;
        for due in found {
            if let Due::Delivery(org, webhook, event) = due {
                self.try_again(org, webhook, event, now).await?;
                attempts += 1;
            }
        }
        first_of(unreadable).map(|()| json!({ "attempts": attempts }))
    }

    async fn try_again(&self, org: OrgId, id: WebhookId, event: EventId, now: DateTime<Utc>) -> Result<(), PortError> {
        let Some(delivery) = self.ports.webhooks.delivery(org, id, event).await?.filter(|open| open.next <= now) else {
            return Ok(());
        };
        let webhook = self.ports.webhooks.webhooks(org).await?.into_iter().find(|webhook| webhook.id == id);
        match webhook.filter(|webhook| webhook.disabled.is_none()) {
            Some(webhook) => self.attempt(webhook, delivery, now).await,
            None => self.ports.webhooks.delete_delivery(org, id, event).await,
        }
    }

    async fn attempt(&self, webhook: Webhook, delivery: Delivery, now: DateTime<Utc>) -> Result<(), PortError> {
        let (org, id, event) = (delivery.org, delivery.webhook, delivery.event);
        let outcome = self.post.attempt(&webhook, &delivery, now).await;
        let open = if outcome == Attempt::Failed { delivery.failed(now) } else { None };
        match open {
            Some(delivery) => self.ports.webhooks.put_delivery(&delivery).await,
            None => {
                if outcome != Attempt::Arrived {
                    self.ports.webhooks.put_webhook(&Webhook { disabled: Some(now), ..webhook }).await?;
                }
                self.ports.webhooks.delete_delivery(org, id, event).await
            }
        }
    }
}

/// What is posted. Links are not in it: whoever handles the message asks the API for them.
fn message(organisation: &Organisation, event: &Event) -> Value {
    let zone = organisation.time_zone;
    let (failure, occurrence) = match &event.what {
        EventKind::BackupFailed { failure, .. } => (Some(failure), None),
        EventKind::BackupSkipped { occurrence, .. } | EventKind::BackupMissed { occurrence, .. } => {
            (None, Some(local_time(*occurrence, zone)))
        }
        _ => (None, None),
    };
    json!({
        "type": format!("backup.{}", event.what.notification().unwrap_or_default()),
        "timestamp": event.at.to_rfc3339_opts(SecondsFormat::Secs, true),
        "data": {
            "organisation": { "id": organisation.id, "name": organisation.name },
            "event": { "id": event.id },
            "backup": event.what.backup().map(|id| json!({ "id": id })),
            "repeat_type": event.what.repeat(),
            "occurrence": occurrence,
            "failure": failure,
        },
    })
}
