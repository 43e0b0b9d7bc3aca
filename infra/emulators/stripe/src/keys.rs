//! Keys of the server.

use serde::{Deserialize, Serialize};

/// Keys of the server.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct StripeKeys {
    /// Secret API key.
    pub api_key: String,
    /// Secret that signs webhook messages.
    pub webhook_secret: String,
}
