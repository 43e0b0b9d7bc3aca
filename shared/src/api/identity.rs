//! Identity of the caller. The gateway adds an [`Identity`] to each request; on AWS it comes from the Lambda
//! authorizer's context.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::{Deserialize, Serialize};

use super::auth_refusal::AuthRefusal;
use super::error::ApiError;
use crate::domain::locale::Locale;
use crate::domain::organisation::{Caller, Role};

/// The result of authentication, stored as a request extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity(pub Result<Caller, AuthRefusal>);

/// Extracts a caller who is an administrator and rejects everyone else. The `Accept-Language` header, which the console
/// sends, takes precedence over the language in the token.
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

/// The language from the `Accept-Language` header.
fn spoken(headers: &HeaderMap) -> Option<Locale> {
    Locale::accepted(headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?)
}
