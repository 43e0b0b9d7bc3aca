//! Settings of the token issuer.

use std::env;

use hozon_shared::settings::{SettingsError, required};

/// Required claims of tokens, and the location of the issuer's keys.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// `HOZON_OIDC_ISSUER`: required value of the `iss` claim.
    pub issuer: String,
    /// `HOZON_OIDC_AUDIENCE`: a value that the `aud` claim must contain.
    pub audience: String,
    /// `HOZON_OIDC_JWKS_URL`: URL of the issuer's JSON Web Key Set.
    pub jwks_url: String,
}

impl AuthSettings {
    /// Reads the environment variables.
    pub fn from_env() -> Result<Self, SettingsError> {
        Ok(Self {
            issuer: required("HOZON_OIDC_ISSUER")?,
            audience: required("HOZON_OIDC_AUDIENCE")?,
            jwks_url: required("HOZON_OIDC_JWKS_URL")?,
        })
    }
}

/// Reads `HOZON_ORIGIN_SECRET`: name or ARN of the secret that CloudFront sends; `None` if requests may come from
/// anywhere.
pub fn origin_secret() -> Option<String> {
    env::var("HOZON_ORIGIN_SECRET").ok().filter(|name| !name.is_empty())
}
