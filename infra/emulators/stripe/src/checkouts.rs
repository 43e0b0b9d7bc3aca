//! Checkout sessions, created by the API and paid on the hosted page.

use hozon_shared::domain::locale::Locale;
use reqwest::Url;

use crate::cards::{Card, CardReaction, Decline};
use crate::error::RequestError;
use crate::form::Form;
use crate::objects::{BillingDetails, Customer, LineItem, List, Metadata, Price, Product, Recurring, Session, SessionStatus};
use crate::state::{Draft, Transaction};

/// Result of a payment attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaymentOutcome {
    /// Paid, now or before.
    Paid,
    /// The card requires authentication.
    Challenge,
    Declined(Decline),
    /// The session can no longer be paid.
    Expired,
}

impl Session {
    /// Language of the session.
    pub fn language(&self) -> Locale {
        Locale::of(self.locale.as_deref().unwrap_or_default())
    }

    /// Address to which the buyer returns after payment.
    pub fn after_payment(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }
}

impl Transaction<'_> {
    /// `POST /v1/customers`
    pub fn make_customer(&mut self, form: &Form) -> Result<String, RequestError> {
        let customer = Customer {
            id: self.id("cus"),
            created: self.seconds(),
            livemode: false,
            name: form.text("name").map(str::to_owned),
            email: form.text("email").map(str::to_owned),
            preferred_locales: form.texts("preferred_locales").map(str::to_owned).collect(),
            balance: 0,
            metadata: form.metadata(),
        };
        let id = customer.id.clone();
        self.state.customers.insert(id.clone(), customer);
        Ok(id)
    }

    /// `POST /v1/products`
    pub fn make_product(&mut self, form: &Form) -> Result<String, RequestError> {
        let product = Product {
            id: self.id("prod"),
            created: self.seconds(),
            livemode: false,
            active: true,
            name: form.required("name")?.to_owned(),
            metadata: form.metadata(),
        };
        let id = product.id.clone();
        self.state.products.insert(id.clone(), product);
        Ok(id)
    }

    /// Creates a price from `price_data`, with an existing or new product.
    pub fn make_price(&mut self, form: &Form) -> Result<Price, RequestError> {
        let invalid = |reason| RequestError::Invalid { param: "price_data", reason };
        let product = match (form.text("product"), form.get("product_data")) {
            (Some(id), _) => self.state.products.get(id).ok_or(RequestError::Missing("product"))?.id.clone(),
            (None, Some(product)) => self.make_product(&product)?,
            (None, None) => return Err(invalid("a product is required")),
        };
        let interval = form.get("recurring").and_then(|recurring| recurring.text("interval").map(str::to_owned));
        if interval.as_ref().is_some_and(|interval| interval != "month") {
            return Err(invalid("only monthly prices are supported"));
        }
        let amount = form.number("unit_amount")?.filter(|amount| *amount >= 0);
        Ok(Price {
            id: self.id("price"),
            created: self.seconds(),
            livemode: false,
            currency: form.required("currency")?.to_owned(),
            unit_amount: amount.ok_or(invalid("an amount is required"))?,
            product,
            kind: if interval.is_some() { "recurring" } else { "one_time" }.to_owned(),
            recurring: interval.map(|interval| Recurring { interval, interval_count: 1 }),
        })
    }

    fn make_line(&mut self, form: &Form) -> Result<LineItem, RequestError> {
        let data = form.get("price_data").ok_or(RequestError::Invalid { param: "line_items", reason: "a line has no price" })?;
        let price = self.make_price(&data)?;
        let quantity = form.number("quantity")?.unwrap_or(1);
        let amount = price.unit_amount.checked_mul(quantity).filter(|_| quantity > 0);
        Ok(LineItem {
            id: self.id("li"),
            description: self.state.products.get(&price.product).map(|product| product.name.clone()).unwrap_or_default(),
            quantity,
            amount_total: amount.ok_or(RequestError::Invalid { param: "line_items", reason: "its amount is too large" })?,
            currency: price.currency.clone(),
            price,
        })
    }

    /// `POST /v1/checkout/sessions`
    pub fn make_session(&mut self, form: &Form) -> Result<String, RequestError> {
        let customer = form.required("customer")?;
        if !self.state.customers.contains_key(customer) {
            return Err(RequestError::Missing("customer"));
        }
        let mode = form.required("mode")?;
        let lines = form.list("line_items").map(|line| self.make_line(&line)).collect::<Result<Vec<_>, _>>()?;
        check_lines(mode, &lines)?;
        let expires_at = form.number("expires_at")?.unwrap_or(self.seconds() + 24 * 3600);
        if !(30 * 60..=24 * 3600).contains(&(expires_at - self.seconds())) {
            return Err(RequestError::Invalid { param: "expires_at", reason: "it must be 30 minutes to 24 hours from now" });
        }
        let kept_at = if mode == "subscription" { "subscription_data" } else { "payment_intent_data" };
        let metadata = form.get(kept_at).map(|kept| kept.metadata()).unwrap_or_default();
        let session = self.new_session(form, mode, lines, expires_at)?;
        let id = session.id.clone();
        self.state.drafts.insert(id.clone(), Draft { metadata, challenged: None });
        self.state.sessions.insert(id.clone(), session);
        Ok(id)
    }

    fn new_session(&self, form: &Form, mode: &str, lines: Vec<LineItem>, expires_at: i64) -> Result<Session, RequestError> {
        let id = self.secret_id("cs_test");
        let total = lines.iter().map(|line| line.amount_total).sum();
        Ok(Session {
            created: self.seconds(),
            livemode: false,
            mode: mode.to_owned(),
            status: SessionStatus::Open,
            payment_status: "unpaid".to_owned(),
            currency: lines.first().map(|line| line.currency.clone()).unwrap_or_default(),
            amount_subtotal: total,
            amount_total: total,
            customer: form.required("customer")?.to_owned(),
            customer_details: None,
            client_reference_id: form.text("client_reference_id").map(str::to_owned),
            locale: form.text("locale").map(str::to_owned),
            success_url: address(form.required("success_url")?)?,
            cancel_url: form.text("cancel_url").map(address).transpose()?,
            expires_at,
            url: Some(format!("{}/pay/{id}", self.url)),
            metadata: form.metadata(),
            line_items: List::of(lines, &format!("/v1/checkout/sessions/{id}/line_items")),
            payment_intent: None,
            subscription: None,
            invoice: None,
            id,
        })
    }

    /// `POST /v1/checkout/sessions/{id}/expire`, also called when the session's time has passed.
    pub fn expire_session(&mut self, id: &str) -> Result<String, RequestError> {
        let session = self.state.sessions.get_mut(id).ok_or(RequestError::Missing("checkout session"))?;
        if session.status != SessionStatus::Open {
            return Err(RequestError::NotNow("only sessions whose status is open can be expired"));
        }
        session.status = SessionStatus::Expired;
        session.url = None;
        self.state.drafts.remove(id);
        self.emit("checkout.session.expired", id);
        Ok(id.to_owned())
    }

    /// Pays an open session with a card. A paid session stays unchanged.
    pub fn pay(&mut self, id: &str, details: BillingDetails, card: Card) -> Result<PaymentOutcome, RequestError> {
        let session = self.state.sessions.get_mut(id).ok_or(RequestError::Missing("checkout session"))?;
        match session.status {
            SessionStatus::Complete => return Ok(PaymentOutcome::Paid),
            SessionStatus::Expired => return Ok(PaymentOutcome::Expired),
            SessionStatus::Open => session.customer_details = Some(details),
        }
        match card.answer() {
            CardReaction::Yes => self.complete(id, card),
            CardReaction::No(decline) => self.decline(id, &card, decline),
            CardReaction::Challenge => {
                self.state.drafts.entry(id.to_owned()).or_default().challenged = Some(card);
                Ok(PaymentOutcome::Challenge)
            }
        }
    }

    /// Continues a payment after the card's owner authenticated or refused.
    pub fn answer_challenge(&mut self, id: &str, is_confirmed: bool) -> Result<PaymentOutcome, RequestError> {
        let session = self.state.sessions.get(id).ok_or(RequestError::Missing("checkout session"))?;
        match session.status {
            SessionStatus::Complete => return Ok(PaymentOutcome::Paid),
            SessionStatus::Expired => return Ok(PaymentOutcome::Expired),
            SessionStatus::Open => {}
        }
        let card = self.state.drafts.get_mut(id).and_then(|draft| draft.challenged.take());
        match card {
            Some(card) if is_confirmed => self.complete(id, card),
            Some(card) => self.decline(id, &card, Decline::NotAuthenticated),
            None => Ok(PaymentOutcome::Declined(Decline::NotAuthenticated)),
        }
    }

    fn complete(&mut self, id: &str, card: Card) -> Result<PaymentOutcome, RequestError> {
        let session = self.state.sessions.get(id).cloned().ok_or(RequestError::Missing("checkout session"))?;
        let draft = self.state.drafts.remove(id).unwrap_or_default();
        let is_subscription = session.mode == "subscription";
        let (subscription, invoice, intent) = match is_subscription {
            true => {
                let (subscription, invoice) = self.subscribe(&session, draft.metadata, &card);
                (Some(subscription), Some(invoice), None)
            }
            false => (None, None, Some(self.pay_once(&session, draft.metadata, &card))),
        };
        self.state.sessions.insert(
            id.to_owned(),
            Session {
                status: SessionStatus::Complete,
                payment_status: "paid".to_owned(),
                url: None,
                payment_intent: intent,
                subscription,
                invoice,
                ..session
            },
        );
        self.emit("checkout.session.completed", id);
        Ok(PaymentOutcome::Paid)
    }

    fn decline(&mut self, id: &str, card: &Card, decline: Decline) -> Result<PaymentOutcome, RequestError> {
        let session = self.state.sessions.get(id).cloned().ok_or(RequestError::Missing("checkout session"))?;
        self.charge_session(&session, None, Metadata::new(), card, Some(decline));
        Ok(PaymentOutcome::Declined(decline))
    }
}

fn check_lines(mode: &str, lines: &[LineItem]) -> Result<(), RequestError> {
    let invalid = |reason| Err(RequestError::Invalid { param: "line_items", reason });
    let monthly = lines.iter().filter(|line| line.price.recurring.is_some()).count();
    let Some(first) = lines.first() else { return invalid("there are none") };
    if lines.iter().any(|line| line.currency != first.currency) {
        return invalid("they have several currencies");
    }
    match (mode, monthly) {
        ("payment", 0) | ("subscription", 1..) => Ok(()),
        ("payment", _) => invalid("a payment has no recurring price"),
        ("subscription", _) => invalid("a subscription has a recurring price"),
        _ => Err(RequestError::Invalid { param: "mode", reason: "only payment and subscription are supported" }),
    }
}

/// Validates an address to which a browser may be redirected.
fn address(text: &str) -> Result<String, RequestError> {
    let is_web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    is_web.then(|| text.to_owned()).ok_or(RequestError::Invalid { param: "success_url", reason: "not a valid URL" })
}
