//! Parsing of signed tokens, and verification of their signature with the supported algorithms.

use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk};
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::refusal::TokenDefect;

/// Length of a coordinate on the curve P-521 (RFC 7518 section 6.2.1.2).
const P521_COORDINATE: usize = 66;

/// Signature algorithm of a token.
#[derive(Debug, Clone, Copy)]
enum Signing {
    Common(Algorithm),
    /// ECDSA on P-521 with SHA-512 (RFC 7518 section 3.4), which `jsonwebtoken` does not support.
    Es512,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    crit: Option<Value>,
}

/// A parsed token. Nothing in it can be trusted before [`SignedToken::verified`].
pub struct SignedToken<'a> {
    /// Id of the signing key.
    pub key_id: String,
    signing: Signing,
    message: &'a str,
    claims: &'a str,
    signature: &'a str,
}

impl<'a> SignedToken<'a> {
    /// Parses the header of a JWS in compact serialisation.
    pub fn read(token: &'a str) -> Result<Self, TokenDefect> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenDefect::Form)?;
        let (header, claims) = message.split_once('.').ok_or(TokenDefect::Form)?;
        let header: Header = part(header).ok_or(TokenDefect::Form)?;
        // RFC 7515 section 4.1.11: a token with an unsupported critical extension must be rejected. None is supported
        // here.
        if header.crit.is_some() {
            return Err(TokenDefect::Critical);
        }
        let signing = Signing::of(&header.alg).ok_or(TokenDefect::Algorithm)?;
        Ok(Self { key_id: header.kid.ok_or(TokenDefect::NoKeyId)?, signing, message, claims, signature })
    }

    /// Returns the claims if they were signed with the key.
    pub fn verified<T: DeserializeOwned>(&self, key: &Jwk) -> Result<T, TokenDefect> {
        if !self.is_signed_by(key) {
            return Err(TokenDefect::Signature);
        }
        part(self.claims).ok_or(TokenDefect::Claims)
    }

    fn is_signed_by(&self, key: &Jwk) -> bool {
        let message = self.message.as_bytes();
        match self.signing {
            Signing::Es512 => is_es512(key, message, self.signature).unwrap_or(false),
            Signing::Common(algorithm) => DecodingKey::from_jwk(key)
                .and_then(|key| crypto::verify(self.signature, message, &key, algorithm))
                .unwrap_or(false),
        }
    }
}

impl Signing {
    /// Only algorithms with a public key are accepted: never a shared secret, and never `none`.
    fn of(name: &str) -> Option<Self> {
        Some(Self::Common(match name {
            "ES256" => Algorithm::ES256,
            "ES384" => Algorithm::ES384,
            "ES512" => return Some(Self::Es512),
            "EdDSA" => Algorithm::EdDSA,
            "RS256" => Algorithm::RS256,
            "RS384" => Algorithm::RS384,
            "RS512" => Algorithm::RS512,
            "PS256" => Algorithm::PS256,
            "PS384" => Algorithm::PS384,
            "PS512" => Algorithm::PS512,
            _ => return None,
        }))
    }
}

/// Verifies an ES512 signature; `None` if the key is not a P-521 key.
fn is_es512(key: &Jwk, message: &[u8], signature: &str) -> Option<bool> {
    let AlgorithmParameters::EllipticCurve(point) = &key.algorithm else { return None };
    if point.curve != EllipticCurve::P521 {
        return None;
    }
    let coordinate = |text: &str| URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == P521_COORDINATE);
    // SEC 1 section 2.3.3: an uncompressed point starts with 4.
    let point = [vec![4], coordinate(&point.x)?, coordinate(&point.y)?].concat();
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    Some(UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point).verify(message, &signature).is_ok())
}

/// Decodes a part of a token, which is JSON in base64url.
fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
