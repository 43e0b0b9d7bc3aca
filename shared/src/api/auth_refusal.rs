//! Reasons why authentication failed.

use serde::{Deserialize, Serialize};

/// Reasons why authentication failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AuthRefusal {
    /// The `Authorization` header is missing, or its scheme is neither `Zoho-oauthtoken` nor `Bearer`.
    #[error("no access token was sent")]
    Missing,
    /// The token is malformed, expired, for another issuer or audience, or its signature is wrong.
    #[error("the access token is not valid")]
    Invalid,
    /// The keys that verify tokens cannot be fetched.
    #[error("tokens cannot be checked at the moment")]
    Unavailable,
}
