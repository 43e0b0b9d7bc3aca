//! OAuth tokens and grant codes.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use sha2::{Digest, Sha256};

/// Live access tokens of one refresh token; the oldest is dropped (Zoho accounts: token limits).
const LIVE_TOKENS: usize = 30;

/// A grant code that waits to be exchanged.
#[derive(Debug, Clone)]
pub struct Grant {
    pub scope: String,
    /// `None` for a self client's code.
    pub redirect_uri: Option<String>,
    /// PKCE challenge, by SHA-256.
    pub challenge: Option<String>,
    pub expires: DateTime<Utc>,
}

#[derive(Debug)]
struct Access {
    refresh: String,
    scope: String,
    expires: DateTime<Utc>,
}

/// How an exchange of a code failed, as the token call names it.
pub type GrantError = &'static str;

/// The registered client and everything that was granted to it.
#[derive(Debug)]
pub struct Tokens {
    pub client_id: String,
    pub client_secret: String,
    grants: BTreeMap<String, Grant>,
    /// Scope by refresh token.
    refresh: BTreeMap<String, String>,
    access: BTreeMap<String, Access>,
    /// Access tokens in order of their making.
    order: Vec<String>,
}

impl Tokens {
    pub fn new() -> Self {
        Self {
            client_id: format!("1000.{}", name(15).to_uppercase()),
            client_secret: name(21),
            grants: BTreeMap::new(),
            refresh: BTreeMap::new(),
            access: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    pub fn add_grant(&mut self, grant: Grant) -> String {
        let code = format!("1000.{}.{}", name(16), name(16));
        self.grants.insert(code.clone(), grant);
        code
    }

    /// Exchanges a code for a refresh token. Whatever comes of it, the code is spent.
    pub fn exchange(
        &mut self,
        code: &str,
        redirect_uri: Option<&str>,
        verifier: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<String, GrantError> {
        let grant = self.grants.remove(code).filter(|grant| grant.expires > now).ok_or("invalid_code")?;
        if grant.redirect_uri.is_some() && grant.redirect_uri.as_deref() != redirect_uri {
            return Err("invalid_redirect_uri");
        }
        let proof = verifier.map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
        if grant.challenge.is_some() && grant.challenge != proof {
            return Err("invalid_code");
        }
        Ok(self.add_refresh(&grant.scope))
    }

    pub fn add_refresh(&mut self, scope: &str) -> String {
        let token = format!("1000.{}.{}", name(16), name(16));
        self.refresh.insert(token.clone(), scope.to_owned());
        token
    }

    /// Makes an access token; `None` if the refresh token is unknown.
    pub fn add_access(&mut self, refresh: &str, now: DateTime<Utc>, seconds: i64) -> Option<String> {
        let scope = self.refresh.get(refresh)?.clone();
        let token = format!("1000.{}.{}", name(16), name(16));
        let access = Access { refresh: refresh.to_owned(), scope, expires: now + Duration::seconds(seconds) };
        self.access.insert(token.clone(), access);
        self.order.push(token.clone());
        let of_refresh = |token: &&String| self.access.get(*token).is_some_and(|access| access.refresh == refresh);
        let live: Vec<String> = self.order.iter().filter(of_refresh).cloned().collect();
        for oldest in live.iter().take(live.len().saturating_sub(LIVE_TOKENS)) {
            self.access.remove(oldest);
        }
        self.order.retain(|token| self.access.contains_key(token));
        Some(token)
    }

    pub fn scope_of_refresh(&self, refresh: &str) -> Option<&str> {
        self.refresh.get(refresh).map(String::as_str)
    }

    /// Scope of a live access token.
    pub fn scope_of(&self, access: &str, now: DateTime<Utc>) -> Option<&str> {
        self.access.get(access).filter(|access| access.expires > now).map(|access| access.scope.as_str())
    }

    /// Revokes a refresh token with its access tokens, or one access token.
    pub fn revoke(&mut self, token: &str) -> bool {
        let is_known = self.refresh.remove(token).is_some() | self.access.remove(token).is_some();
        self.access.retain(|_, access| access.refresh != token);
        is_known
    }

    /// Ends all access tokens.
    pub fn expire(&mut self) {
        self.access.clear();
    }
}

/// A random name.
pub fn name(bytes: usize) -> String {
    let mut random = vec![0; bytes];
    getrandom::fill(&mut random).expect("the system has random numbers");
    hex::encode(random)
}
