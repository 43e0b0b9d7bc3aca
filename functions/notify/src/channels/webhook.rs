//! Webhooks of an organisation's own services: messages in JSON, signed according to the Standard Webhooks
//! specification, version 1.

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, Utc};
use hozon_shared::api::{ChangesOut, local_time};
use hozon_shared::domain::delivery::Delivery;
use hozon_shared::domain::event::EventKind;
use hozon_shared::domain::webhook::{Webhook, WebhookKind};
use hozon_shared::ports::{ErrorKind, PortError};
use serde_json::{Value, json};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP};

use super::channel::{Attempt, Channel, Sending, to_webhooks};
use super::post::Post;
use crate::notice::Notice;

/// Posts signed messages.
pub struct WebhookChannel(pub Post);

#[async_trait]
impl Channel for WebhookChannel {
    fn plan(&self, notice: &Notice, webhooks: &[Webhook], now: DateTime<Utc>) -> Vec<Delivery> {
        to_webhooks(notice, webhooks, now, |webhook| (webhook.kind == WebhookKind::Json).then(|| message(notice)))
    }

    async fn attempt(&self, sending: Sending<'_>) -> Result<Attempt, PortError> {
        let (Some(webhook), Some(body)) = (sending.webhook, &sending.delivery.body) else { return Ok(Attempt::Unwanted) };
        let (id, time) = (sending.delivery.message_id(), sending.now.timestamp());
        let signature = sign(webhook, &id, time, body)?;
        let headers =
            [(HEADER_WEBHOOK_ID, id), (HEADER_WEBHOOK_TIMESTAMP, time.to_string()), (HEADER_WEBHOOK_SIGNATURE, signature)];
        Ok(Attempt::of_post(self.0.post(webhook, &headers, body).await, webhook.kind))
    }
}

/// Computes the `webhook-signature` of a message.
fn sign(webhook: &Webhook, id: &str, time: i64, body: &str) -> Result<String, PortError> {
    let signed = standardwebhooks::Webhook::new(webhook.secret.reveal()).and_then(|key| key.sign(id, time, body.as_bytes()));
    signed.map_err(|error| PortError::with(ErrorKind::Corrupt, "sign a webhook's message", error))
}

/// Returns the body of a message. It contains no links; receivers request them from the API.
fn message(notice: &Notice) -> Value {
    let (organisation, event) = (&notice.organisation, &notice.event);
    let zone = organisation.time_zone;
    let (failure, occurrence) = match &event.what {
        EventKind::BackupFailed { failure, .. } => (Some(failure), None),
        EventKind::BackupSkipped { occurrence, .. }
        | EventKind::BackupOverlapped { occurrence, .. }
        | EventKind::BackupMissed { occurrence, .. } => (None, Some(local_time(*occurrence, zone))),
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
            "changes": event.what.changes().map(ChangesOut::from),
        },
    })
}
