//! The payment provider's keys, in Secrets Manager: read once, at cold start.

use aws_sdk_secretsmanager::Client;
use serde::Deserialize;

use super::errors::port_error;
use crate::payments::PaymentSettings;
use crate::ports::{ErrorKind, PortError};

/// What the secret holds: `{"api_key":"sk_…","webhook_secrets":["whsec_…"]}`. Messages signed with any of the secrets are taken, so that
/// one can be rotated.
#[derive(Deserialize)]
struct Keys {
    api_key: String,
    webhook_secrets: Vec<String>,
}

/// Reads the keys. `Corrupt` when the secret is not of that form; what it holds is not in the error.
pub async fn payment_settings(client: &Client, secret: &str, endpoint: Option<String>) -> Result<PaymentSettings, PortError> {
    let answer = client.get_secret_value().secret_id(secret).send().await.map_err(port_error("read the payment provider's keys"))?;
    let corrupt = || PortError::new(ErrorKind::Corrupt, "understand the payment provider's keys");
    let keys: Keys = serde_json::from_str(answer.secret_string().ok_or_else(corrupt)?).map_err(|_| corrupt())?;
    let default = PaymentSettings::new(keys.api_key, keys.webhook_secrets);
    Ok(match endpoint {
        Some(endpoint) => PaymentSettings { endpoint, ..default },
        None => default,
    })
}
