//! The secret by which the API recognises requests that came through CloudFront.

use async_trait::async_trait;

use super::PortError;

/// Provides the secret header value that CloudFront adds to forwarded requests.
#[async_trait]
pub trait OriginSecrets: Send + Sync {
    /// Returns the current secret, followed by the previous one if there is one. CloudFront takes minutes to roll out a
    /// new secret, so both are valid during a rotation.
    async fn current_and_previous(&self) -> Result<Vec<String>, PortError>;
}
