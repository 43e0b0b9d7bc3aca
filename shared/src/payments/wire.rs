//! The parts of Stripe's objects that this service reads, in the shape of the requested API version and of newer ones.
//! Webhook messages use the version of their endpoint, so they can have either shape.

use std::collections::BTreeMap;

use serde::Deserialize;

/// Metadata that this service wrote to an object.
pub type Metadata = BTreeMap<String, String>;

/// A reference to another object: the whole object if its expansion was requested, otherwise its id.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Linked<T> {
    Id(String),
    Whole(T),
}

impl<T> Linked<T> {
    /// Returns the whole object if it was expanded.
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Whole(object) => Some(object),
        }
    }
}

/// An object of which only the id is read.
#[derive(Debug, Deserialize)]
pub struct Named {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub struct Session {
    pub id: String,
    pub url: Option<String>,
    pub status: Option<SessionStatus>,
    pub payment_status: PaymentStatus,
    pub amount_total: Option<u64>,
    pub currency: Option<String>,
    pub metadata: Option<Metadata>,
    pub subscription: Option<Linked<Named>>,
    pub payment_intent: Option<Linked<Intent>>,
    pub invoice: Option<Linked<Invoice>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
}

/// Payment state of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Paid,
    Unpaid,
    NoPaymentRequired,
}

#[derive(Debug, Deserialize)]
pub struct Intent {
    pub status: IntentStatus,
    pub latest_charge: Option<Linked<Receipt>>,
}

/// State of a payment intent, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    RequiresPaymentMethod,
    Canceled,
    #[serde(other)]
    Other,
}

/// The receipt of a charge.
#[derive(Debug, Deserialize)]
pub struct Receipt {
    pub receipt_url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Invoice {
    pub billing_reason: Option<String>,
    pub hosted_invoice_url: Option<String>,
    pub charge: Option<Linked<Receipt>>,
    pub payment_intent: Option<Linked<Intent>>,
    pub subscription: Option<Linked<Subscribed>>,
}

/// The subscription behind an invoice.
#[derive(Debug, Deserialize)]
pub struct Subscribed {
    pub metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub status: SubscriptionStatus,
    pub metadata: Option<Metadata>,
    pub cancel_at_period_end: bool,
    /// Newer API versions have this field on the items.
    pub current_period_end: Option<i64>,
    pub items: List<SubscriptionItem>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    Incomplete,
    IncompleteExpired,
    Trialing,
    Active,
    PastDue,
    Canceled,
    Unpaid,
    Paused,
}

#[derive(Debug, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
}

/// An item of a subscription.
#[derive(Debug, Deserialize)]
pub struct SubscriptionItem {
    pub id: String,
    pub current_period_end: Option<i64>,
    pub price: Price,
}

#[derive(Debug, Deserialize)]
pub struct Price {
    pub product: Linked<Product>,
}

#[derive(Debug, Deserialize)]
pub struct Product {
    #[serde(default)]
    pub metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub struct Charge {
    pub paid: bool,
    pub amount: u64,
    pub amount_captured: Option<u64>,
    pub amount_refunded: u64,
    pub currency: String,
    pub metadata: Option<Metadata>,
    pub invoice: Option<Linked<Invoice>>,
    #[serde(default)]
    pub disputed: bool,
}

#[derive(Debug, Deserialize)]
pub struct Dispute {
    pub status: String,
}

/// A webhook message.
#[derive(Debug, Deserialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub data: EventData,
}

/// The payload of a webhook message.
#[derive(Debug, Deserialize)]
pub struct EventData {
    pub object: serde_json::Value,
}
