//! An SQS queue as the place of what could not be handled.

use async_trait::async_trait;
use aws_sdk_sqs::Client;

use super::errors::port_error;
use super::lazily::Lazily;
use crate::ports::{DeadLetters, PortError};

/// An SQS queue.
pub struct Queue {
    pub(super) client: Lazily<Client>,
    pub(super) url: String,
}

#[async_trait]
impl DeadLetters for Queue {
    async fn keep(&self, letter: &str) -> Result<(), PortError> {
        let request = self.client.send_message().queue_url(&self.url).message_body(letter);
        request.send().await.map(drop).map_err(port_error("send a message to a queue"))
    }
}
