//! Calls over HTTP against a running server.

mod consent;
mod faults;
mod limits;
mod reading;
mod writing;

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{SampleSize, State, ZohoServer};

/// A server with a client that has a token for everything.
struct Caller {
    server: ZohoServer,
    http: Client,
    token: String,
}

/// Status and JSON of an answer; `Null` without a body.
type Answer = (u16, Value);

impl Caller {
    async fn new() -> Self {
        let server = ZohoServer::start(State::sample(SampleSize::small())).await.expect("a server");
        let http = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let token = server.state().full_access_token();
        Self { server, http, token }
    }

    fn state(&self) -> &State {
        self.server.state()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.server.base_url()));
        request.header("authorization", format!("Zoho-oauthtoken {}", self.token))
    }

    async fn get(&self, path: &str) -> Answer {
        answer(self.request(Method::GET, path)).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    async fn query(&self, query: &str) -> Answer {
        self.post("/crm/v8/coql", json!({"select_query": query})).await
    }

    /// Reads a module by page tokens; `between` runs after each page.
    async fn walk(&self, path: &str, mut between: impl FnMut(usize)) -> Vec<u64> {
        let (mut found, mut token) = (Vec::new(), String::new());
        loop {
            let (status, page) = self.get(&format!("{path}{token}")).await;
            if status == 204 {
                return found;
            }
            assert_eq!(status, 200, "{page}");
            found.extend(ids(&page));
            between(found.len());
            match page["info"]["next_page_token"].as_str() {
                Some(next) => token = format!("&page_token={next}"),
                None => return found,
            }
        }
    }

    /// Makes a bulk job and waits until it has ended.
    async fn bulk(&self, module: &str) -> String {
        let query = json!({"query": {"module": {"api_name": module}, "fields": ["id", "Last_Name"]}});
        let (status, job) = self.post("/crm/bulk/v8/read", query).await;
        assert_eq!(status, 201, "{job}");
        self.state().advance(chrono::Duration::seconds(1));
        job["data"][0]["details"]["id"].as_str().expect("an id").to_owned()
    }

    async fn bytes(&self, path: &str) -> Vec<u8> {
        let response = self.request(Method::GET, path).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.bytes().await.expect("a body").to_vec()
    }
}

async fn answer(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let status = response.status().as_u16();
    let body = response.bytes().await.expect("a body");
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn ids(page: &Value) -> Vec<u64> {
    let rows = page["data"].as_array().expect("rows");
    rows.iter().map(|row| row["id"].as_str().expect("an id").parse().expect("a number")).collect()
}

/// Asserts status and code of a refusal.
fn assert_refused((status, body): &Answer, wanted: u16, code: &str) {
    assert_eq!((*status, body["code"].as_str()), (wanted, Some(code)), "{body}");
}
