//! Reasons why tokens are rejected. The reason is logged without the token; the caller only learns that the token is
//! invalid.

use hozon_shared::api::AuthRefusal;

use crate::keys::KeysUnavailable;

/// The defect of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenDefect {
    #[error("it is not a JSON Web Token")]
    Form,
    #[error("its header requires an unsupported extension (crit)")]
    Critical,
    #[error("its algorithm is not supported")]
    Algorithm,
    #[error("its header names no key (kid)")]
    NoKeyId,
    #[error("the issuer has no key with its kid")]
    UnknownKey,
    #[error("its signature is invalid")]
    Signature,
    #[error("a required claim is missing or malformed: iss, aud, exp, sub, org, role")]
    Claims,
    #[error("its issuer (iss) is not the configured one")]
    Issuer,
    #[error("it is for another audience (aud)")]
    Audience,
    #[error("it has expired (exp)")]
    Expired,
    #[error("it is not valid yet (nbf)")]
    NotYet,
}

/// Reasons why a caller cannot be identified.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Refused {
    #[error("no access token was sent")]
    Missing,
    #[error(transparent)]
    Invalid(#[from] TokenDefect),
    #[error(transparent)]
    Unavailable(#[from] KeysUnavailable),
}

impl Refused {
    /// Logs the reason, and returns the error for the caller.
    pub fn logged(self) -> AuthRefusal {
        match self {
            Self::Missing => AuthRefusal::Missing,
            Self::Invalid(reason) => {
                tracing::warn!(token.refused = %reason, "rejected a token");
                AuthRefusal::Invalid
            }
            Self::Unavailable(_) => AuthRefusal::Unavailable,
        }
    }
}
