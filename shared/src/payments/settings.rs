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
        let secrets = required("HOZON_PAYMENT_WEBHOOK_SECRETS")?;
        Ok(Self {
            api_key: required("HOZON_PAYMENT_KEY")?,
            webhook_secrets: secrets
                .split(',')
                .map(|secret| secret.trim().to_owned())
                .filter(|secret| !secret.is_empty())
                .collect(),
            endpoint: env::var("HOZON_PAYMENT_ENDPOINT").unwrap_or_else(|_| STRIPE.to_owned()),
        })
    }
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
