//! What is read of Stripe's objects, in the shapes of the version that we ask for and of the newer ones. Messages come in the version of
//! their endpoint's, so they can be of either.

use std::collections::BTreeMap;

use serde::Deserialize;

/// What we wrote to an object.
pub type Metadata = BTreeMap<String, String>;

/// Another object: whole where it was asked for, else its id.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Linked<T> {
    /// Only its id.
    Id(String),
    /// All of it.
    Whole(T),
}

impl<T> Linked<T> {
    /// All of it, where it was asked for.
    pub fn whole(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Whole(object) => Some(object),
        }
    }
}

/// Anything that has an id.
#[derive(Debug, Deserialize)]
pub struct Named {
    /// The id.
    pub id: String,
}

/// A checkout session.
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

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
}

/// Whether a session's money has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    Paid,
    Unpaid,
    NoPaymentRequired,
}

/// A payment intent.
#[derive(Debug, Deserialize)]
pub struct Intent {
    pub status: IntentStatus,
    pub latest_charge: Option<Linked<Receipt>>,
}

/// Where an intent stands, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentStatus {
    RequiresPaymentMethod,
    Canceled,
    #[serde(other)]
    Other,
}

/// A charge's receipt.
#[derive(Debug, Deserialize)]
pub struct Receipt {
    pub receipt_url: Option<String>,
}

/// An invoice.
#[derive(Debug, Deserialize)]
pub struct Invoice {
    pub billing_reason: Option<String>,
    pub hosted_invoice_url: Option<String>,
    pub charge: Option<Linked<Receipt>>,
    pub payment_intent: Option<Linked<Intent>>,
    pub subscription: Option<Linked<Subscribed>>,
}

/// A subscription behind an invoice.
#[derive(Debug, Deserialize)]
pub struct Subscribed {
    pub metadata: Option<Metadata>,
}

/// A subscription.
#[derive(Debug, Deserialize)]
pub struct Subscription {
    pub id: String,
    pub status: SubscriptionStatus,
    pub metadata: Option<Metadata>,
    pub cancel_at_period_end: bool,
    /// Newer versions have it at the items.
    pub current_period_end: Option<i64>,
    pub items: List<Item>,
}

/// Where a subscription stands.
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

/// A page of objects.
#[derive(Debug, Deserialize)]
pub struct List<T> {
    pub data: Vec<T>,
}

/// One thing that a subscription renews.
#[derive(Debug, Deserialize)]
pub struct Item {
    pub id: String,
    pub current_period_end: Option<i64>,
    pub price: Price,
}

/// A price.
#[derive(Debug, Deserialize)]
pub struct Price {
    pub product: Linked<Product>,
}

/// A product.
#[derive(Debug, Deserialize)]
pub struct Product {
    #[serde(default)]
    pub metadata: Metadata,
}

/// A charge.
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

/// A dispute of a charge.
#[derive(Debug, Deserialize)]
pub struct Dispute {
    pub status: String,
}

/// A message.
#[derive(Debug, Deserialize)]
pub struct Event {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub data: EventData,
}

/// What a message carries.
#[derive(Debug, Deserialize)]
pub struct EventData {
    pub object: serde_json::Value,
}
