//! Checkouts, charges and webhook messages of Stripe.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::client::{StripeApi, path};
use super::keys::PaymentKeys;
use super::wire::{Charge, Dispute, Event, Linked, List, Named, Session, SessionStatus};
use super::{amount, form, signature, states};
use crate::domain::payment::{ChargeState, CheckoutState, Message, Owner};
use crate::ports::{Buyer, Checkout, CheckoutLine, CheckoutRequest, ErrorKind, Payments, PortError, Renewals};

const SESSIONS: &str = "checkout/sessions";

pub struct Stripe {
    pub(super) api: StripeApi,
}

impl fmt::Debug for Stripe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stripe")
    }
}

impl Stripe {
    /// Creates the client without calling Stripe. `endpoint` has no trailing slash; `None` selects Stripe's own. Fails
    /// with `Refused` if the HTTP client cannot be created.
    pub fn new(keys: PaymentKeys, endpoint: Option<String>) -> Result<Self, PortError> {
        Ok(Self { api: StripeApi::new(keys, endpoint)? })
    }

    async fn disputes(&self, charge: &str) -> Result<Vec<Dispute>, PortError> {
        let found: List<Dispute> = self.api.get("list a charge's disputes", "disputes", &json!({ "charge": charge })).await?;
        Ok(found.data)
    }
}

/// Returns an idempotency key under which the same request creates one object. The key ends with a digest of the
/// request, because Stripe rejects a key that is reused with different parameters, and a request can change: a checkout
/// that is requested again expires later.
pub(super) fn key(purpose: &str, of: &str, fields: &Value) -> String {
    let digest = Sha256::digest(form::encode(fields).as_bytes());
    format!("{purpose}-{of}-{}", hex::encode(&digest[..16]))
}

fn session_fields(request: &CheckoutRequest) -> Result<Value, PortError> {
    let metadata = json!({
        "org": request.owner.org,
        "order": request.owner.order,
        "tax_name": request.tax.name,
        "tax_percent": request.tax.percent(),
        "time_zone": request.time_zone.name(),
    });
    let is_monthly = request.lines.iter().any(|line| line.monthly);
    let lines = request.lines.iter().map(line_fields).collect::<Result<Vec<_>, _>>()?;
    let (mode, kept_at) = if is_monthly { ("subscription", "subscription_data") } else { ("payment", "payment_intent_data") };
    let mut fields = json!({
        "mode": mode,
        "customer": request.customer,
        "client_reference_id": format!("{}-{}", request.owner.org, request.owner.order),
        "line_items": lines,
        "locale": request.locale.tag(),
        "billing_address_collection": "required",
        "success_url": request.return_url,
        "cancel_url": request.return_url,
        "expires_at": request.expires.timestamp(),
        "metadata": metadata,
    });
    fields[kept_at] = json!({ "metadata": metadata });
    Ok(fields)
}

fn line_fields(line: &CheckoutLine) -> Result<Value, PortError> {
    let product = json!({ "name": line.title, "metadata": { "product": line.product } });
    let mut price = price_fields(line)?;
    price["product_data"] = product;
    Ok(json!({ "quantity": 1, "price_data": price }))
}

/// Returns the fields for the price of a whole line, without its product.
pub(super) fn price_fields(line: &CheckoutLine) -> Result<Value, PortError> {
    Ok(json!({
        "currency": line.amount.currency.code().to_ascii_lowercase(),
        "unit_amount": amount::to_stripe(line.amount)?,
        "recurring": line.monthly.then(|| json!({ "interval": "month" })),
    }))
}

#[async_trait]
impl Payments for Stripe {
    async fn customer(&self, owner: Owner, buyer: &Buyer) -> Result<String, PortError> {
        let fields = json!({
            "name": buyer.name,
            "email": buyer.email,
            "preferred_locales": [buyer.locale.tag()],
            "metadata": { "org": owner.org },
        });
        let key = key("customer", &owner.org.to_string(), &fields);
        let made: Named = self.api.post("make a customer", "customers", &fields, Some(key)).await?;
        Ok(made.id)
    }

    async fn open_checkout(&self, request: &CheckoutRequest) -> Result<Checkout, PortError> {
        const WHAT: &str = "open a checkout";
        let fields = session_fields(request)?;
        let CheckoutRequest { owner, abandoned, .. } = request;
        let key = key("checkout", &format!("{}-{}-{abandoned}", owner.org, owner.order), &fields);
        let made: Session = self.api.post(WHAT, SESSIONS, &fields, Some(key)).await?;
        let url = made.url.ok_or(PortError::new(ErrorKind::Corrupt, WHAT))?;
        Ok(Checkout { id: made.id, url })
    }

    async fn close_checkout(&self, id: &str) -> Result<(), PortError> {
        const WHAT: &str = "close a checkout";
        let path = path(SESSIONS, id)?;
        let closed: Result<Session, _> = self.api.post(WHAT, &format!("{path}/expire"), &json!({}), None).await;
        let Err(error) = closed else { return Ok(()) };
        if error.kind != ErrorKind::Refused {
            return Err(error);
        }
        // Stripe has no error code for a session that is not open.
        let session: Session = self.api.get(WHAT, &path, &json!({})).await?;
        let is_open = session.status == Some(SessionStatus::Open);
        Err(if is_open { error } else { PortError { kind: ErrorKind::Conflict, ..error } })
    }

    async fn checkout(&self, id: &str) -> Result<CheckoutState, PortError> {
        // A subscription's products would be a fifth level of expansion; Stripe allows four.
        let whole = json!({ "expand": ["payment_intent.latest_charge", "invoice.charge", "invoice.payment_intent"] });
        let session: Session = self.api.get("read a checkout", &path(SESSIONS, id)?, &whole).await?;
        let subscription = match &session.subscription {
            Some(Linked::Id(id) | Linked::Whole(Named { id })) => Some(self.subscription(id).await?),
            None => None,
        };
        states::checkout(&session, subscription)
    }

    async fn charge(&self, id: &str) -> Result<ChargeState, PortError> {
        let whole = json!({ "expand": ["invoice.subscription"] });
        let charge: Charge = self.api.get("read a charge", &path("charges", id)?, &whole).await?;
        let disputes = if charge.disputed { self.disputes(id).await? } else { Vec::new() };
        states::charge(&charge, &disputes)
    }

    fn message(&self, signature: &str, body: &[u8], now: DateTime<Utc>) -> Result<Message, PortError> {
        signature::verify(signature, body, self.api.webhook_secrets(), now)?;
        let event: Result<Event, _> = serde_json::from_slice(body);
        let event = event.map_err(|error| PortError::with(ErrorKind::Corrupt, "read a message of stripe's", error))?;
        Ok(states::message(&event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{OrderId, OrgId};
    use crate::domain::locale::Locale;
    use crate::domain::money::Money;
    use crate::domain::price::Tax;

    /// The metadata that the provider stores with everything that results from a checkout.
    fn kept() -> Value {
        json!({ "org": "7", "order": "8", "tax_name": "消費税", "tax_percent": "10", "time_zone": "Asia/Tokyo" })
    }

    fn line(product: &str, minor: u64, monthly: bool) -> CheckoutLine {
        let amount = Money::of(minor, "JPY".parse().expect("a currency"));
        CheckoutLine { product: product.to_owned(), title: format!("{product} の名前"), amount, monthly }
    }

    fn request(lines: Vec<CheckoutLine>) -> CheckoutRequest {
        CheckoutRequest {
            owner: Owner { org: OrgId(7), order: OrderId(8) },
            abandoned: 0,
            customer: "cus_1".to_owned(),
            locale: Locale::Ja,
            lines,
            tax: Tax { name: "消費税".to_owned(), rate: 10_000, included: true },
            time_zone: chrono_tz::Tz::Asia__Tokyo,
            return_url: "https://example.com/orders/8".to_owned(),
            expires: "2027-01-01T01:00:00Z".parse().expect("a time"),
        }
    }

    #[test]
    fn lines_without_a_monthly_one_are_a_payment() {
        let fields = session_fields(&request(vec![line("a", 1500, false)])).expect("fields");
        assert_eq!(fields["mode"], "payment");
        assert_eq!(fields["payment_intent_data"]["metadata"], kept());
        assert!(fields.get("subscription_data").is_none());
        assert!(!form::encode(&fields).contains("recurring"));
    }

    #[test]
    fn one_monthly_line_makes_a_subscription_of_all() {
        let fields = session_fields(&request(vec![line("a", 1500, false), line("b", 800, true)])).expect("fields");
        assert_eq!(fields["mode"], "subscription");
        assert_eq!(fields["subscription_data"]["metadata"], kept());
        assert!(fields.get("payment_intent_data").is_none());
        let form = form::encode(&fields);
        assert!(form.contains("line_items%5B1%5D%5Bprice_data%5D%5Brecurring%5D%5Binterval%5D=month"), "{form}");
        assert!(!form.contains("line_items%5B0%5D%5Bprice_data%5D%5Brecurring%5D"), "{form}");
    }

    #[test]
    fn a_key_is_the_same_for_the_same_request_only() {
        let of = |request: &CheckoutRequest| key("checkout", "7-8", &session_fields(request).expect("fields"));
        let asked = request(vec![line("a", 1500, false)]);
        let later = CheckoutRequest { expires: asked.expires + chrono::TimeDelta::minutes(1), ..asked.clone() };
        assert_eq!(of(&asked), of(&asked.clone()));
        assert_ne!(of(&asked), of(&later));
        assert!(of(&asked).starts_with("checkout-7-8-") && of(&asked).len() < 255);
    }
}
