//! What a payment provider says, as plain facts: the state of a checkout, of a subscription, of a charge. Its messages are only hints
//! that one of them has changed; what is stored follows from the state that is read then, so their number and order do not matter.

use chrono::{DateTime, Utc};

use super::id::{OrderId, OrgId};
use super::money::Money;

/// The order that something at the provider belongs to, as we wrote it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The organisation.
    pub org: OrgId,
    /// Its order.
    pub order: OrderId,
}

/// What a message of the provider is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The checkout with that id.
    Checkout(String),
    /// The subscription with that id.
    Subscription(String),
    /// The charge with that id.
    Charge(String),
    /// Nothing that matters here.
    Nothing,
}

/// A message of the provider whose signature was right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The provider's id of it; the same in every delivery.
    pub id: String,
    /// What it is about.
    pub about: About,
}

/// Where a checkout stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckoutStatus {
    /// The buyer can pay.
    Open,
    /// The buyer has finished; the money is still on its way.
    Pending,
    /// Paid.
    Paid,
    /// The money did not come, after the buyer had finished.
    Failed,
    /// Nobody paid in time.
    Expired,
}

/// A checkout's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutState {
    /// Whose it is; none for one that we did not make.
    pub owner: Option<Owner>,
    /// Where it stands.
    pub status: CheckoutStatus,
    /// What is paid in all.
    pub total: Money,
    /// The subscription that it has made.
    pub subscription: Option<SubscriptionState>,
    /// The provider's receipt for the buyer, where it has one.
    pub receipt_url: Option<String>,
}

/// Where a subscription stands at the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The first payment has not come; nothing is owed to the buyer yet.
    Incomplete,
    /// Paid for the period.
    Active,
    /// A renewal's payment failed and the provider tries again; until it gives up, the buyer keeps what they have.
    PastDue,
    /// Over.
    Ended,
}

/// A subscription's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionState {
    /// The provider's id.
    pub id: String,
    /// Whose it is; none for one that we did not make.
    pub owner: Option<Owner>,
    /// Where it stands.
    pub standing: Standing,
    /// Until when it is paid, or would be once the open payment has come.
    pub period_end: DateTime<Utc>,
    /// Whether it ends with the period as a whole.
    pub ends_with_period: bool,
    /// What is renewed, by the names of [`super::product::Product`]; what was taken off is not in it.
    pub products: Vec<String>,
}

/// A charge's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeState {
    /// Whose it is; none for one that we did not make, and for a renewal's.
    pub owner: Option<Owner>,
    /// What was paid.
    pub paid: Money,
    /// What was paid back so far.
    pub refunded: Money,
    /// Whether the buyer's bank has taken it back, or holds it, and the dispute is not won.
    pub disputed: bool,
}
