//! Emulator for the KMS calls of the functions, with AWS JSON 1.1: one Ed25519 key that signs. Only its owner can read the private
//! part; no call returns it.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::aws_json::AwsJson::V1_1;
use crate::aws_json::target;

/// Path of the calls, below the services' address.
pub const PATH: &str = "/kms";
/// The bytes before the key in an Ed25519 public key as a DER document (RFC 8410).
const DER_HEAD: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const ALGORITHM: &str = "ED25519_SHA_512";
/// Longest message (AWS KMS API reference: Sign).
const MAX_MESSAGE: usize = 4_096;

/// The key that signs.
pub struct SigningKey {
    id: String,
    pair: Ed25519KeyPair,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    key_id: String,
    message: Option<String>,
    message_type: Option<String>,
    signing_algorithm: Option<String>,
}

/// A refusal: the error's name at AWS, and a text.
type Refused = (&'static str, &'static str);

const INVALID: Refused = ("ValidationException", "a message of 0 to 4096 bytes and its type RAW are needed");

impl SigningKey {
    /// Reads a key pair from its PKCS #8 document.
    pub fn open(id: &str, pkcs8: &[u8]) -> Result<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| anyhow!("the key of statements cannot be read"))?;
        Ok(Self { id: id.to_owned(), pair })
    }

    /// Makes a key pair that ends with the process.
    pub fn new(id: &str) -> Result<Self> {
        let pair = Ed25519KeyPair::generate().map_err(|_| anyhow!("no key of statements can be made"))?;
        Ok(Self { id: id.to_owned(), pair })
    }

    fn public(&self) -> Value {
        let der = [&DER_HEAD, self.pair.public_key().as_ref()].concat();
        json!({
            "KeyId": self.id,
            "PublicKey": STANDARD.encode(der),
            "KeySpec": "ECC_NIST_EDWARDS25519",
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": [ALGORITHM],
        })
    }

    fn sign(&self, request: &Request) -> Result<Value, Refused> {
        let message = request.message.as_ref().and_then(|text| STANDARD.decode(text).ok()).ok_or(INVALID)?;
        if message.len() > MAX_MESSAGE || request.message_type.as_deref() != Some("RAW") {
            return Err(INVALID);
        }
        if request.signing_algorithm.as_deref() != Some(ALGORITHM) {
            return Err(("InvalidKeyUsageException", "the key does not sign with this algorithm"));
        }
        let signature = STANDARD.encode(self.pair.sign(&message));
        Ok(json!({ "KeyId": self.id, "Signature": signature, "SigningAlgorithm": ALGORITHM }))
    }
}

/// Answers for a key.
pub fn router(key: SigningKey) -> Router {
    Router::new().route(&format!("{PATH}/"), post(call)).route(PATH, post(call)).with_state(Arc::new(key))
}

async fn call(State(key): State<Arc<SigningKey>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return V1_1.refusal("ValidationException", &error.to_string()),
    };
    if request.key_id != key.id {
        return V1_1.refusal("NotFoundException", "there is no such key");
    }
    let outcome = match target(&headers) {
        Some("TrentService.GetPublicKey") => Ok(key.public()),
        Some("TrentService.Sign") => key.sign(&request),
        _ => Err(("UnknownOperationException", "this operation is not supported")),
    };
    match outcome {
        Ok(answer) => V1_1.answer(StatusCode::OK, answer),
        Err((kind, text)) => V1_1.refusal(kind, text),
    }
}
