//! What was bought, and what is left of it. Written by [`super::Store::commit`]; reads see every commit that was answered before.

use async_trait::async_trait;

use super::PortError;
use crate::domain::allowance::Account;
use crate::domain::id::{OrderId, OrgId};
use crate::domain::ledger::Entry;
use crate::domain::order::Order;
use crate::domain::subscription::Subscription;

/// What an organisation may use, and how it came to that.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// The account; a new one with version zero when nothing is stored.
    async fn account(&self, org: OrgId) -> Result<Account, PortError>;
    /// The ledger, newest first: all of it, or as many entries.
    async fn ledger(&self, org: OrgId, limit: Option<usize>) -> Result<Vec<Entry>, PortError>;
}

/// Orders and subscriptions.
#[async_trait]
pub trait Purchases: Send + Sync {
    /// An order; `None` when this organisation has none with that id.
    async fn order(&self, org: OrgId, id: OrderId) -> Result<Option<Order>, PortError>;
    /// The newest orders, newest first.
    async fn orders(&self, org: OrgId, limit: usize) -> Result<Vec<Order>, PortError>;
    /// The order whose checkout is open.
    async fn open_order(&self, org: OrgId) -> Result<Option<OrderId>, PortError>;
    /// All subscriptions, newest first, ended ones too.
    async fn subscriptions(&self, org: OrgId) -> Result<Vec<Subscription>, PortError>;
    /// The payment provider's id of the organisation; `None` before its first order.
    async fn customer(&self, org: OrgId) -> Result<Option<String>, PortError>;
    /// Whether a message of the payment provider was handled.
    async fn is_handled(&self, org: OrgId, message: &str) -> Result<bool, PortError>;
}
