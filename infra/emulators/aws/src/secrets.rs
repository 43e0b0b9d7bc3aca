//! Emulator for the Secrets Manager calls of the functions, with AWS JSON 1.1. Some secrets are given by the program and
//! only read; the functions write others, which are kept in a file that only its owner may read.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::post;
use hozon_emulator_host::files::write_whole;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws_json::AwsJson::V1_1;
use crate::aws_json::target;

/// Path of the calls, below the services' address.
pub const PATH: &str = "/secrets";

/// Secrets by name.
pub struct Vault {
    fixed: BTreeMap<String, String>,
    written: Mutex<BTreeMap<String, Secret>>,
    path: PathBuf,
}

/// A secret that the functions have written.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Secret {
    /// Values by version.
    versions: BTreeMap<String, String>,
    /// The version with the label AWSCURRENT.
    current: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Request {
    #[serde(alias = "Name")]
    secret_id: String,
    version_id: Option<String>,
    client_request_token: Option<String>,
    secret_string: Option<String>,
}

/// A refusal: the error's name at AWS, and a text.
type Refused = (&'static str, &'static str);

const NOT_FOUND: Refused = ("ResourceNotFoundException", "there is no such secret");
const EXISTS: Refused = ("ResourceExistsException", "the secret, or this version of it with another value, exists");
const INVALID: Refused = ("InvalidRequestException", "a secret needs ClientRequestToken and SecretString");

impl Vault {
    /// Opens the file of written secrets, or begins one with the first secret. `fixed` are the program's own.
    pub fn open(fixed: BTreeMap<String, String>, path: PathBuf) -> Result<Self> {
        let written = match std::fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json)
                .with_context(|| format!("parse {}: restore it, or delete it and set connections again", path.display()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
        };
        Ok(Self { fixed, written: Mutex::new(written), path })
    }

    fn get(&self, request: &Request) -> Result<String, Refused> {
        if let Some(fixed) = self.fixed.get(&request.secret_id) {
            return Ok(fixed.clone());
        }
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let secret = written.get(&request.secret_id).ok_or(NOT_FOUND)?;
        let version = request.version_id.as_ref().unwrap_or(&secret.current);
        secret.versions.get(version).cloned().ok_or(NOT_FOUND)
    }

    /// Adds a version, which becomes the current one. The same version with the same value is there already.
    fn put(&self, request: Request, is_new: bool) -> Result<(), Refused> {
        let (Some(version), Some(value)) = (request.client_request_token, request.secret_string) else { return Err(INVALID) };
        self.change(|written| {
            if let Some(known) = written.get(&request.secret_id) {
                match known.versions.get(&version) {
                    Some(same) if *same == value => return Ok(()),
                    Some(_) => return Err(EXISTS),
                    None if is_new => return Err(EXISTS),
                    None => {}
                }
            } else if !is_new {
                return Err(NOT_FOUND);
            }
            let secret = written.entry(request.secret_id).or_default();
            secret.versions.insert(version.clone(), value);
            secret.current = version;
            Ok(())
        })
    }

    fn delete(&self, request: &Request) -> Result<(), Refused> {
        self.change(|written| written.remove(&request.secret_id).map(drop).ok_or(NOT_FOUND))
    }

    /// Changes the secrets together with the file.
    fn change(&self, change: impl FnOnce(&mut BTreeMap<String, Secret>) -> Result<(), Refused>) -> Result<(), Refused> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = written.clone();
        change(&mut changed)?;
        let unavailable = ("InternalServiceError", "the secrets could not be written");
        let json = serde_json::to_vec(&changed).map_err(|_| unavailable)?;
        write_whole(&self.path, &json).map_err(|_| unavailable)?;
        *written = changed;
        Ok(())
    }
}

/// Answers for the secrets of a vault.
pub fn router(vault: Vault) -> Router {
    Router::new().route(&format!("{PATH}/"), post(call)).route(PATH, post(call)).with_state(Arc::new(vault))
}

async fn call(State(vault): State<Arc<Vault>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Request = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return V1_1.refusal("InvalidRequestException", &error.to_string()),
    };
    let name = request.secret_id.clone();
    let outcome = match target(&headers) {
        Some("secretsmanager.GetSecretValue") => vault.get(&request).map(Some),
        Some("secretsmanager.CreateSecret") => vault.put(request, true).map(|()| None),
        Some("secretsmanager.PutSecretValue") => vault.put(request, false).map(|()| None),
        Some("secretsmanager.DeleteSecret") => vault.delete(&request).map(|()| None),
        _ => return V1_1.refusal("UnknownOperationException", "this operation is not supported"),
    };
    match outcome {
        Ok(Some(value)) => V1_1.answer(StatusCode::OK, json!({ "Name": name, "SecretString": value })),
        Ok(None) => V1_1.answer(StatusCode::OK, json!({ "Name": name })),
        Err((kind, text)) => V1_1.refusal(kind, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn send(vault: &Arc<Vault>, operation: &str, body: serde_json::Value) -> (StatusCode, serde_json::Value) {
        let target = format!("secretsmanager.{operation}").parse().expect("a value");
        let headers = HeaderMap::from_iter([("x-amz-target".parse().expect("a name"), target)]);
        let answer = call(State(vault.clone()), headers, Bytes::from(body.to_string())).await;
        let status = answer.status();
        let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    #[tokio::test]
    async fn the_programs_secrets_are_read_and_the_functions_secrets_survive_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = || {
            let fixed = BTreeMap::from([("payments".to_owned(), "{}".to_owned())]);
            Arc::new(Vault::open(fixed, folder.path().join("vault.json")).expect("opens"))
        };
        let vault = open();
        assert_eq!(send(&vault, "GetSecretValue", json!({ "SecretId": "payments" })).await.0, StatusCode::OK);
        assert_eq!(send(&vault, "ListSecrets", json!({ "SecretId": "payments" })).await.0, StatusCode::BAD_REQUEST);
        let put = |version: &str, value: &str| json!({ "SecretId": "c/1", "ClientRequestToken": version, "SecretString": value });
        assert_eq!(send(&vault, "PutSecretValue", put("1", "a")).await.1["__type"], "ResourceNotFoundException");
        let create = json!({ "Name": "c/1", "ClientRequestToken": "1", "SecretString": "a" });
        for _ in 0..2 {
            assert_eq!(send(&vault, "CreateSecret", create.clone()).await.0, StatusCode::OK);
        }
        assert_eq!(send(&vault, "PutSecretValue", put("2", "b")).await.0, StatusCode::OK);
        assert_eq!(send(&vault, "PutSecretValue", put("2", "c")).await.1["__type"], "ResourceExistsException");
        let vault = open();
        let read = async |version: &str| {
            send(&vault, "GetSecretValue", json!({ "SecretId": "c/1", "VersionId": version })).await.1["SecretString"].clone()
        };
        assert_eq!((read("1").await, read("2").await), (json!("a"), json!("b")));
        assert_eq!(send(&vault, "DeleteSecret", json!({ "SecretId": "c/1" })).await.0, StatusCode::OK);
        assert_eq!(send(&vault, "GetSecretValue", json!({ "SecretId": "c/1" })).await.1["__type"], "ResourceNotFoundException");
    }
}
