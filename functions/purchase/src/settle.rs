//! Updates stored state to match the payment provider. Stored state is read first, the provider's state second, and the
//! commit is conditional on the stored state. Of two messages handled concurrently the later provider state therefore
//! wins, and a late or repeated message changes nothing.

use hozon_shared::domain::event::OrderStep;
use hozon_shared::domain::order::{Order, OrderStatus};
use hozon_shared::domain::payment::{CheckoutState, Owner};
use hozon_shared::domain::purchase::{self, Holdings};
use hozon_shared::ports::{Change, ErrorKind, PortError};

use crate::shop::{ATTEMPTS, Shop, too_busy};

impl Shop {
    /// Updates an order from its checkout, and fulfils it once it is paid.
    pub(crate) async fn settle_checkout(&self, checkout: &str, message: Option<&str>) -> Result<(), PortError> {
        for _ in 0..ATTEMPTS {
            let state = self.payments.checkout(checkout).await?;
            let Some(owner) = state.owner else { return Ok(()) };
            let Some((order, held)) = self.unless_handled(owner, message).await? else { return Ok(()) };
            let changes = self.order_changes(&order, (checkout, &state), &held).await?;
            if self.commit_handled(owner, changes, message).await? {
                return Ok(());
            }
        }
        Err(too_busy())
    }

    async fn order_changes(
        &self,
        order: &Order,
        (checkout, state): (&str, &CheckoutState),
        held: &Holdings,
    ) -> Result<Vec<Change>, PortError> {
        let Some(followed) = order.follow(checkout, state.status, self.ports.clock.now()) else { return Ok(Vec::new()) };
        let (step, by) = match followed.status {
            OrderStatus::Paid => return self.pay(followed, state, held).await,
            OrderStatus::Failed => (OrderStep::Failed, order.buyer.clone()),
            OrderStatus::Expired => (OrderStep::Expired, order.buyer.clone()),
            OrderStatus::Cancelled => (OrderStep::Cancelled, order.cancelled_by.clone().unwrap_or_else(|| order.buyer.clone())),
            // The money is still on its way. The order keeps the checkout lock, and nothing else happens yet.
            _ => return Ok(vec![Change::Order(Box::new(followed))]),
        };
        Ok(self.changes(|from| purchase::step(followed, step, &by, held.open_order, from)))
    }

    async fn pay(&self, order: Order, state: &CheckoutState, held: &Holdings) -> Result<Vec<Change>, PortError> {
        if state.total != order.total() {
            return Err(PortError::new(ErrorKind::Corrupt, "compare what was paid with the order's total"));
        }
        if order.monthly().next().is_some() && state.subscription.is_none() {
            return Err(PortError::new(ErrorKind::Unavailable, "find the subscription of a paid checkout"));
        }
        for replaced in held.replaced_by(&order, self.ports.clock.now()) {
            self.renewals.end(&replaced.provider, &replaced.product.to_string()).await?;
        }
        let order = Order { receipt_url: state.receipt_url.clone(), ..order };
        Ok(self.changes(|from| purchase::pay(order, state.subscription.as_ref(), held, from)))
    }

    /// Updates subscriptions from the provider. If the checkout's own message has not arrived yet, the order is settled
    /// first.
    pub(crate) async fn follow_subscription(&self, id: &str, message: &str) -> Result<(), PortError> {
        let Some(owner) = self.renewals.subscription(id).await?.owner else { return Ok(()) };
        self.settle_order(owner).await?;
        for _ in 0..ATTEMPTS {
            let Some((_, held)) = self.unless_handled(owner, Some(message)).await? else { return Ok(()) };
            let state = self.renewals.subscription(id).await?;
            let mut changes = Vec::new();
            for paid in held.subscriptions.iter().filter(|paid| paid.provider == id) {
                let Some((followed, turn)) = paid.follow(&state, self.ports.clock.now()) else { continue };
                let Some(order) = self.ports.purchases.order(owner.org, paid.order).await? else { continue };
                changes
                    .extend(self.changes(|from| purchase::follow(followed, turn, &order.buyer, &held, &self.terms.plans, from)));
            }
            if self.commit_handled(owner, changes, Some(message)).await? {
                return Ok(());
            }
        }
        Err(too_busy())
    }

    /// Follows refunds and disputes of a charge.
    pub(crate) async fn follow_charge(&self, id: &str, message: &str) -> Result<(), PortError> {
        let Some(owner) = self.payments.charge(id).await?.owner else { return Ok(()) };
        self.settle_order(owner).await?;
        for _ in 0..ATTEMPTS {
            let Some((order, held)) = self.unless_handled(owner, Some(message)).await? else { return Ok(()) };
            let state = self.payments.charge(id).await?;
            let is_paid = order.status == OrderStatus::Paid;
            let changes = self.changes(|from| purchase::charge_back(&order, &state, &held, &self.terms.plans, from));
            let changes = changes.filter(|_| is_paid).unwrap_or_default();
            if self.commit_handled(owner, changes, Some(message)).await? {
                return Ok(());
            }
        }
        Err(too_busy())
    }

    /// Settles an order that is not yet known to be paid.
    async fn settle_order(&self, owner: Owner) -> Result<(), PortError> {
        let order = self.ports.purchases.order(owner.org, owner.order).await?;
        let Some(order) = order.filter(|order| order.status != OrderStatus::Paid) else { return Ok(()) };
        match order.checkout {
            Some(checkout) => self.settle_checkout(&checkout.id, None).await,
            None => Ok(()),
        }
    }

    /// Returns the order and what its organisation owns. Returns `None` if the message was handled before, or if the
    /// order is unknown because another installation uses the same account.
    async fn unless_handled(&self, owner: Owner, message: Option<&str>) -> Result<Option<(Order, Holdings)>, PortError> {
        if let Some(message) = message
            && self.ports.purchases.is_handled(owner.org, message).await?
        {
            return Ok(None);
        }
        // The order of these reads matters. An order that is still unpaid has none of the subscriptions read before it,
        // so the subscriptions that it replaces never include its own or later ones.
        let held = self.holdings(owner.org).await?;
        Ok(self.ports.purchases.order(owner.org, owner.order).await?.zip(held))
    }

    async fn commit_handled(&self, owner: Owner, changes: Vec<Change>, message: Option<&str>) -> Result<bool, PortError> {
        let handled = message.map(|message| Change::Handled { message: message.to_owned(), at: self.ports.clock.now() });
        let changes: Vec<_> = changes.into_iter().chain(handled).collect();
        if changes.is_empty() {
            return Ok(true);
        }
        self.commit(owner.org, changes).await
    }
}
