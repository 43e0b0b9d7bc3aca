//! The payment provider.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::PortError;
use crate::domain::locale::Locale;
use crate::domain::money::Money;
use crate::domain::payment::{ChargeState, CheckoutState, Message, Owner, SubscriptionState};
use crate::domain::price::Tax;

/// Who buys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    /// The organisation's name.
    pub name: String,
    /// Where the receipt goes.
    pub email: Option<String>,
    /// The language of the checkout.
    pub locale: Locale,
}

/// One line of a checkout, with tax: what the buyer pays for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutLine {
    /// The name of a `domain::product::Product`; the provider keeps it.
    pub product: String,
    /// What the buyer reads, in their language.
    pub title: String,
    /// The price of the whole line.
    pub amount: Money,
    /// Whether it is paid again each month.
    pub monthly: bool,
}

/// What to ask the provider for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutRequest {
    /// For whom; the provider keeps it with all that comes of this.
    pub owner: Owner,
    /// Checkouts of the order that were opened and given up before. Another number is another request, however alike the rest is.
    pub abandoned: u32,
    /// The provider's id of the customer.
    pub customer: String,
    /// The language of the checkout.
    pub locale: Locale,
    /// The lines, at least one.
    pub lines: Vec<CheckoutLine>,
    /// The tax in the lines' amounts; the receipt states it.
    pub tax: Tax,
    /// The buyer's time zone, for the receipt.
    pub time_zone: Tz,
    /// Where the buyer goes afterwards, whether they paid or not.
    pub return_url: String,
    /// When it can no longer be paid; at least 30 minutes and at most 24 hours away.
    pub expires: DateTime<Utc>,
}

/// A checkout that waits for its buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The provider's id.
    pub id: String,
    /// Where the buyer pays.
    pub url: String,
}

/// Checkouts and what came of them. Calls that make something are repeatable: the same order gives the same thing again.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Makes the organisation's customer at the provider, or finds it, and gives the provider's id.
    async fn customer(&self, owner: Owner, buyer: &Buyer) -> Result<String, PortError>;
    /// Opens a checkout. The same request gives the same one again, also after it was closed.
    async fn open_checkout(&self, request: &CheckoutRequest) -> Result<Checkout, PortError>;
    /// Closes a checkout that nobody has paid. `Conflict` when it is paid or closed.
    async fn close_checkout(&self, id: &str) -> Result<(), PortError>;
    /// The state of a checkout now.
    async fn checkout(&self, id: &str) -> Result<CheckoutState, PortError>;
    /// The state of a charge now.
    async fn charge(&self, id: &str) -> Result<ChargeState, PortError>;
    /// Reads a message. `Refused` when its signature is wrong, or older or newer than five minutes; `Corrupt` when it cannot be read.
    fn message(&self, signature: &str, body: &[u8], now: DateTime<Utc>) -> Result<Message, PortError>;
}

/// Subscriptions at the provider. Every call may be repeated.
#[async_trait]
pub trait Renewals: Send + Sync {
    /// The state of a subscription now.
    async fn subscription(&self, id: &str) -> Result<SubscriptionState, PortError>;
    /// Keeps a product from being renewed: what is paid stays paid, and the rest of the subscription goes on.
    async fn stop(&self, subscription: &str, product: &str) -> Result<SubscriptionState, PortError>;
    /// Makes a product be renewed again, from the next period on, for the line's amount. `Conflict` when the subscription has ended.
    async fn resume(&self, subscription: &str, line: &CheckoutLine) -> Result<SubscriptionState, PortError>;
    /// Ends a product at once and credits what is left of its period to the customer; the rest of the subscription goes on. One that has
    /// ended is no error.
    async fn end(&self, subscription: &str, product: &str) -> Result<(), PortError>;
}
