//! Why a token is refused. The caller learns that it is; the reason is for the log, which never has the token.

use hozon_shared::api::AuthRefusal;

use crate::keys::KeysUnavailable;

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("it is no JSON Web Token")]
    Form,
    #[error("its header names an extension in crit that is not known here")]
    Critical,
    #[error("its algorithm is not taken here")]
    Algorithm,
    #[error("its header names no key (kid)")]
    NoKeyId,
    #[error("the issuer has no key with its kid")]
    UnknownKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("its claims lack one that is needed, or one has another form: iss, aud, exp, sub, org, role")]
    Claims,
    #[error("its issuer (iss) is another")]
    Issuer,
    #[error("it is for another audience (aud)")]
    Audience,
    #[error("it has expired (exp)")]
    Expired,
    #[error("it is not valid yet (nbf)")]
    NotYet,
}

/// Why a caller is not known.
#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum Refused {
    #[error("no access token was sent")]
    Missing,
    #[error(transparent)]
    Invalid(#[from] Reason),
    #[error(transparent)]
    Unavailable(#[from] KeysUnavailable),
}

impl Refused {
    /// Logs the reason and gives what the caller learns.
    pub fn logged(self) -> AuthRefusal {
        match self {
            Self::Missing => AuthRefusal::Missing,
            Self::Invalid(reason) => {
                tracing::warn!(token.refused = %reason, "a token was refused");
                AuthRefusal::Invalid
            }
            Self::Unavailable(_) => AuthRefusal::Unavailable,
        }
    }
}
