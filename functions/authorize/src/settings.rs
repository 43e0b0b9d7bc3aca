//! Whom tokens must come from.

use std::env;

use hozon_shared::settings::{SettingsError, required};

/// What a token must say, and where its issuer's keys are.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// `HOZON_OIDC_ISSUER`: the token's `iss`, exactly.
    pub issuer: String,
    /// `HOZON_OIDC_AUDIENCE`: one of the token's `aud`.
    pub audience: String,
    /// `HOZON_OIDC_JWKS_URL`: the issuer's JSON Web Key Set.
    pub jwks_url: String,
}

impl AuthSettings {
    /// Reads the environment.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            issuer: required("HOZON_OIDC_ISSUER")?,
            audience: required("HOZON_OIDC_AUDIENCE")?,
            jwks_url: required("HOZON_OIDC_JWKS_URL")?,
        })
    }
}

/// Reads `HOZON_ORIGIN_SECRET`: name or ARN of the secret that CloudFront sends; `None` where requests may come from anywhere.
pub fn origin_secret() -> Option<String> {
    env::var("HOZON_ORIGIN_SECRET").ok().filter(|name| !name.is_empty())
}
