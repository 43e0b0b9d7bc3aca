//! Verifies a token: its signature, issuer, audience, validity period, and the claims that identify the caller.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use hozon_shared::api::AuthRefusal;
use hozon_shared::domain::id::{OrgId, UserId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Caller, Person, Role, is_address, person_name};
use hozon_shared::ports::Clock;
use serde::Deserialize;

use crate::AuthSettings;
use crate::keys::IssuerKeys;
use crate::refusal::{Refused, TokenDefect};
use crate::signature::SignedToken;

/// Tolerated clock difference in seconds.
const LEEWAY: f64 = 60.0;

/// Verifies tokens of one issuer.
pub struct Authorizer {
    settings: AuthSettings,
    keys: IssuerKeys,
    clock: Arc<dyn Clock>,
}

/// The claims of a token. Ids are decimal numbers as text; `zuid` defaults to `sub`. `email` and `locale` are standard
/// claims of OpenID Connect and determine where and in which language mails are sent. Times are seconds and may have
/// fractions (RFC 7519 section 2).
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    sub: UserId,
    org: OrgId,
    role: String,
    #[serde(default)]
    name: String,
    zuid: Option<UserId>,
    email: Option<String>,
    locale: Option<String>,
    exp: f64,
    nbf: Option<f64>,
}

/// A single audience, or a list of them (RFC 7519 section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Authorizer {
    /// Creates an authorizer. No keys are fetched yet.
    pub fn new(settings: AuthSettings, clock: Arc<dyn Clock>) -> Self {
        Self { keys: IssuerKeys::new(settings.jwks_url.clone()), settings, clock }
    }

    /// Identifies the sender of an `Authorization` header. Every role except `administrator` is a plain user. The
    /// reason for a rejection is logged.
    pub async fn authenticate(&self, header: Option<&str>) -> Result<Caller, AuthRefusal> {
        self.caller(header).await.map_err(Refused::logged)
    }

    async fn caller(&self, header: Option<&str>) -> Result<Caller, Refused> {
        let token = header.and_then(bearer).ok_or(Refused::Missing)?;
        let claims = self.claims(token).await?;
        let role = if claims.role == "administrator" { Role::Administrator } else { Role::User };
        let person = Person { id: claims.sub, name: person_name(&claims.name), zuid: claims.zuid.unwrap_or(claims.sub) };
        let locale = claims.locale.as_deref().map(Locale::of).unwrap_or_default();
        // An unusable address counts as absent; the caller still sees everything in the console.
        let email = claims.email.filter(|email| is_address(email));
        Ok(Caller { org: claims.org, person, role, email, locale })
    }

    async fn claims(&self, token: &str) -> Result<Claims, Refused> {
        let token = SignedToken::read(token)?;
        let now = self.clock.now();
        let key = self.keys.find(&token.key_id, now).await?.ok_or(TokenDefect::UnknownKey)?;
        let claims: Claims = token.verified(&key)?;
        self.settings.check(&claims, now)?;
        Ok(claims)
    }
}

impl AuthSettings {
    fn check(&self, claims: &Claims, now: DateTime<Utc>) -> Result<(), TokenDefect> {
        let now = now.timestamp_millis() as f64 / 1000.0;
        if claims.iss != self.issuer {
            Err(TokenDefect::Issuer)
        } else if !claims.aud.names(&self.audience) {
            Err(TokenDefect::Audience)
        } else if now >= claims.exp + LEEWAY {
            Err(TokenDefect::Expired)
        } else if claims.nbf.is_some_and(|from| now < from - LEEWAY) {
            Err(TokenDefect::NotYet)
        } else {
            Ok(())
        }
    }
}

impl Audience {
    fn names(&self, audience: &str) -> bool {
        match self {
            Self::One(named) => named == audience,
            Self::Many(named) => named.iter().any(|one| one == audience),
        }
    }
}

/// Extracts the token of either scheme; scheme names are case-insensitive (RFC 9110).
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
