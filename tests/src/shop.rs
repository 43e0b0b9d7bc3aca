//! A world in which things can be bought: with a manual clock, a buyer who uses the provider's pages, and the
//! provider's own actions.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use hozon_shared::domain::money::Money;
use hozon_shared::domain::plan::Plans;
use hozon_shared::domain::price::Terms;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use serde_json::Value;
use sha2::Sha256;

use crate::{Crm, ManualClock, World};

/// A world with a price list, on a Tuesday at 10:00 in Tokyo.
pub struct Shop {
    pub world: World,
    clock: Arc<ManualClock>,
    /// A browser that does not follow redirects.
    browser: Client,
}

/// One of Stripe's test cards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Card {
    number: &'static str,
    /// Whether the owner authenticates the payment.
    agrees: bool,
}

impl Card {
    /// Pays.
    pub const GOOD: Self = Self::numbered("4242 4242 4242 4242");
    /// Is declined.
    pub const DECLINED: Self = Self::numbered("4000 0000 0000 0002");
    /// Has insufficient funds.
    pub const WITHOUT_FUNDS: Self = Self::numbered("4000 0000 0000 9995");
    /// Requires authentication, which the owner completes.
    pub const ASKS_OWNER: Self = Self::numbered("4000 0025 0000 3155");
    /// Pays once; renewals fail.
    pub const FAILS_LATER: Self = Self::numbered("4000 0000 0000 0341");
    /// Pays, and is then disputed.
    pub const DISPUTED: Self = Self::numbered("4000 0000 0000 0259");

    const fn numbered(number: &'static str) -> Self {
        Self { number, agrees: true }
    }

    /// The same card, whose owner refuses to authenticate.
    #[must_use]
    pub const fn refused(self) -> Self {
        Self { agrees: false, ..self }
    }
}

/// Where a buyer is after an attempt to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paid {
    /// Redirected to this address.
    BackTo(String),
    /// Still at the checkout, which shows this error.
    Refused(String),
    /// At a checkout that cannot be paid, because it is paid or closed.
    Closed,
}

impl Shop {
    /// Opens a shop in a country, for an organisation with a plan and a small CRM.
    pub async fn open(plan: &str, country: &str) -> Self {
        let start: DateTime<Utc> = "2026-11-24T01:00:00Z".parse().expect("a time");
        let clock = Arc::new(ManualClock::at(start));
        let mut world = World::start_with(|options| {
            options.clock = clock.clone();
            options.speed = 10_000.0;
            options.terms = Terms::parse(Plans::default(), hozon::PRICES).expect("prices");
        })
        .await;
        world.org = world.local.organisation("Buyer", chrono_tz::Asia::Tokyo, plan, country).await.expect("an organisation");
        world.import(Crm::small().inputs()).await;
        let browser = Client::builder().redirect(Policy::none()).build().expect("a browser");
        Self { world, clock, browser }
    }

    /// Places an order.
    pub async fn place(&self, body: &str) -> Value {
        let answer = self.world.administrator().post("/backup/orders", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
        answer.body["order"].clone()
    }

    /// Confirms an order.
    pub async fn confirm(&self, order: &Value) -> Value {
        let path = format!("/backup/orders/{}/actions/confirm", id(order));
        let answer = self.world.administrator().post(&path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        answer.body["order"].clone()
    }

    /// Pays the checkout of a confirmed order, and waits for the provider's messages.
    pub async fn pay(&self, order: &Value, card: Card) -> Paid {
        let url = order["checkout_url"].as_str().expect("a checkout");
        let form = [
            ("name", "山田 太郎"),
            ("email", "buyer@example.com"),
            ("country", "JP"),
            ("postal-code", "100-0001"),
            ("address", "千代田 1-1"),
            ("cc-number", card.number),
            ("cc-exp", "12/34"),
            ("cc-csc", "123"),
        ];
        let mut outcome = self.submit(url, &form).await;
        if let Paid::BackTo(next) = &outcome
            && next.ends_with("/challenge")
        {
            let challenge = reqwest::Url::parse(url).and_then(|url| url.join(next)).expect("an address");
            let answer = if card.agrees { "complete" } else { "fail" };
            outcome = self.submit(challenge.as_str(), &[("answer", answer)]).await;
        }
        self.world.local.tick().await;
        outcome
    }

    async fn submit(&self, url: &str, form: &[(&str, &str)]) -> Paid {
        let answer = self.browser.post(url).form(form).send().await.expect("answers");
        let status = answer.status();
        let next = answer.headers().get("location").map(|next| next.to_str().expect("an address").to_owned());
        let page = answer.text().await.expect("a page");
        match next {
            Some(next) => Paid::BackTo(next),
            None if page.contains("role=\"alert\"") => Paid::Refused(page),
            None => {
                assert_eq!(status, StatusCode::OK, "{page}");
                Paid::Closed
            }
        }
    }

    /// Places, confirms and pays an order.
    pub async fn buy(&self, body: &str, card: Card) -> Value {
        let confirmed = self.confirm(&self.place(body).await).await;
        let paid = self.pay(&confirmed, card).await;
        assert!(matches!(paid, Paid::BackTo(_)), "{paid:?}");
        let order = self.order(&confirmed).await;
        assert_eq!(order["status"], "PAID", "{order}");
        order
    }

    /// Reads the current state of an order.
    pub async fn order(&self, order: &Value) -> Value {
        self.world.administrator().get(&format!("/backup/orders/{}", id(order))).await.body["order"].clone()
    }

    /// Reads the allowance.
    pub async fn allowance(&self) -> Value {
        self.world.administrator().get("/backup/allowance").await.body["allowance"].clone()
    }

    /// Lists all subscriptions, newest first.
    pub async fn subscriptions(&self) -> Vec<Value> {
        let answer = self.world.administrator().get("/backup/subscriptions").await;
        answer.body["subscriptions"].as_array().expect("a list").clone()
    }

    /// Lists history records of some kinds, newest first.
    pub async fn history(&self, kinds: &str) -> Vec<Value> {
        let answer = self.world.administrator().get(&format!("/backup/history?kind={kinds}")).await;
        answer.body["history"].as_array().expect("a list").clone()
    }

    /// Advances the clock and waits for everything that becomes due.
    pub async fn wait(&self, time: TimeDelta) {
        self.clock.advance(time);
        self.world.local.tick().await;
        self.world.local.wait_until_idle().await;
    }

    /// Blocks the provider's messages.
    pub fn hold_messages(&self) {
        // Nothing listens on the discard port.
        self.world.local.stripe.set_webhook_url("http://127.0.0.1:9/");
    }

    /// Returns all messages so far with their signatures, oldest first.
    pub async fn messages(&self) -> Vec<(String, String)> {
        let found = self.stripe("GET", "events?limit=100", &[]).await;
        let mut messages: Vec<_> = found["data"].as_array().expect("a list").iter().map(|event| self.signed(event)).collect();
        messages.reverse();
        messages
    }

    fn signed(&self, event: &Value) -> (String, String) {
        use hozon_shared::ports::Clock;
        let (body, time) = (event.to_string(), self.clock.now().timestamp());
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret("webhook_secret").as_bytes()).expect("keys may have any length");
        mac.update(format!("{time}.{body}").as_bytes());
        let tag = hex::encode(mac.finalize().into_bytes());
        (body, format!("t={time},v1={tag}"))
    }

    /// Returns all charges so far, oldest first, and whether each was paid.
    pub async fn charges(&self) -> Vec<(String, bool)> {
        let found = self.stripe("GET", "charges?limit=100", &[]).await;
        let charge = |charge: &Value| {
            let currency = charge["currency"].as_str().expect("a currency").to_uppercase().parse().expect("a currency");
            let amount = Money::of(charge["amount"].as_u64().expect("an amount"), currency);
            (amount.to_string(), charge["paid"] == true)
        };
        let mut charges: Vec<_> =
            found["data"].as_array().expect("a list").iter().map(charge).filter(|(_, paid)| *paid).collect();
        charges.reverse();
        charges
    }

    /// Lists the URLs of the checkouts that can still be paid.
    pub async fn open_checkouts(&self) -> Vec<Value> {
        let found = self.stripe("GET", "checkout/sessions?limit=100&status=open", &[]).await;
        found["data"].as_array().expect("a list").iter().map(|session| session["url"].clone()).collect()
    }

    /// Refunds an amount of an order, as the provider's account owner.
    pub async fn refund(&self, order: &Value, minor: u64) {
        let charge = self.charge_of(order).await;
        self.stripe("POST", "refunds", &[("charge", &charge), ("amount", &minor.to_string())]).await;
        self.world.local.tick().await;
    }

    /// Wins the dispute of an order's payment.
    pub async fn win_dispute(&self, order: &Value) {
        let charge = self.charge_of(order).await;
        let found = self.stripe("GET", &format!("disputes?charge={charge}"), &[]).await;
        let dispute = found["data"][0]["id"].as_str().expect("a dispute").to_owned();
        self.stripe("POST", &format!("test_helpers/disputes/{dispute}"), &[("status", "won")]).await;
        self.world.local.tick().await;
    }

    async fn charge_of(&self, order: &Value) -> String {
        let found = self.stripe("GET", "charges?limit=100", &[]).await;
        let charges = found["data"].as_array().expect("a list");
        // Only charges of one-time payments carry the order's id.
        let is_named = |charge: &Value| charge["metadata"]["order"].is_null() || charge["metadata"]["order"] == order["id"];
        let of = |charge: &&Value| charge["paid"] == true && charge["amount"] == order["total"] && is_named(charge);
        charges.iter().find(of).expect("a charge")["id"].as_str().expect("an id").to_owned()
    }

    async fn stripe(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Value {
        let url = format!("{}/v1/{path}", self.world.local.stripe.url());
        let request = self.browser.request(method.parse().expect("a method"), url).bearer_auth(self.secret("api_key"));
        let request = if form.is_empty() { request } else { request.form(form) };
        request.send().await.expect("answers").error_for_status().expect("is done").json().await.expect("JSON")
    }

    fn secret(&self, name: &str) -> String {
        let json = std::fs::read(self.world.data_folder().join("secrets.json")).expect("secrets");
        let secrets: Value = serde_json::from_slice(&json).expect("JSON");
        secrets["payments"][name].as_str().expect("a secret").to_owned()
    }

    /// Ends the story after checking that each pool equals the sum of its ledger entries.
    pub async fn close(self) {
        self.world.local.wait_until_idle().await;
        check_books(&self.world).await;
        self.world.end().await;
    }
}

/// Checks that each pool equals the sum of its ledger entries.
pub async fn check_books(world: &World) {
    let accounts = &world.local.ports.accounts;
    let account = accounts.account(world.org).await.expect("reads");
    let mut sums = std::collections::BTreeMap::new();
    for entry in accounts.ledger(world.org, None).await.expect("reads") {
        *sums.entry(entry.movement.pool).or_insert(0) += entry.movement.change;
    }
    for (pool, sum) in sums {
        // The account drops past pools.
        let left = account.left(&pool);
        assert!(sum == i64::from(left) || (left == 0 && sum >= 0), "{pool:?}: entries add up to {sum}, {left} left");
    }
}

fn id(order: &Value) -> &str {
    order["id"].as_str().expect("an id")
}
