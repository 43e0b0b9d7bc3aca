//! Settings of the payment provider.

use std::env;
use std::fmt;

use crate::settings::{SettingsError, required};

/// Stripe's own address.
const STRIPE: &str = "https://api.stripe.com";

/// How the provider is reached. Its `Debug` shows no secret.
#[derive(Clone)]
pub struct PaymentSettings {
    /// `HOZON_PAYMENT_KEY`: the secret or restricted API key.
    pub api_key: String,
    /// `HOZON_PAYMENT_WEBHOOK_SECRETS`: what messages are signed with, by commas; while a secret is rolled, the old and the new one.
    pub webhook_secrets: Vec<String>,
    /// `HOZON_PAYMENT_ENDPOINT`: without a slash at its end; Stripe's own where it is not set.
    pub endpoint: String,
}

impl PaymentSettings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        const SECRETS: &str = "HOZON_PAYMENT_WEBHOOK_SECRETS";
        let webhook_secrets = by_commas(&required(SECRETS)?);
        if webhook_secrets.is_empty() {
            return Err(SettingsError::Missing(SECRETS));
        }
        let endpoint = env::var("HOZON_PAYMENT_ENDPOINT").unwrap_or_else(|_| STRIPE.to_owned());
        Ok(Self { api_key: required("HOZON_PAYMENT_KEY")?, webhook_secrets, endpoint })
    }
}

fn by_commas(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

impl fmt::Debug for PaymentSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentSettings").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stand_between_commas() {
        assert_eq!(by_commas("whsec_1, whsec_2,"), ["whsec_1", "whsec_2"]);
        assert!(by_commas(" ,").is_empty());
    }

    #[test]
    fn debug_shows_no_secret() {
        let settings = PaymentSettings {
            api_key: "sk_test_1".to_owned(),
            webhook_secrets: vec!["whsec_1".to_owned()],
            endpoint: STRIPE.to_owned(),
        };
        let shown = format!("{settings:?}");
        assert!(shown.contains(STRIPE) && !shown.contains("sk_") && !shown.contains("whsec_"), "{shown}");
    }
}
