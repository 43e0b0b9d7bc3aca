//! Calls to emulators as the account's owner. The calls are not signed, because the emulators read only the name of the
//! service from the signature.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

/// Endpoint of an emulator.
pub struct Owner {
    endpoint: String,
    http: Client,
}

impl Owner {
    pub fn of(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), http: Client::new() }
    }

    /// Calls a service with AWS JSON.
    pub async fn call(&self, service: &str, target: &str, body: &Value) -> Value {
        let request = self.http.post(&self.endpoint).header("x-amz-target", target);
        let request = request.header("content-type", "application/x-amz-json-1.0").body(body.to_string());
        json(&answer(target, service, request).await)
    }

    /// Reads a JSON answer of a REST service.
    pub async fn get(&self, service: &str, path: &str) -> Value {
        json(&self.send(Method::GET, service, path, "").await)
    }

    /// Calls a REST service.
    pub async fn send(&self, method: Method, service: &str, path: &str, body: &str) -> String {
        let request = self.http.request(method, format!("{}{path}", self.endpoint)).body(body.to_owned());
        answer(path, service, request).await
    }
}

async fn answer(what: &str, service: &str, request: RequestBuilder) -> String {
    let scope = format!("Credential=owner/20260101/us-east-1/{service}/aws4_request");
    let request = request.header("authorization", format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none"));
    let answer = request.header("x-amz-date", "20260101T000000Z").send().await.expect("answers");
    let (status, text) = (answer.status(), answer.text().await.expect("text"));
    assert!(status.is_success(), "{what}: {status} {text}");
    text
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}
