//! Checks one token: signature, issuer, audience, times, and the claims that name the caller.

use std::sync::Arc;

use hozon_shared::api::AuthRefusal;
use hozon_shared::domain::id::{OrgId, UserId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Caller, Person, Role};
use hozon_shared::ports::Clock;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use crate::AuthSettings;
use crate::keys::Keys;

/// Clocks may differ by so many seconds.
const LEEWAY: i64 = 60;
/// Signatures whose key may be published; never a shared secret.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
];

/// Checks tokens of one issuer.
pub struct Authorizer {
    settings: AuthSettings,
    keys: Keys,
    clock: Arc<dyn Clock>,
}

/// What a token says. Ids are decimal numbers as text; `zuid` is the `sub` where it is not given. `email` and `locale` are OpenID Connect's
/// standard claims, and say where and how the user is written to.
#[derive(Deserialize)]
struct Claims {
    sub: UserId,
    org: OrgId,
    role: String,
    #[serde(default)]
    name: String,
    zuid: Option<UserId>,
    email: Option<String>,
    locale: Option<String>,
    exp: i64,
    nbf: Option<i64>,
}

impl Authorizer {
    /// Checks tokens by these settings; fetches nothing yet.
    pub fn new(settings: AuthSettings, clock: Arc<dyn Clock>) -> Self {
        Self { keys: Keys::new(settings.jwks_url.clone()), settings, clock }
    }

    /// Tells who sent this `Authorization` header. Any role but `administrator` is a plain user's.
    pub async fn authenticate(&self, header: Option<&str>) -> Result<Caller, AuthRefusal> {
        let token = header.and_then(bearer).ok_or(AuthRefusal::Missing)?;
        let claims = self.claims(token).await?;
        let role = if claims.role == "administrator" { Role::Administrator } else { Role::User };
        let person = Person { id: claims.sub, name: claims.name, zuid: claims.zuid.unwrap_or(claims.sub) };
        let locale = claims.locale.as_deref().map(Locale::of).unwrap_or_default();
        Ok(Caller { org: claims.org, person, role, email: claims.email, locale })
    }

    async fn claims(&self, token: &str) -> Result<Claims, AuthRefusal> {
        let head = decode_header(token).map_err(|_| AuthRefusal::Invalid)?;
        let id = head.kid.ok_or(AuthRefusal::Invalid)?;
        if !ALGORITHMS.contains(&head.alg) {
            return Err(AuthRefusal::Invalid);
        }
        let now = self.clock.now();
        let found = self.keys.find(&id, now).await.map_err(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "tokens cannot be checked");
            AuthRefusal::Unavailable
        })?;
        let key = found.and_then(|jwk| DecodingKey::from_jwk(&jwk).ok()).ok_or(AuthRefusal::Invalid)?;
        let decoded = decode::<Claims>(token, &key, &self.validation(head.alg)).map_err(|_| AuthRefusal::Invalid)?;
        let (claims, now) = (decoded.claims, now.timestamp());
        let is_valid =
            now < claims.exp.saturating_add(LEEWAY) && claims.nbf.is_none_or(|from| from.saturating_sub(LEEWAY) <= now);
        if is_valid { Ok(claims) } else { Err(AuthRefusal::Invalid) }
    }

    /// Everything but the times, which are checked against the injected clock.
    fn validation(&self, algorithm: Algorithm) -> Validation {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.settings.issuer]);
        validation.set_audience(&[&self.settings.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_exp = false;
        validation
    }
}

/// The token of either header scheme; schemes ignore case (RFC 9110).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim().split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("Zoho-oauthtoken");
    known.then(|| token.trim()).filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn both_header_schemes_are_taken_and_no_other() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("zoho-oauthtoken  abc "), Some("abc"));
        assert_eq!(bearer("Basic abc"), None);
        assert_eq!(bearer("Bearer "), None);
        assert_eq!(bearer("abc"), None);
    }
}
