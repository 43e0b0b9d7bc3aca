//! The REST API: authentication, form parsing, idempotency and expansion around the operations.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, delete, get, post};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::RequestError;
use crate::form::Form;
use crate::objects::List;
use crate::server::StripeServer;
use crate::state::{Remembered, Transaction, VERSION};

/// An operation on the object with that id, if the path contains one. Returns the id of the object in the answer.
type Act = fn(&mut Transaction<'_>, &str, &Form) -> Result<String, RequestError>;

/// Maximum number of objects per list.
const PAGE: usize = 100;

/// Returns the routes of all supported calls.
pub fn router(server: StripeServer) -> Router {
    let read = |collection: &'static str| get(move |s, h, q| list(s, h, q, collection));
    let mut router = Router::new()
        .route("/v1/customers", read("customers").merge(acting(|work, _, form| work.make_customer(form))))
        .route("/v1/products", read("products").merge(acting(|work, _, form| work.make_product(form))))
        .route("/v1/refunds", read("refunds").merge(acting(|work, _, form| work.refund(form))))
        .route("/v1/checkout/sessions", read("checkout/sessions").merge(acting(|work, _, form| work.make_session(form))))
        .route("/v1/checkout/sessions/{id}", one("checkout/sessions"))
        .route("/v1/checkout/sessions/{id}/expire", acting(|work, id, _| work.expire_session(id)))
        .route("/v1/subscriptions/{id}", subscription())
        .route("/v1/test_helpers/disputes", acting(|work, _, form| work.open_dispute(form)))
        .route("/v1/test_helpers/disputes/{id}", acting(|work, id, form| work.close_dispute(id, form)));
    for (path, collection) in [
        ("/v1/subscriptions", "subscriptions"),
        ("/v1/payment_intents", "payment_intents"),
        ("/v1/charges", "charges"),
        ("/v1/disputes", "disputes"),
        ("/v1/invoices", "invoices"),
        ("/v1/events", "events"),
    ] {
        router = router.route(path, read(collection));
    }
    for collection in ["customers", "products", "refunds", "payment_intents", "charges", "disputes", "invoices", "events"] {
        router = router.route(&format!("/v1/{collection}/{{id}}"), one(collection));
    }
    router.with_state(server)
}

fn subscription() -> MethodRouter<StripeServer> {
    let cancel: Act = |work, id, form| work.cancel_subscription(id, form);
    // A DELETE request carries its parameters in the query string.
    let cancelling = async move |State(server): State<StripeServer>, headers: HeaderMap, uri: Uri, id: Path<String>| {
        let form = uri.query().unwrap_or_default().to_owned();
        answered(server.do_once(&headers, &uri, &id.0, form.as_bytes(), cancel))
    };
    let updating = acting(|work, id, form| work.update_subscription(id, form));
    one("subscriptions").merge(updating).merge(delete(cancelling))
}

/// Handles a POST request that changes something.
fn acting(act: Act) -> MethodRouter<StripeServer> {
    post(async move |State(server): State<StripeServer>, headers: HeaderMap, uri: Uri, id: Option<Path<String>>, body: Bytes| {
        let id = id.map(|Path(id)| id).unwrap_or_default();
        answered(server.do_once(&headers, &uri, &id, &body, act))
    })
}

/// Handles a GET request for one object.
fn one(collection: &'static str) -> MethodRouter<StripeServer> {
    get(async move |State(server): State<StripeServer>, headers: HeaderMap, Path(id): Path<String>, query: RawQuery| {
        answered(server.authorize(&headers).and_then(|()| server.read(collection, &id, &parse(query)?)))
    })
}

async fn list(State(server): State<StripeServer>, headers: HeaderMap, query: RawQuery, collection: &'static str) -> Response {
    answered(server.authorize(&headers).and_then(|()| server.read_all(collection, &parse(query)?)))
}

fn parse(query: RawQuery) -> Result<Form, RequestError> {
    Form::parse(query.0.unwrap_or_default().as_bytes())
}

fn answered(done: Result<Value, RequestError>) -> Response {
    match done {
        Ok(object) => ([("stripe-version", VERSION)], Json(object)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

impl StripeServer {
    fn authorize(&self, headers: &HeaderMap) -> Result<(), RequestError> {
        let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or(RequestError::Unauthorized)?;
        let basic = |text: &str| String::from_utf8(STANDARD.decode(text).ok()?).ok();
        let key = match given.split_once(' ') {
            Some(("Bearer", key)) => Some(key.to_owned()),
            Some(("Basic", text)) => basic(text).map(|text| text.trim_end_matches(':').to_owned()),
            _ => None,
        };
        // Comparing digests takes the same time wherever the keys differ.
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        let is_ours = key.is_some_and(|key| digest(&key) == digest(&self.0.keys.api_key));
        if is_ours { Ok(()) } else { Err(RequestError::Unauthorized) }
    }

    fn read(&self, collection: &str, id: &str, form: &Form) -> Result<Value, RequestError> {
        let state = self.lock();
        let kind = collection.trim_end_matches('s').replace('/', ".");
        let found = state.find(id).filter(|found| found["object"] == kind);
        let mut found = found.ok_or(RequestError::Missing("object"))?;
        form.texts("expand").for_each(|path| state.expand(&mut found, path));
        Ok(found)
    }

    fn read_all(&self, collection: &str, form: &Form) -> Result<Value, RequestError> {
        let state = self.lock();
        let limit = form.number("limit")?.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(10).min(PAGE);
        let mut found = state.list(collection).unwrap_or_default();
        for (name, wanted) in form.filters().filter(|(name, _)| !matches!(*name, "limit" | "starting_after")) {
            found.retain(|object| object[name] == wanted);
        }
        if let Some(last) = form.text("starting_after") {
            found = found.into_iter().skip_while(|object| object["id"] != last).skip(1).collect();
        }
        let has_more = found.len() > limit;
        found.truncate(limit);
        let url = format!("/v1/{collection}");
        Ok(json!(List { data: found, has_more, url }))
    }

    /// Runs an operation, or returns the stored answer of the same request under the same key.
    fn do_once(&self, headers: &HeaderMap, uri: &Uri, id: &str, body: &[u8], act: Act) -> Result<Value, RequestError> {
        self.authorize(headers)?;
        let form = Form::parse(body)?;
        let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok());
        let request = hex::encode(Sha256::digest([uri.path().as_bytes(), b"\n", body].concat()));
        self.change(|work| {
            if let Some(known) = key.and_then(|key| work.state.requests.get(key)) {
                return if known.request == request { Ok(known.answer.clone()) } else { Err(RequestError::OtherRequest) };
            }
            let id = act(work, id, &form)?;
            let mut answer = work.state.find(&id).unwrap_or_default();
            form.texts("expand").for_each(|path| work.state.expand(&mut answer, path));
            if let Some(key) = key {
                let remembered = Remembered { request, answer: answer.clone(), at: work.now };
                work.state.requests.insert(key.to_owned(), remembered);
            }
            Ok(answer)
        })
    }
}
