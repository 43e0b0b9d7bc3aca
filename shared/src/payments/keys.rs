//! The payment provider's keys.

use std::fmt;

use serde::Deserialize;

/// Keys that authenticate API calls and verify webhook messages. Their `Debug` output shows nothing.
#[derive(Clone, Deserialize)]
pub struct PaymentKeys {
    /// Secret or restricted API key.
    pub api_key: String,
    /// Messages signed with any of these secrets are accepted, so that a secret can be rotated.
    pub webhook_secrets: Vec<String>,
}

impl fmt::Debug for PaymentKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_secret() {
        let keys = PaymentKeys { api_key: "sk_test_1".to_owned(), webhook_secrets: vec!["whsec_1".to_owned()] };
        assert_eq!(format!("{keys:?}"), "PaymentKeys { .. }");
    }
}
