//! Who is asking. The gateway puts an [`Identity`] into each request; on AWS it is read from the authorizer's context.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use super::ApiError;
use crate::domain::locale::Locale;
use crate::domain::organisation::{Caller, Role};

/// Why a token was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum AuthRefusal {
    /// No `Authorization` header, or one that is neither `Zoho-oauthtoken` nor `Bearer`.
    #[error("no access token was sent")]
    Missing,
    /// The token is malformed, expired, of another issuer or audience, or its signature is wrong.
    #[error("the access token is not valid")]
    Invalid,
    /// The keys that tokens are checked with cannot be had at the moment.
    #[error("tokens cannot be checked at the moment")]
    Unavailable,
}

/// The outcome of authentication, as a request extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity(pub Result<Caller, AuthRefusal>);

/// A caller who is an administrator; anybody else is answered before the handler runs (R1). Their language is that of `Accept-Language`,
/// which the console sends as it is switched, before that of the token.
#[derive(Debug, Clone)]
pub struct Administrator(pub Caller);

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let identity = parts.extensions.get::<Identity>();
        let outcome = identity.map_or(Err(AuthRefusal::Missing), |identity| identity.0.clone());
        let caller = outcome.map_err(ApiError::from)?;
        match caller.role {
            Role::Administrator => Ok(Self(Caller { locale: spoken(&parts.headers).unwrap_or(caller.locale), ..caller })),
            Role::User => Err(ApiError::no_permission()),
        }
    }
}

/// The language that the caller's program shows, if it says so.
fn spoken(headers: &HeaderMap) -> Option<Locale> {
    Locale::accepted(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?)
}
