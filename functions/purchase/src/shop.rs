//! The function and what its handlers share.

use std::sync::Arc;

use hozon_shared::api::ApiError;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::price::{CountryPrices, Terms};
use hozon_shared::domain::purchase::{ChangeContext, Holdings};
use hozon_shared::ports::{Change, ErrorKind, Payments, PortError, Renewals};

use crate::billing::Billing;
use crate::ports::PurchasePorts;

/// Attempts to change rows that others change concurrently.
pub(crate) const ATTEMPTS: usize = 8;

/// The `purchase` function with its dependencies.
#[derive(Clone)]
pub struct Shop {
    pub(crate) ports: PurchasePorts,
    pub(crate) payments: Arc<dyn Payments>,
    pub(crate) renewals: Arc<dyn Renewals>,
    pub(crate) terms: Arc<Terms>,
    /// Base URL of the console, without a trailing slash, to which buyers return.
    pub(crate) console: Arc<str>,
}

impl Shop {
    /// Creates the function with the ports and terms of its billing, and its payment provider. `console` is the URL to
    /// which buyers return.
    pub fn new<P: Payments + Renewals + 'static>(billing: &Billing, provider: Arc<P>, console: &str) -> Self {
        let Billing { ports, terms } = billing.clone();
        let console = console.trim_end_matches('/').into();
        Self { ports, payments: provider.clone(), renewals: provider, terms, console }
    }

    pub(crate) async fn organisation(&self, org: OrgId) -> Result<Organisation, ApiError> {
        self.ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)
    }

    /// Returns the prices for an organisation, or an error if purchases are disabled.
    pub(crate) fn prices(&self, organisation: &Organisation) -> Result<&CountryPrices, ApiError> {
        let prices = self.terms.prices.as_ref();
        let prices =
            prices.ok_or_else(|| ApiError::not_allowed("Nothing can be bought here. Ask the operator of the service."))?;
        Ok(prices.of(organisation.country.as_deref()))
    }

    /// Reads everything that an organisation owns.
    pub(crate) async fn holdings(&self, org: OrgId) -> Result<Option<Holdings>, PortError> {
        let Some(organisation) = self.ports.store.organisation(org).await? else { return Ok(None) };
        let account = self.ports.accounts.account(org).await?;
        let subscriptions = self.ports.purchases.subscriptions(org).await?;
        let open_order = self.ports.purchases.open_order(org).await?;
        Ok(Some(Holdings { organisation, account, subscriptions, open_order }))
    }

    /// Computes changes with the current time and new ids.
    pub(crate) fn changes<T>(&self, compute: impl FnOnce(&mut ChangeContext<'_>) -> T) -> T {
        let now = self.ports.clock.now();
        compute(&mut ChangeContext { now, next: &mut || self.ports.ids.next(now) })
    }

    /// Commits changes; returns `false` if a concurrent change came first, so that the state must be read again.
    pub(crate) async fn commit(&self, org: OrgId, changes: Vec<Change>) -> Result<bool, PortError> {
        match self.ports.store.commit(org, changes).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Error returned after too many concurrent changes.
pub(crate) fn too_busy() -> PortError {
    PortError::new(ErrorKind::Unavailable, "change a purchase while others change it")
}
