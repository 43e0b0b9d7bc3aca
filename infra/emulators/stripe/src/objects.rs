//! Stripe's objects in the shape of API version 2024-06-20. The state file contains exactly what the API answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Metadata of an object.
pub type Metadata = BTreeMap<String, String>;

/// A complete list, on one page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "list")]
pub struct List<T> {
    pub data: Vec<T>,
    pub has_more: bool,
    pub url: String,
}

impl<T> List<T> {
    /// Creates a complete list.
    pub fn of(data: Vec<T>, url: &str) -> Self {
        Self { data, has_more: false, url: url.to_owned() }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "customer")]
pub struct Customer {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub name: Option<String>,
    pub email: Option<String>,
    pub preferred_locales: Vec<String>,
    /// Negative values are credit for the next invoices.
    pub balance: i64,
    pub metadata: Metadata,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "product")]
pub struct Product {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub active: bool,
    pub name: String,
    pub metadata: Metadata,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "price")]
pub struct Price {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub currency: String,
    pub unit_amount: i64,
    pub product: String,
    pub recurring: Option<Recurring>,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recurring {
    pub interval: String,
    pub interval_count: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "item")]
pub struct LineItem {
    pub id: String,
    pub description: String,
    pub quantity: i64,
    pub amount_total: i64,
    pub currency: String,
    pub price: Price,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionStatus {
    Open,
    Complete,
    Expired,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "checkout.session")]
pub struct Session {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub mode: String,
    pub status: SessionStatus,
    pub payment_status: String,
    pub currency: String,
    pub amount_subtotal: i64,
    pub amount_total: i64,
    pub customer: String,
    pub customer_details: Option<BillingDetails>,
    pub client_reference_id: Option<String>,
    pub locale: Option<String>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub expires_at: i64,
    pub url: Option<String>,
    pub metadata: Metadata,
    pub line_items: List<LineItem>,
    pub payment_intent: Option<String>,
    pub subscription: Option<String>,
    pub invoice: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingDetails {
    pub name: String,
    pub email: String,
    pub address: Address,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub country: String,
    pub postal_code: String,
    pub line1: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "payment_intent")]
pub struct Intent {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub amount: i64,
    pub amount_received: i64,
    pub currency: String,
    pub customer: String,
    pub invoice: Option<String>,
    pub latest_charge: Option<String>,
    pub metadata: Metadata,
    pub status: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "charge")]
pub struct Charge {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub amount: i64,
    pub amount_captured: i64,
    pub amount_refunded: i64,
    pub captured: bool,
    pub currency: String,
    pub customer: String,
    pub disputed: bool,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    pub invoice: Option<String>,
    pub metadata: Metadata,
    pub paid: bool,
    pub payment_intent: String,
    pub payment_method_details: Value,
    pub receipt_url: Option<String>,
    pub refunded: bool,
    pub status: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "refund")]
pub struct Refund {
    pub id: String,
    pub created: i64,
    pub amount: i64,
    pub currency: String,
    pub charge: String,
    pub payment_intent: String,
    pub metadata: Metadata,
    pub reason: Option<String>,
    pub status: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "dispute")]
pub struct Dispute {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub amount: i64,
    pub currency: String,
    pub charge: String,
    pub payment_intent: String,
    pub reason: String,
    pub status: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubscriptionStatus {
    Active,
    PastDue,
    Canceled,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "subscription")]
pub struct Subscription {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub status: SubscriptionStatus,
    pub customer: String,
    pub currency: String,
    pub billing_cycle_anchor: i64,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<i64>,
    pub current_period_start: i64,
    pub current_period_end: i64,
    pub default_payment_method: String,
    pub ended_at: Option<i64>,
    pub items: List<SubscriptionItem>,
    pub latest_invoice: Option<String>,
    pub metadata: Metadata,
    pub start_date: i64,
}

impl Subscription {
    /// Price of a whole period.
    pub fn amount(&self) -> i64 {
        self.items.data.iter().map(|item| item.price.unit_amount * item.quantity).sum()
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "subscription_item")]
pub struct SubscriptionItem {
    pub id: String,
    pub created: i64,
    pub metadata: Metadata,
    pub price: Price,
    pub quantity: i64,
    pub subscription: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "invoice")]
pub struct Invoice {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub amount_due: i64,
    pub amount_paid: i64,
    pub attempt_count: usize,
    pub billing_reason: String,
    pub charge: Option<String>,
    pub currency: String,
    pub customer: String,
    pub hosted_invoice_url: Option<String>,
    pub lines: List<InvoiceLine>,
    pub next_payment_attempt: Option<i64>,
    pub payment_intent: Option<String>,
    pub status: String,
    pub subscription: String,
    pub subscription_details: SubscriptionDetails,
    pub total: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SubscriptionDetails {
    pub metadata: Metadata,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "line_item")]
pub struct InvoiceLine {
    pub id: String,
    pub amount: i64,
    pub currency: String,
    pub description: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "object", rename = "event")]
pub struct Event {
    pub id: String,
    pub created: i64,
    pub livemode: bool,
    pub api_version: String,
    pub data: EventData,
    pub pending_webhooks: u32,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EventData {
    pub object: Value,
}
