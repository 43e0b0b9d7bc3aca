//! How the API knows that a request has come through CloudFront.

use async_trait::async_trait;

use super::PortError;

/// The secret that CloudFront adds to what it passes on.
#[async_trait]
pub trait OriginSecrets: Send + Sync {
    /// The secret, and the one before it where there was one: CloudFront takes minutes to send a new one everywhere.
    async fn current_and_previous(&self) -> Result<Vec<String>, PortError>;
}
