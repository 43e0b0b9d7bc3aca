//! Tests with tokens of a test issuer, whose key server counts requests and fails on demand.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P521_SHA512_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair,
};
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::api::AuthRefusal;
use hozon_shared::domain::organisation::Role;
use hozon_shared::ports::Clock;
use serde_json::{Value, json};

use crate::{AuthSettings, Authorizer};

struct Key {
    pair: EcdsaKeyPair,
    jwk: Value,
    header: Value,
}

impl Key {
    fn new(id: &str, name: &str, curve: &str, algorithm: &'static EcdsaSigningAlgorithm) -> Self {
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).expect("a key pair");
        let (x, y) = pair.public_key().as_ref()[1..].split_at((pair.public_key().as_ref().len() - 1) / 2);
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let jwk = json!({ "kty": "EC", "crv": curve, "kid": id, "alg": name, "use": "sig", "x": x, "y": y });
        Self { pair, jwk, header: json!({ "alg": name, "kid": id, "typ": "JWT" }) }
    }

    fn p256(id: &str) -> Self {
        Self::new(id, "ES256", "P-256", &ECDSA_P256_SHA256_FIXED_SIGNING)
    }

    fn p521(id: &str) -> Self {
        Self::new(id, "ES512", "P-521", &ECDSA_P521_SHA512_FIXED_SIGNING)
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let encoded = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", encoded(header), encoded(claims));
        let signature = self.pair.sign(&SystemRandom::new(), message.as_bytes()).expect("signs");
        format!("Bearer {message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn token(&self, claims: &Value) -> String {
        self.sign(&self.header, claims)
    }
}

struct At(Mutex<DateTime<Utc>>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("not poisoned")
    }
}

/// Captured log output.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// An issuer, and an authorizer that trusts it.
struct World {
    authorizer: Authorizer,
    clock: Arc<At>,
    keys: Arc<Mutex<Vec<Value>>>,
    is_down: Arc<AtomicBool>,
    fetches: Arc<AtomicUsize>,
}

impl World {
    async fn trusting(keys: &[&Key]) -> Self {
        let keys = Arc::new(Mutex::new(keys.iter().map(|key| key.jwk.clone()).collect::<Vec<_>>()));
        let (is_down, fetches) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (served, down, count) = (keys.clone(), is_down.clone(), fetches.clone());
        let answer = async move || {
            count.fetch_add(1, Ordering::SeqCst);
            let set = json!({ "keys": *served.lock().expect("not poisoned") }).to_string();
            if down.load(Ordering::SeqCst) { (StatusCode::BAD_GATEWAY, String::new()) } else { (StatusCode::OK, set) }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let jwks_url = format!("http://{}/keys", listener.local_addr().expect("an address"));
        tokio::spawn(async { axum::serve(listener, Router::new().route("/keys", get(answer))).await });
        let clock = Arc::new(At(Mutex::new("2026-11-26T00:00:00Z".parse().expect("a time"))));
        let settings = AuthSettings { issuer: "https://issuer.example".into(), audience: "hozon".into(), jwks_url };
        Self { authorizer: Authorizer::new(settings, clock.clone()), clock, keys, is_down, fetches }
    }

    fn claims(&self) -> Value {
        let exp = self.clock.now().timestamp() + 3_600_000;
        json!({ "iss": "https://issuer.example", "aud": ["hozon"], "sub": "1", "org": "2", "role": "administrator", "exp": exp })
    }

    /// The usual claims with one claim changed, or removed if the value is null.
    fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        match value {
            Value::Null => drop(claims.as_object_mut().expect("claims").remove(name)),
            value => claims[name] = value,
        }
        claims
    }

    fn pass(&self, span: TimeDelta) {
        *self.clock.0.lock().expect("not poisoned") += span;
    }

    async fn outcome(&self, header: &str) -> Result<Role, AuthRefusal> {
        self.authorizer.authenticate(Some(header)).await.map(|caller| caller.role)
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[tokio::test]
async fn p256_and_p521_signatures_are_taken_and_damaged_ones_are_not() {
    for key in [Key::p256("one"), Key::p521("one")] {
        let world = World::trusting(&[&key]).await;
        let token = key.token(&world.claims());
        assert_eq!(world.outcome(&token).await, Ok(Role::Administrator));
        let (message, signature) = token.rsplit_once('.').expect("a signature");
        let turned = signature.chars().rev().collect::<String>();
        assert_eq!(world.outcome(&format!("{message}.{turned}")).await, Err(AuthRefusal::Invalid));
        let other = Key::p521("one");
        assert_eq!(world.outcome(&other.token(&world.claims())).await, Err(AuthRefusal::Invalid));
    }
}

#[tokio::test]
async fn times_may_have_a_fraction_and_clocks_may_differ_by_a_minute() {
    let key = Key::p256("one");
    let world = World::trusting(&[&key]).await;
    let now = world.clock.now().timestamp() as f64;
    for (claim, value, outcome) in [
        ("exp", now + 0.5, Ok(Role::Administrator)),
        ("exp", now - 59.5, Ok(Role::Administrator)),
        ("exp", now - 60.5, Err(AuthRefusal::Invalid)),
        ("nbf", now + 59.5, Ok(Role::Administrator)),
        ("nbf", now + 60.5, Err(AuthRefusal::Invalid)),
    ] {
        let token = key.token(&world.claims_with(claim, json!(value)));
        assert_eq!(world.outcome(&token).await, outcome, "{claim} {value}");
    }
}

#[tokio::test]
async fn whatever_the_key_ids_are_the_issuer_is_asked_once_a_minute() {
    let (known, unknown) = (Key::p256("known"), Key::p256("unknown"));
    let world = World::trusting(&[&known]).await;
    let (good, bad) = (known.token(&world.claims()), unknown.token(&world.claims()));
    for round in 1..=3 {
        for _ in 0..20 {
            assert_eq!(world.outcome(&bad).await, Err(AuthRefusal::Invalid));
            assert_eq!(world.outcome(&good).await, Ok(Role::Administrator));
        }
        assert_eq!(world.fetches(), round, "one in each minute");
        world.pass(TimeDelta::minutes(1));
    }
    world.keys.lock().expect("not poisoned").push(unknown.jwk.clone());
    assert_eq!(world.outcome(&bad).await, Ok(Role::Administrator), "a new key is found");
}

#[tokio::test]
async fn while_the_issuer_is_down_the_last_good_keys_are_used() {
    let (known, unknown) = (Key::p256("known"), Key::p256("unknown"));
    let world = World::trusting(&[&known]).await;
    let (good, bad) = (known.token(&world.claims()), unknown.token(&world.claims()));
    assert_eq!(world.outcome(&good).await, Ok(Role::Administrator));
    world.is_down.store(true, Ordering::SeqCst);
    for round in 0..3 {
        world.pass(TimeDelta::hours(7));
        for _ in 0..10 {
            assert_eq!(world.outcome(&good).await, Ok(Role::Administrator));
            assert_eq!(world.outcome(&bad).await, Err(AuthRefusal::Unavailable), "it may be a new key");
        }
        assert_eq!(world.fetches(), 2 + round, "one in each minute, though it fails");
    }
    world.is_down.store(false, Ordering::SeqCst);
    world.pass(TimeDelta::minutes(1));
    assert_eq!(world.outcome(&bad).await, Err(AuthRefusal::Invalid));
    assert_eq!(world.fetches(), 5);
}

#[tokio::test]
async fn a_key_that_is_not_understood_does_not_spoil_the_set() {
    let key = Key::p256("one");
    let world = World::trusting(&[&key]).await;
    let strange = [json!({ "kty": "AKP", "alg": "ML-DSA-44" }), json!({ "kty": "EC", "crv": "secp256k1", "x": "" }), json!(7)];
    world.keys.lock().expect("not poisoned").extend(strange);
    assert_eq!(world.outcome(&key.token(&world.claims())).await, Ok(Role::Administrator));
}

#[tokio::test]
async fn the_log_says_why_a_token_was_refused_and_never_has_the_token() {
    let key = Key::p256("one");
    let world = World::trusting(&[&key]).await;
    let claims = world.claims();
    let header = |name: &str, value: Value| {
        let mut header = key.header.clone();
        header[name] = value;
        key.sign(&header, &claims)
    };
    let changed = |name: &str, value: Value| key.token(&world.claims_with(name, value));
    let cases = [
        ("Bearer not-a-token".to_owned(), "not a JSON Web Token"),
        (header("crit", json!(["b64"])), "crit"),
        (header("alg", json!("HS256")), "algorithm"),
        (header("alg", json!("none")), "algorithm"),
        (header("kid", Value::Null), "names no key"),
        (header("kid", json!("other")), "no key with its kid"),
        (Key::p256("one").token(&claims), "signature"),
        (changed("org", json!(null)), "required claim"),
        (changed("sub", json!("me")), "required claim"),
        (changed("iss", json!("https://other.example")), "issuer (iss)"),
        (changed("aud", json!("other")), "audience"),
        (changed("exp", json!(0)), "expired"),
        (changed("nbf", json!(9e9)), "not valid yet"),
    ];
    for (token, reason) in cases {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        let logged = tracing::subscriber::set_default(subscriber);
        assert_eq!(world.outcome(&token).await, Err(AuthRefusal::Invalid), "{reason}");
        drop(logged);
        let log = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("text");
        assert!(log.contains(reason), "{reason}: {log}");
        let parts = token.trim_start_matches("Bearer ").split('.');
        assert!(parts.into_iter().all(|part| !log.contains(part)), "{log}");
    }
}
