//! The `purchase` function: prices, orders from summary to receipt, subscriptions, and the payment provider's webhook.
//! Prices come only from the price list. The state of a payment is read from the provider, never taken from its
//! messages (see `settle`).

mod checkout;
mod messages;
mod orders;
mod prices;
mod settle;
mod subscriptions;
mod wire;

use std::sync::Arc;

use hozon_shared::api::{ApiError, Documented, with_idempotency, with_versions};
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::price::{CountryPrices, Terms};
use hozon_shared::domain::purchase::{ChangeContext, Holdings};
use hozon_shared::ports::{Change, ErrorKind, Payments, PortError, Ports, Renewals};
use utoipa_axum::routes;

/// Attempts to change rows that others change concurrently.
const ATTEMPTS: usize = 8;

/// The `purchase` function with its dependencies.
#[derive(Clone)]
pub struct Shop {
    ports: Ports,
    payments: Arc<dyn Payments>,
    renewals: Arc<dyn Renewals>,
    terms: Arc<Terms>,
    /// Base URL of the console, without a trailing slash, to which buyers return.
    console: Arc<str>,
}

impl Shop {
    /// Creates the function with its terms and payment provider. `console` is the URL to which buyers return.
    pub fn new<P: Payments + Renewals + 'static>(ports: Ports, provider: Arc<P>, terms: Arc<Terms>, console: &str) -> Self {
        let console = console.trim_end_matches('/').into();
        Self { ports, payments: provider.clone(), renewals: provider, terms, console }
    }

    async fn organisation(&self, org: OrgId) -> Result<Organisation, ApiError> {
        self.ports.store.organisation(org).await?.ok_or_else(ApiError::not_found)
    }

    /// Returns the prices for an organisation, or an error if purchases are disabled.
    fn prices(&self, organisation: &Organisation) -> Result<&CountryPrices, ApiError> {
        let prices = self.terms.prices.as_ref();
        let prices =
            prices.ok_or_else(|| ApiError::not_allowed("Nothing can be bought here. Ask the operator of the service."))?;
        Ok(prices.of(organisation.country.as_deref()))
    }

    /// Reads everything that an organisation owns.
    async fn holdings(&self, org: OrgId) -> Result<Option<Holdings>, PortError> {
        let Some(organisation) = self.ports.store.organisation(org).await? else { return Ok(None) };
        let account = self.ports.accounts.account(org).await?;
        let subscriptions = self.ports.purchases.subscriptions(org).await?;
        let open_order = self.ports.purchases.open_order(org).await?;
        Ok(Some(Holdings { organisation, account, subscriptions, open_order }))
    }

    /// Computes changes with the current time and new ids.
    fn changes<T>(&self, compute: impl FnOnce(&mut ChangeContext<'_>) -> T) -> T {
        let now = self.ports.clock.now();
        compute(&mut ChangeContext { now, next: &mut || self.ports.ids.next(now) })
    }

    /// Commits changes; returns `false` if a concurrent change came first, so that the state must be read again.
    async fn commit(&self, org: OrgId, changes: Vec<Change>) -> Result<bool, PortError> {
        match self.ports.store.commit(org, changes).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind == ErrorKind::Conflict => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Error returned after too many concurrent changes.
fn too_busy() -> PortError {
    PortError::new(ErrorKind::Unavailable, "change a purchase while others change it")
}

/// Returns the routes of this function.
pub fn router(shop: Shop) -> Documented {
    let routes = Documented::new()
        .routes(routes!(prices::handle))
        .routes(routes!(orders::list, orders::place))
        .routes(routes!(orders::read))
        .routes(routes!(checkout::confirm))
        .routes(routes!(checkout::cancel))
        .routes(routes!(subscriptions::list))
        .routes(routes!(subscriptions::cancel))
        .routes(routes!(subscriptions::resume));
    // The provider's messages have their own ids, by which repeats are detected.
    with_idempotency(with_versions(routes), &shop.ports).routes(routes!(messages::handle)).with_state(shop)
}
