//! Keys in Secrets Manager. The payment provider's are `{"api_key":"sk_…","webhook_secrets":["whsec_…"]}`, the signer's
//! `{"id":"AKIA…","secret":"…"}`.

use aws_sdk_secretsmanager::Client;
use serde::de::DeserializeOwned;

use super::errors::port_error;
use crate::ports::{ErrorKind, PortError};

/// Reads keys. `Corrupt` when the secret has another form; what it holds is not in the error.
pub async fn read<T: DeserializeOwned>(client: &Client, secret: &str) -> Result<T, PortError> {
    let request = client.get_secret_value().secret_id(secret).version_stage("AWSCURRENT");
    let answer = request.send().await.map_err(port_error("read keys"))?;
    let keys = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
    keys.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "understand keys"))
}
