//! Notifies people of events. An event of the table's stream becomes one delivery per receiver. All are stored
//! before anything is sent, and each is retried until it succeeds or fails for good. A repeated stream record causes
//! no second delivery.
//!
//! Mails are sent with their event. Posts to webhooks run in a separate invocation, which the stream causes for each
//! new delivery and a timer every minute, so that a slow webhook delays no mail.

mod changes;
mod channels;
mod deliver;
mod drills;
mod figures;
mod letter;
mod notice;
mod notify;
mod plan;
mod ports;
mod purchases;
mod render;
#[cfg(test)]
mod snapshot_tests;
mod stream;
mod words;

use hozon_shared::domain::delivery::DeliveryId;
use hozon_shared::ports::PortError;
use hozon_shared::telemetry::Causes;
use serde::Deserialize;
use serde_json::{Value, json};

pub use channels::Post;
use notify::FAILING;
pub use notify::Notify;
pub use ports::NotifyPorts;
pub use stream::StreamError;
use stream::{RecordContent, StreamRecord};

/// Reasons why an invocation fails as a whole.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The input cannot be parsed.
    #[error(transparent)]
    Input(#[from] StreamError),
    /// A port failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Asks for another attempt at failed deliveries. The queue of failed notices holds one such call per delivery.
#[derive(Deserialize)]
struct GivenUp {
    deliveries: Vec<DeliveryId>,
}

impl Notify {
    /// Handles an invocation: a batch of stream records, `{"again":{}}` for the due deliveries, or
    /// `{"deliveries":[…]}` for failed ones.
    pub async fn handle(&self, input: Value) -> Result<Value, NotifyError> {
        if input.get("again").is_some() {
            return Ok(self.try_due().await?);
        }
        if let Ok(given_up) = GivenUp::deserialize(&input) {
            return Ok(self.try_given_up(given_up.deliveries).await?);
        }
        Ok(self.batch(input).await?)
    }

    /// Handles a batch of stream records. The answer names the first record that failed, if any; Lambda delivers it
    /// and all later ones again. A failed delivery is not a failed record, because it has its own time of retry.
    async fn batch(&self, batch: Value) -> Result<Value, StreamError> {
        let mut deliveries = Vec::new();
        let mut failures = Vec::new();
        for record in stream::records(batch)? {
            match self.record(&record).await {
                Ok(delivery) => deliveries.extend(delivery),
                Err(error) => {
                    tracing::error!(error = %Causes(&error), stream.record = record.sequence, "{FAILING}");
                    failures.push(json!({ "itemIdentifier": record.sequence }));
                    break;
                }
            }
        }
        self.try_all(deliveries).await;
        Ok(json!({ "batchItemFailures": failures }))
    }

    /// Handles a record. An unreadable record goes to the operator's queue at once, because it would block the later
    /// ones: Lambda gives up a record only by its age or number of attempts, and repeats everything after it (AWS
    /// Lambda developer guide, "Configuring partial batch response with DynamoDB and Lambda").
    async fn record(&self, record: &StreamRecord) -> Result<Option<DeliveryId>, PortError> {
        match record.content() {
            Ok(Some(RecordContent::Event(org, event))) => self.event(org, &event).await.map(|()| None),
            Ok(Some(RecordContent::Delivery(id))) => Ok(Some(id)),
            Ok(None) => Ok(None),
            Err(error) => {
                self.ports.failures.keep(&json!({ "Records": [record.raw] }).to_string()).await?;
                tracing::error!(error = %Causes(&error), stream.record = record.sequence, "a stream record cannot be read and was put aside");
                Ok(None)
            }
        }
    }
}
