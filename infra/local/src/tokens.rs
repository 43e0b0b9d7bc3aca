//! The development token issuer: OIDC JWTs such as a CRM's identity provider would issue, and the key set for verifying
//! them.

use anyhow::Result;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::id::{OrgId, UserId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Person, Role};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// Value of the `iss` claim.
pub const ISSUER: &str = "https://hozon.invalid";
/// Value of the `aud` claim.
pub const AUDIENCE: &str = "hozon";
/// Path of the key set on the gateway.
pub const JWKS_PATH: &str = "/oidc/jwks.json";
/// Validity of a token in seconds of real time.
const LIFE_SECONDS: f64 = 7.0 * 86_400.0;

#[derive(Clone)]
pub struct Issuer {
    key: EncodingKey,
    keys: JwkSet,
    key_id: String,
    life: TimeDelta,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: UserId,
    org: OrgId,
    role: &'a str,
    name: &'a str,
    email: &'a str,
    locale: &'a str,
    iat: i64,
    exp: i64,
}

/// Id and name of the administrator of every organisation here.
const ADMINISTRATOR: (UserId, &str) = (UserId(1), "Admin 管理者");

/// The person for whom administrators' tokens are issued, and who acts on the command line.
pub fn administrator() -> Person {
    let (id, name) = ADMINISTRATOR;
    Person { id, name: name.to_owned(), zuid: id }
}

impl Issuer {
    /// Creates an issuer with a P-256 key (a PKCS #8 document). Tokens are valid for seven days of real time; `speed`
    /// seconds of the issuer's clock pass per real second.
    pub fn new(pkcs8: &[u8], speed: f64) -> Result<Self> {
        let key = EncodingKey::from_ec_der(pkcs8);
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256)?;
        let key_id = hex::encode(&Sha256::digest(pkcs8)[..8]);
        jwk.common.key_id = Some(key_id.clone());
        Ok(Self { key, keys: JwkSet { keys: vec![jwk] }, key_id, life: TimeDelta::seconds((LIFE_SECONDS * speed) as i64) })
    }

    /// The public keys.
    pub fn keys(&self) -> &JwkSet {
        &self.keys
    }

    /// Issues a token for the administrator or the plain user of an organisation with the given language.
    pub fn token(&self, org: OrgId, role: Role, locale: Locale, now: DateTime<Utc>) -> Result<String> {
        let (sub, role, name, email) = match role {
            Role::Administrator => (ADMINISTRATOR.0, "administrator", ADMINISTRATOR.1, "admin@hozon.invalid"),
            Role::User => (UserId(2), "user", "User 一般利用者", "user@hozon.invalid"),
        };
        let locale = locale.tag();
        let (iat, exp) = (now.timestamp(), (now + self.life).timestamp());
        let claims = Claims { iss: ISSUER, aud: AUDIENCE, sub, org, role, name, email, locale, iat, exp };
        let header = Header { kid: Some(self.key_id.clone()), ..Header::new(Algorithm::ES256) };
        Ok(encode(&header, &claims, &self.key)?)
    }
}
