//! State changes of orders, as events name them.

use serde::{Deserialize, Serialize};

/// State changes of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStep {
    /// The order was created; its summary is shown.
    Placed,
    /// The buyer went on to payment.
    Confirmed,
    Paid,
    /// The payment failed.
    Failed,
    /// The order was not paid in time.
    Expired,
    /// The buyer cancelled the order.
    Cancelled,
    /// Money was refunded.
    Refunded,
    /// The buyer's bank disputes the payment.
    Disputed,
    /// The dispute was decided in the service's favour.
    DisputeWon,
}

impl OrderStep {
    /// Name of the event.
    pub fn name(self) -> &'static str {
        match self {
            Self::Placed => "order_placed",
            Self::Confirmed => "order_confirmed",
            Self::Paid => "purchased",
            Self::Failed => "order_failed",
            Self::Expired => "order_expired",
            Self::Cancelled => "order_cancelled",
            Self::Refunded => "refunded",
            Self::Disputed => "disputed",
            Self::DisputeWon => "dispute_won",
        }
    }
}
