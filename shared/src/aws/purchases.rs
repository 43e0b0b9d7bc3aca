//! Accounts, the ledger, orders and subscriptions in the table.

use async_trait::async_trait;
use serde::de::IgnoredAny;

use super::keys;
use super::store::{CustomerRow, LockHolder};
use super::table::{PrefixQuery, Table};
use crate::domain::allowance::Account;
use crate::domain::id::{OrderId, OrgId};
use crate::domain::ledger::LedgerEntry;
use crate::domain::order::Order;
use crate::domain::subscription::Subscription;
use crate::ports::{Accounts, ErrorKind, PortError, Purchases};

#[async_trait]
impl Accounts for Table {
    async fn account(&self, org: OrgId) -> Result<Account, PortError> {
        let stored = self.read(keys::organisation(org), keys::ACCOUNT.to_owned()).await?;
        Ok(stored.unwrap_or_else(|| Account::new(org)))
    }

    async fn ledger(&self, org: OrgId, limit: Option<usize>) -> Result<Vec<LedgerEntry>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::LEDGER, before: None, newest_first: true, limit }).await
    }
}

#[async_trait]
impl Purchases for Table {
    async fn order(&self, org: OrgId, id: OrderId) -> Result<Option<Order>, PortError> {
        self.read(keys::organisation(org), keys::order(id)).await
    }

    async fn orders(&self, org: OrgId, limit: usize) -> Result<Vec<Order>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::ORDERS, before: None, newest_first: true, limit: Some(limit) }).await
    }

    async fn open_order(&self, org: OrgId) -> Result<Option<OrderId>, PortError> {
        let held: Option<LockHolder> = self.read(keys::organisation(org), keys::CHECKOUT_SLOT.to_owned()).await?;
        let corrupt = |error| PortError::with(ErrorKind::Corrupt, "read the open order", error);
        held.map(|holder| holder.backup.parse().map_err(corrupt)).transpose()
    }

    async fn subscriptions(&self, org: OrgId) -> Result<Vec<Subscription>, PortError> {
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix: keys::SUBSCRIPTIONS, before: None, newest_first: true, limit: None }).await
    }

    async fn customer(&self, org: OrgId) -> Result<Option<String>, PortError> {
        let stored: Option<CustomerRow> = self.read(keys::organisation(org), keys::CUSTOMER.to_owned()).await?;
        Ok(stored.map(|stored| stored.customer))
    }

    async fn is_handled(&self, org: OrgId, message: &str) -> Result<bool, PortError> {
        let stored: Option<IgnoredAny> = self.read(keys::organisation(org), keys::handled(message)).await?;
        Ok(stored.is_some())
    }
}
