//! Charges, refunds and disputes.

use serde_json::Value;

use crate::cards::{Behaviour, Card, Decline};
use crate::error::RequestError;
use crate::form::Form;
use crate::objects::{Charge, Dispute, Intent, Metadata, Refund, Session};
use crate::state::Transaction;

/// What to charge.
pub struct Charging<'a> {
    pub amount: i64,
    pub currency: &'a str,
    pub customer: &'a str,
    pub invoice: Option<&'a str>,
    pub metadata: Metadata,
}

/// A payment intent with its latest charge.
pub struct Charged {
    pub intent: String,
    pub charge: String,
}

impl Transaction<'_> {
    /// Pays a session without a subscription; returns the payment intent.
    pub fn pay_once(&mut self, session: &Session, metadata: Metadata, card: &Card) -> String {
        self.charge_session(session, None, metadata, card, None).intent
    }

    /// Charges the total of a session.
    pub fn charge_session(
        &mut self,
        session: &Session,
        invoice: Option<&str>,
        metadata: Metadata,
        card: &Card,
        declined: Option<Decline>,
    ) -> Charged {
        let (amount, currency, customer) = (session.amount_total, session.currency.as_str(), session.customer.as_str());
        self.charge(Charging { amount, currency, customer, invoice, metadata }, card, declined)
    }

    /// Charges a card. A declined charge is stored too.
    pub fn charge(&mut self, charging: Charging<'_>, card: &Card, declined: Option<Decline>) -> Charged {
        let charged = Charged { intent: self.id("pi"), charge: self.secret_id("ch") };
        let is_paid = declined.is_none();
        let intent = Intent {
            id: charged.intent.clone(),
            created: self.seconds(),
            livemode: false,
            amount: charging.amount,
            amount_received: if is_paid { charging.amount } else { 0 },
            currency: charging.currency.to_owned(),
            customer: charging.customer.to_owned(),
            invoice: charging.invoice.map(str::to_owned),
            latest_charge: Some(charged.charge.clone()),
            metadata: charging.metadata.clone(),
            status: if is_paid { "succeeded" } else { "requires_payment_method" }.to_owned(),
        };
        let charge = self.new_charge(&charged, charging, card, declined);
        self.state.intents.insert(charged.intent.clone(), intent);
        self.state.charges.insert(charged.charge.clone(), charge);
        self.emit(if is_paid { "charge.succeeded" } else { "charge.failed" }, &charged.charge);
        if is_paid && card.behaviour == Behaviour::Disputes {
            self.dispute(&charged.charge);
        }
        charged
    }

    fn new_charge(&self, charged: &Charged, charging: Charging<'_>, card: &Card, declined: Option<Decline>) -> Charge {
        let is_paid = declined.is_none();
        Charge {
            id: charged.charge.clone(),
            created: self.seconds(),
            livemode: false,
            amount: charging.amount,
            amount_captured: if is_paid { charging.amount } else { 0 },
            amount_refunded: 0,
            captured: is_paid,
            currency: charging.currency.to_owned(),
            customer: charging.customer.to_owned(),
            disputed: false,
            failure_code: declined.map(|decline| decline.code().to_owned()),
            failure_message: declined.map(|decline| decline.message().to_owned()),
            invoice: charging.invoice.map(str::to_owned),
            metadata: charging.metadata,
            paid: is_paid,
            payment_intent: charged.intent.clone(),
            payment_method_details: card.details(),
            receipt_url: is_paid.then(|| format!("{}/receipts/{}", self.url, charged.charge)),
            refunded: false,
            status: if is_paid { "succeeded" } else { "failed" }.to_owned(),
        }
    }

    /// `POST /v1/refunds`
    pub fn refund(&mut self, form: &Form) -> Result<String, RequestError> {
        let id = self.charge_of(form)?;
        let charge = self.state.charges.get(&id).filter(|charge| charge.paid).ok_or(RequestError::Missing("charge"))?;
        let amount = refundable(charge, form.number("amount")?)?;
        let refund = Refund {
            id: self.id("re"),
            created: self.seconds(),
            amount,
            currency: charge.currency.clone(),
            charge: id.clone(),
            payment_intent: charge.payment_intent.clone(),
            metadata: form.metadata(),
            reason: form.text("reason").map(str::to_owned),
            status: "succeeded".to_owned(),
        };
        let made = refund.id.clone();
        self.state.refunds.insert(made.clone(), refund);
        if let Some(charge) = self.state.charges.get_mut(&id) {
            charge.amount_refunded += amount;
            charge.refunded = charge.amount_refunded == charge.amount;
        }
        self.emit("refund.created", &made);
        self.emit("charge.refunded", &id);
        Ok(made)
    }

    fn charge_of(&self, form: &Form) -> Result<String, RequestError> {
        match (form.text("charge"), form.text("payment_intent")) {
            (Some(charge), _) => Ok(charge.to_owned()),
            (None, Some(intent)) => {
                let intent = self.state.intents.get(intent).ok_or(RequestError::Missing("payment_intent"))?;
                intent.latest_charge.clone().ok_or(RequestError::NotNow("the payment has no charge"))
            }
            (None, None) => Err(RequestError::Invalid { param: "charge", reason: "charge or payment_intent is required" }),
        }
    }

    /// `POST /v1/test_helpers/disputes`: opens a dispute, like a buyer's bank. At Stripe only a test card can do this.
    pub fn open_dispute(&mut self, form: &Form) -> Result<String, RequestError> {
        let charge = form.required("charge")?.to_owned();
        let found = self.state.charges.get(&charge).filter(|charge| charge.paid).ok_or(RequestError::Missing("charge"))?;
        if found.disputed {
            return Err(RequestError::NotNow("the charge is already disputed"));
        }
        Ok(self.dispute(&charge))
    }

    fn dispute(&mut self, id: &str) -> String {
        let dispute = self.id("du");
        let created = self.seconds();
        if let Some(charge) = self.state.charges.get_mut(id) {
            charge.disputed = true;
            let made = Dispute {
                id: dispute.clone(),
                created,
                livemode: false,
                amount: charge.amount - charge.amount_refunded,
                currency: charge.currency.clone(),
                charge: id.to_owned(),
                payment_intent: charge.payment_intent.clone(),
                reason: "fraudulent".to_owned(),
                status: "needs_response".to_owned(),
            };
            self.state.disputes.insert(dispute.clone(), made);
            self.emit("charge.dispute.created", &dispute);
        }
        dispute
    }

    /// `POST /v1/test_helpers/disputes/{id}`: closes a dispute as `won` or `lost`.
    pub fn close_dispute(&mut self, id: &str, form: &Form) -> Result<String, RequestError> {
        let status = form.required("status")?;
        let dispute = self.state.disputes.get_mut(id).ok_or(RequestError::Missing("dispute"))?;
        if !matches!(status, "won" | "lost") {
            return Err(RequestError::Invalid { param: "status", reason: "must be won or lost" });
        }
        status.clone_into(&mut dispute.status);
        self.emit("charge.dispute.closed", id);
        Ok(id.to_owned())
    }
}

/// Returns the amount to refund: the requested amount, or everything that remains.
fn refundable(charge: &Charge, asked: Option<i64>) -> Result<i64, RequestError> {
    let left = charge.amount - charge.amount_refunded;
    match asked.unwrap_or(left) {
        _ if left == 0 => Err(RequestError::Refunded),
        amount if (1..=left).contains(&amount) => Ok(amount),
        _ => Err(RequestError::Invalid { param: "amount", reason: "exceeds the remaining amount of the charge" }),
    }
}

/// Returns brand and last digits from a card's details.
pub fn card_of(details: &Value) -> String {
    let card = &details["card"];
    let brand = card["brand"].as_str().unwrap_or_default();
    format!("{} •••• {}", brand.to_uppercase(), card["last4"].as_str().unwrap_or_default())
}
