//! Test environment: a server on its own port, the adapter, a buyer, and a receiver of messages.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::id::{OrderId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::payment::{About, CheckoutState, Message, Owner};
use hozon_shared::domain::price::Tax;
use hozon_shared::payments::{PaymentKeys, Stripe};
use hozon_shared::ports::{Buyer, Checkout, CheckoutLine, CheckoutRequest, Clock, Ids, Payments};
use reqwest::redirect::Policy;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{StripeKeys, StripeServer};

pub const KEY: &str = "sk_local_test";
pub const OWNER: Owner = Owner { org: OrgId(7), order: OrderId(8) };
pub const RETURN_URL: &str = "http://127.0.0.1:1/orders/8?back=1";

pub struct ManualClock(Mutex<DateTime<Utc>>);

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no panic")
    }
}

struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn next(&self, _: DateTime<Utc>) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Signature and body of a message.
type Received = (String, Bytes);

/// Received messages, and the number of further messages to reject.
#[derive(Clone, Default)]
pub struct Receiver(Arc<Mutex<(Vec<Received>, usize)>>);

impl Receiver {
    pub fn refuse(&self, times: usize) {
        self.0.lock().expect("no panic").1 = times;
    }

    pub fn got(&self) -> Vec<Received> {
        self.0.lock().expect("no panic").0.clone()
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().expect("text").to_owned();
    let mut state = receiver.0.lock().expect("no panic");
    state.0.push((signature, body));
    if state.1 == 0 {
        return StatusCode::OK;
    }
    state.1 -= 1;
    StatusCode::SERVICE_UNAVAILABLE
}

pub struct World {
    pub clock: Arc<ManualClock>,
    pub server: StripeServer,
    pub stripe: Stripe,
    pub receiver: Receiver,
    pub http: reqwest::Client,
    folder: tempfile::TempDir,
}

pub async fn serve(router: impl FnOnce(String) -> Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let router = router(url.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}

impl World {
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = Arc::new(ManualClock(Mutex::new("2027-01-31T10:00:00Z".parse().expect("a time"))));
        Self::on(folder, clock, 1_000_000).await
    }

    async fn on(folder: tempfile::TempDir, clock: Arc<ManualClock>, first_id: u64) -> Self {
        let keys = StripeKeys { api_key: KEY.to_owned(), webhook_secret: "whsec_test".to_owned() };
        let mut opened = None;
        let url = serve(|url| {
            let ids = Arc::new(CountingIds(AtomicU64::new(first_id)));
            let path = folder.path().join("stripe.json");
            let server = StripeServer::open(&path, &url, clock.clone(), ids, keys).expect("opens");
            opened.insert(server).router()
        });
        let url = url.await;
        let server = opened.expect("a server");
        let keys = PaymentKeys { api_key: KEY.to_owned(), webhook_secrets: vec!["whsec_test".to_owned()] };
        let stripe = Stripe::new(keys, Some(url)).expect("an adapter");
        let receiver = Receiver::default();
        let kept = receiver.clone();
        let hooks = serve(|_| Router::new().route("/webhooks/payments", post(receive)).with_state(kept)).await;
        server.set_webhook_url(&format!("{hooks}/webhooks/payments"));
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client");
        Self { clock, server, stripe, receiver, http, folder }
    }

    /// Restarts the server on the same files.
    pub async fn restarted(self) -> Self {
        Self::on(self.folder, self.clock, 2_000_000).await
    }

    pub fn advance(&self, by: TimeDelta) {
        *self.clock.0.lock().expect("no panic") += by;
    }

    pub fn set(&self, time: &str) {
        *self.clock.0.lock().expect("no panic") = time.parse().expect("a time");
    }

    pub fn file(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stripe.json")).expect("a file")
    }

    pub async fn customer(&self) -> String {
        let buyer = Buyer { name: "さくら商事".to_owned(), email: Some("a@example.com".to_owned()), locale: Locale::Ja };
        self.stripe.customer(OWNER, &buyer).await.expect("a customer")
    }

    pub async fn request(&self, lines: Vec<CheckoutLine>) -> CheckoutRequest {
        CheckoutRequest {
            owner: OWNER,
            abandoned: 0,
            customer: self.customer().await,
            locale: Locale::Ja,
            lines,
            tax: Tax { name: "消費税".to_owned(), rate: 10_000, included: true },
            time_zone: Tz::Asia__Tokyo,
            return_url: RETURN_URL.to_owned(),
            expires: self.clock.now() + TimeDelta::hours(1),
        }
    }

    pub async fn open(&self, lines: Vec<CheckoutLine>) -> Checkout {
        let request = self.request(lines).await;
        self.stripe.open_checkout(&request).await.expect("a checkout")
    }

    pub async fn state(&self, checkout: &Checkout) -> CheckoutState {
        self.stripe.checkout(&checkout.id).await.expect("a state")
    }

    /// Submits the form with a card, as the buyer.
    pub async fn pay(&self, checkout: &Checkout, number: &str) -> reqwest::Response {
        self.send(&checkout.url, &form(number, "12 / 34", "123")).await
    }

    pub async fn send(&self, url: &str, form: &str) -> reqwest::Response {
        let request = self.http.post(url).header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        request.send().await.expect("an answer")
    }

    /// Lists objects through the API.
    pub async fn list(&self, path: &str) -> Vec<Value> {
        let answer = self.http.get(format!("{}/v1/{path}", self.server.url())).bearer_auth(KEY).send().await.expect("an answer");
        let body: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        body["data"].as_array().unwrap_or_else(|| panic!("{body}")).clone()
    }

    pub async fn only(&self, path: &str) -> Value {
        let found = self.list(path).await;
        assert_eq!(found.len(), 1, "{path}");
        found[0].clone()
    }

    pub async fn call(&self, path: &str, form: &str, key: Option<&str>) -> (u16, Value) {
        let request = self.http.post(format!("{}/v1/{path}", self.server.url())).bearer_auth(KEY).body(form.to_owned());
        let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON"))
    }

    /// Returns the messages as parsed by the adapter; all must have a valid signature.
    pub fn messages(&self) -> Vec<Message> {
        let read = |(signature, body): Received| self.stripe.message(&signature, &body, self.clock.now());
        self.receiver.got().into_iter().map(|message| read(message).expect("a message")).collect()
    }

    pub fn abouts(&self) -> Vec<About> {
        self.messages().into_iter().map(|message| message.about).filter(|about| *about != About::Nothing).collect()
    }

    /// Returns the types of the messages in order of arrival.
    pub fn kinds(&self) -> Vec<String> {
        let kind = |(_, body): Received| {
            serde_json::from_slice::<Value>(&body).expect("JSON")["type"].as_str().expect("a type").to_owned()
        };
        self.receiver.got().into_iter().map(kind).collect()
    }
}

pub fn form(number: &str, expiry: &str, code: &str) -> String {
    let fields = [
        ("name", "山田 <b>花子</b>"),
        ("email", "hanako@example.com"),
        ("country", "jp"),
        ("postal-code", "100-0001"),
        ("address", "千代田区1-1"),
        ("cc-number", number),
        ("cc-exp", expiry),
        ("cc-csc", code),
    ];
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

pub fn line(product: &str, minor: u64, monthly: bool) -> CheckoutLine {
    let amount = Money::of(minor, "JPY".parse().expect("a currency"));
    CheckoutLine { product: product.to_owned(), title: format!("{product} <追加>"), amount, monthly }
}

pub fn once() -> Vec<CheckoutLine> {
    vec![line("extra", 1500, false)]
}

pub fn mixed() -> Vec<CheckoutLine> {
    vec![line("extra", 1500, false), line("addon", 800, true), line("more", 200, true)]
}

pub fn location(answer: &reqwest::Response) -> &str {
    answer.headers()["location"].to_str().expect("text")
}
