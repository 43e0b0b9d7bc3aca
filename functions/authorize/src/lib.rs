//! Bearer token to organisation, user and role. Tokens are OIDC JWTs; their keys come from the issuer's JWKS.

mod keys;
mod origin;
mod refusal;
mod settings;
mod signature;
mod token;

pub use origin::{ORIGIN_HEADER, Origin};
pub use settings::{AuthSettings, origin_secret};
pub use token::Authorizer;

#[cfg(test)]
mod tests;
