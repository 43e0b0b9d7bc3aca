//! The payment provider's keys, in Secrets Manager: read once, at cold start.

use aws_sdk_secretsmanager::Client;

use super::errors::port_error;
use crate::payments::PaymentKeys;
use crate::ports::{ErrorKind, PortError};

/// Reads the keys from a secret of the form `{"api_key":"sk_…","webhook_secrets":["whsec_…"]}`. `Corrupt` when it is of another; what it
/// holds is not in the error.
pub async fn payment_keys(client: &Client, secret: &str) -> Result<PaymentKeys, PortError> {
    let request = client.get_secret_value().secret_id(secret);
    let answer = request.send().await.map_err(port_error("read the payment provider's keys"))?;
    let keys = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
    keys.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "understand the payment provider's keys"))
}
