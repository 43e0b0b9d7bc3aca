//! Purchases and the allowance that remains of them. [`super::Store::commit`] writes them; a read sees every commit
//! that was acknowledged before it.

use async_trait::async_trait;

use super::PortError;
use crate::domain::allowance::Account;
use crate::domain::id::{OrderId, OrgId};
use crate::domain::ledger::LedgerEntry;
use crate::domain::order::Order;
use crate::domain::subscription::Subscription;

/// Reads an organisation's allowance and its ledger.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Returns the account, or a new one with version zero if none is stored.
    async fn account(&self, org: OrgId) -> Result<Account, PortError>;
    /// Returns the newest `limit` ledger entries, or all of them, newest first.
    async fn ledger(&self, org: OrgId, limit: Option<usize>) -> Result<Vec<LedgerEntry>, PortError>;
}

/// Reads orders and subscriptions.
#[async_trait]
pub trait Purchases: Send + Sync {
    /// Returns an order, or `None` if the organisation has no order with that id.
    async fn order(&self, org: OrgId, id: OrderId) -> Result<Option<Order>, PortError>;
    /// Returns the newest orders, newest first.
    async fn orders(&self, org: OrgId, limit: usize) -> Result<Vec<Order>, PortError>;
    /// Returns the order whose checkout is open.
    async fn open_order(&self, org: OrgId) -> Result<Option<OrderId>, PortError>;
    /// Returns all subscriptions, including ended ones, newest first.
    async fn subscriptions(&self, org: OrgId) -> Result<Vec<Subscription>, PortError>;
    /// Returns the organisation's customer id at the payment provider; `None` before its first order.
    async fn customer(&self, org: OrgId) -> Result<Option<String>, PortError>;
    /// Returns whether a message of the payment provider was handled.
    async fn is_handled(&self, org: OrgId, message: &str) -> Result<bool, PortError>;
}
