//! Keys in Secrets Manager. The payment provider's secret is `{"api_key":"sk_…","webhook_secrets":["whsec_…"]}`, the
//! link signer's `{"id":"AKIA…","secret":"…"}`, that of the OAuth client for Zoho `{"id":"1000.…","secret":"…"}`, and CloudFront's
//! `{"secret":"…"}`. The key of links without a query
//! string has the same form as the link signer's.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::errors::port_error;
use super::lazily::Lazily;
use crate::ports::{ErrorKind, OriginSecrets, PortError};

/// Reads a secret. Fails with `Corrupt` if it has a different form; the error does not contain the secret's value.
pub async fn read<T: DeserializeOwned>(client: &Client, secret: &str) -> Result<T, PortError> {
    let request = client.get_secret_value().secret_id(secret).version_stage("AWSCURRENT");
    understood(&request.send().await.map_err(port_error("read keys"))?)
}

/// Reads the previous value of a secret; `None` if it was never rotated.
async fn read_previous<T: DeserializeOwned>(client: &Client, secret: &str) -> Result<Option<T>, PortError> {
    let request = client.get_secret_value().secret_id(secret).version_stage("AWSPREVIOUS");
    match request.send().await {
        Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => Ok(None),
        other => understood(&other.map_err(port_error("read keys"))?).map(Some),
    }
}

fn understood<T: DeserializeOwned>(answer: &GetSecretValueOutput) -> Result<T, PortError> {
    let keys = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
    keys.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "understand keys"))
}

/// Reads CloudFront's secret from Secrets Manager.
pub struct OriginSecret {
    pub client: Lazily<Client>,
    pub secret: String,
}

#[derive(Deserialize)]
struct Sent {
    secret: String,
}

#[async_trait]
impl OriginSecrets for OriginSecret {
    async fn current_and_previous(&self) -> Result<Vec<String>, PortError> {
        let current: Sent = read(&self.client, &self.secret).await?;
        let previous = read_previous::<Sent>(&self.client, &self.secret).await?;
        Ok([Some(current), previous].into_iter().flatten().map(|sent| sent.secret).collect())
    }
}
