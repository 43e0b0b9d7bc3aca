//! Links, signed by the dedicated signer's long-lived key: a role's session would end long before seven days.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::presigning::PresigningConfig;
use chrono::{DateTime, Utc};

use super::errors::port_error;
use super::objects::Buckets;
use crate::ports::{ErrorKind, Links, ObjectRef, PortError};

/// The signer.
pub struct SignedLinks {
    client: Client,
    buckets: Buckets,
}

impl SignedLinks {
    pub(super) fn new(client: Client, buckets: Buckets) -> Self {
        Self { client, buckets }
    }
}

#[async_trait]
impl Links for SignedLinks {
    async fn sign(&self, at: &ObjectRef, file_name: &str, now: DateTime<Utc>, valid: Duration) -> Result<String, PortError> {
        let config = PresigningConfig::builder().start_time(now.into()).expires_in(valid).build();
        let config = config.map_err(|error| PortError::with(ErrorKind::Refused, "sign a link", error))?;
        let request = self.client.get_object().bucket(self.buckets.name(at.bucket)).key(&at.key);
        let request = request.response_content_disposition(format!("attachment; filename=\"{file_name}\""));
        let signed = request.presigned(config).await.map_err(port_error("sign a link"))?;
        Ok(signed.uri().to_owned())
    }
}
