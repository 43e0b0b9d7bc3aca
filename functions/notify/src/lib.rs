//! Tells people what has happened. An event of the table's stream becomes deliveries, one for each receiver, written before anything is
//! sent; a delivery is tried until it has arrived or is given up. A record that comes twice is delivered once.
//!
//! Mails are sent with the event that they are about. Messages to webhooks are posted by another call, which the stream makes for each new
//! delivery, and again each minute, so that a slow webhook holds up no mail.

mod channels;
mod deliver;
mod figures;
mod letter;
mod notice;
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

use channels::Channels;
pub use channels::Post;
pub use ports::NotifyPorts;
pub use stream::StreamError;
use stream::{News, Record};

/// The log line that the alarm `NoticesFailing` counts.
pub(crate) const FAILING: &str = "a notification failed and is tried again";

/// The function.
#[derive(Clone)]
pub struct Notify {
    ports: NotifyPorts,
    channels: Channels,
}

/// Why a call failed as a whole.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// The input cannot be read.
    #[error(transparent)]
    Input(#[from] StreamError),
    /// The outside failed.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// A call to try deliveries again that were given up: what the queue of failed notices holds for each.
#[derive(Deserialize)]
struct GivenUp {
    deliveries: Vec<DeliveryId>,
}

impl Notify {
    /// The function with its ports; messages to webhooks are posted by `post`.
    pub fn new(ports: NotifyPorts, post: Post) -> Self {
        Self { channels: Channels::new(&ports, post), ports }
    }

    /// Handles a call: a batch of stream records, `{"again":{}}` for the deliveries that are due, or `{"deliveries":[…]}` for some that
    /// were given up.
    pub async fn handle(&self, input: Value) -> Result<Value, NotifyError> {
        if input.get("again").is_some() {
            return Ok(self.try_due().await?);
        }
        if let Ok(given_up) = GivenUp::deserialize(&input) {
            return Ok(self.try_given_up(given_up.deliveries).await?);
        }
        Ok(self.batch(input).await?)
    }

    /// Handles a batch of stream records. The answer names the first event that failed, if any: it and the records behind it are handed over
    /// again. A delivery that fails is no failed record: it is due again at its own time.
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

    /// Handles a record. One that cannot be read never will be, so it is kept for the operator at once instead of holding up those behind
    /// it. Lambda itself gives a record up only by its age or after so many calls, and hands over all behind a failed one again (AWS Lambda
    /// developer guide, "Configuring partial batch response with DynamoDB and Lambda").
    async fn record(&self, record: &Record) -> Result<Option<DeliveryId>, PortError> {
        match record.news() {
            Ok(Some(News::Event(org, event))) => self.event(org, &event).await.map(|()| None),
            Ok(Some(News::Delivery(id))) => Ok(Some(id)),
            Ok(None) => Ok(None),
            Err(error) => {
                self.ports.failures.keep(&json!({ "Records": [record.raw] }).to_string()).await?;
                tracing::error!(error = %Causes(&error), stream.record = record.sequence, "a stream record cannot be read and was put aside");
                Ok(None)
            }
        }
    }
}
