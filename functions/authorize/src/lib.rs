//! Derives organisation, user and role from a bearer token. Tokens are OIDC JWTs, verified with keys from the issuer's
//! JWKS.

mod keys;
mod origin;
mod refusal;
mod settings;
mod signature;
mod token;

pub use origin::{ORIGIN_HEADER, OriginCheck};
pub use settings::{AuthSettings, origin_secret};
pub use token::Authorizer;

#[cfg(test)]
mod tests;
