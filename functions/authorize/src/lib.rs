//! Bearer token to organisation, user and role. Tokens are OIDC JWTs; their keys come from the issuer's JWKS.

mod keys;
mod settings;
mod token;

pub use settings::AuthSettings;
pub use token::Authorizer;
