//! State reported by the payment provider: checkouts, subscriptions and charges. A webhook message only hints that one
//! of them has changed. Stored state always follows from what is read from the provider afterwards, so the number and
//! order of messages do not matter.

use chrono::{DateTime, Utc};

use super::id::{OrderId, OrgId};
use super::money::Money;

/// The order behind an object at the provider, as written into the object's metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub org: OrgId,
    pub order: OrderId,
}

/// The object that a webhook message refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The checkout with that id.
    Checkout(String),
    /// The subscription with that id.
    Subscription(String),
    /// The charge with that id.
    Charge(String),
    /// Something that this service ignores.
    Nothing,
}

/// A webhook message whose signature was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The provider's message id, identical in every delivery.
    pub id: String,
    pub about: About,
}

/// State of a checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutStatus {
    /// The buyer can pay.
    Open,
    /// The buyer has finished, but the money has not arrived yet.
    Pending,
    Paid,
    /// The payment failed after the buyer had finished.
    Failed,
    /// The checkout was not paid in time.
    Expired,
}

/// A checkout as read from the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutState {
    /// `None` if another application created it.
    pub owner: Option<Owner>,
    pub status: CheckoutStatus,
    /// Amount to pay in total.
    pub total: Money,
    /// The subscription that the checkout created.
    pub subscription: Option<SubscriptionState>,
    /// The provider's receipt, if there is one.
    pub receipt_url: Option<String>,
}

/// State of a subscription at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The first payment is missing, so the buyer is not entitled to anything yet.
    Incomplete,
    /// The current period is paid.
    Active,
    /// The payment of a renewal failed and the provider retries it. The buyer keeps everything until the provider gives
    /// up.
    PastDue,
    Ended,
}

/// A subscription as read from the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionState {
    /// The provider's subscription id.
    pub id: String,
    /// `None` if another application created it.
    pub owner: Option<Owner>,
    pub standing: Standing,
    /// End of the paid period, or of the period whose payment is open.
    pub period_end: DateTime<Utc>,
    /// Whether the whole subscription ends with the period.
    pub ends_with_period: bool,
    /// Names of the renewed products ([`super::product::Product`]), without those that were removed.
    pub products: Vec<String>,
}

/// A charge as read from the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeState {
    /// `None` if another application created it, and for the charge of a renewal.
    pub owner: Option<Owner>,
    pub paid: Money,
    /// Amount refunded so far.
    pub refunded: Money,
    /// Whether the buyer's bank holds or took back the money, unless the dispute was won.
    pub disputed: bool,
}
