//! The payment provider.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::PortError;
use crate::domain::locale::Locale;
use crate::domain::money::Money;
use crate::domain::payment::{ChargeState, CheckoutState, Message, Owner, SubscriptionState};
use crate::domain::price::Tax;

/// The organisation as a customer of the payment provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buyer {
    pub name: String,
    /// Address for receipts.
    pub email: Option<String>,
    /// Language of the checkout page.
    pub locale: Locale,
}

/// One line of a checkout. Amounts include tax.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutLine {
    /// Name of a `domain::product::Product`; the provider stores it with the subscription.
    pub product: String,
    /// Text that the buyer sees, in their language.
    pub title: String,
    /// Price of the whole line.
    pub amount: Money,
    /// Whether the line is charged every month.
    pub monthly: bool,
}

/// A checkout to open at the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutRequest {
    /// The order's owner; the provider stores it with everything that results from the checkout.
    pub owner: Owner,
    /// How many checkouts of the order were opened and abandoned before. A different number makes a different request.
    pub abandoned: u32,
    /// The provider's customer id.
    pub customer: String,
    /// Language of the checkout page.
    pub locale: Locale,
    /// At least one line.
    pub lines: Vec<CheckoutLine>,
    /// The tax contained in the lines' amounts, as stated on the receipt.
    pub tax: Tax,
    /// The buyer's time zone, for dates on the receipt.
    pub time_zone: Tz,
    /// Where the buyer returns after paying or cancelling.
    pub return_url: String,
    /// When the checkout expires: 30 minutes to 24 hours from now.
    pub expires: DateTime<Utc>,
}

/// An open checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The provider's checkout id.
    pub id: String,
    /// Address of the page on which the buyer pays.
    pub url: String,
}

/// Opens checkouts and reads their results. Calls that create something are idempotent per order: a repeated call
/// returns the existing object.
#[async_trait]
pub trait Payments: Send + Sync {
    /// Creates the organisation's customer at the provider, or finds it, and returns the provider's id.
    async fn customer(&self, owner: Owner, buyer: &Buyer) -> Result<String, PortError>;
    /// Opens a checkout. The same request returns the same checkout, even after it was closed.
    async fn open_checkout(&self, request: &CheckoutRequest) -> Result<Checkout, PortError>;
    /// Closes an unpaid checkout. Fails with `Conflict` if it is paid or already closed.
    async fn close_checkout(&self, id: &str) -> Result<(), PortError>;
    /// Reads the current state of a checkout.
    async fn checkout(&self, id: &str) -> Result<CheckoutState, PortError>;
    /// Reads the current state of a charge.
    async fn charge(&self, id: &str) -> Result<ChargeState, PortError>;
    /// Verifies and parses a webhook message. Fails with `Refused` if the signature is wrong or its time differs from
    /// `now` by more than five minutes, and with `Corrupt` if the body cannot be parsed.
    fn message(&self, signature: &str, body: &[u8], now: DateTime<Utc>) -> Result<Message, PortError>;
}

/// Manages subscriptions at the provider. Every call is idempotent.
#[async_trait]
pub trait Renewals: Send + Sync {
    /// Reads the current state of a subscription.
    async fn subscription(&self, id: &str) -> Result<SubscriptionState, PortError>;
    /// Stops the renewal of one product. The paid period stays paid, and the subscription's other products go on.
    async fn stop(&self, subscription: &str, product: &str) -> Result<SubscriptionState, PortError>;
    /// Resumes the renewal of a product from the next period on, for the line's amount. Fails with `Conflict` if the
    /// subscription has ended.
    async fn resume(&self, subscription: &str, line: &CheckoutLine) -> Result<SubscriptionState, PortError>;
    /// Ends a product at once and credits the rest of its period to the customer; the subscription's other products go
    /// on. Ending an ended product succeeds.
    async fn end(&self, subscription: &str, product: &str) -> Result<(), PortError>;
}
