//! `confirm` opens the checkout of an order at the payment provider, and `cancel` closes it. An organisation has at
//! most one open checkout, so that nothing is paid twice: opening one closes the previous one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use hozon_shared::api::{Administrator, ApiError, Once};
use hozon_shared::domain::event::OrderStep;
use hozon_shared::domain::id::OrderId;
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::order::{CheckoutLink, Line, Order, OrderStatus};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::payment::Owner;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::purchase::{self, Holdings};
use hozon_shared::ports::{Buyer, Change, CheckoutLine, CheckoutRequest, ErrorKind, PortError};
use serde_json::json;

use crate::shop::{ATTEMPTS, Shop, too_busy};
use crate::wire::OrderEnvelope;

/// Confirms an order; the answer contains the address of the payment page.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/orders/{id}/actions/confirm",
    operation_id = "confirm_order",
    tag = "purchases",
    params(("id" = String, Path, description = "The order")),
    responses((status = 200, description = "The order with the address of its payment page", body = OrderEnvelope)),
)]
pub async fn confirm(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<OrderEnvelope>, ApiError> {
    for _ in 0..ATTEMPTS {
        let order = shop.order(caller.org, &id).await?;
        let now = shop.ports.clock.now();
        match order.status_at(now) {
            OrderStatus::Draft => {}
            OrderStatus::AwaitingPayment => return shop.shown(&caller, &order).await,
            status => return Err(not_open(status)),
        }
        if let Some(answer) = shop.open_checkout(&caller, order, now, &once).await? {
            return Ok(answer);
        }
    }
    Err(too_busy().into())
}

/// Cancels an unpaid order.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/orders/{id}/actions/cancel",
    operation_id = "cancel_order",
    tag = "purchases",
    params(("id" = String, Path, description = "The order")),
    responses((status = 200, description = "The updated order", body = OrderEnvelope)),
)]
pub async fn cancel(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    once: Once,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<OrderEnvelope>, ApiError> {
    for _ in 0..ATTEMPTS {
        let order = shop.order(caller.org, &id).await?;
        if order.status == OrderStatus::Cancelled {
            return shop.shown(&caller, &order).await;
        }
        shop.give_up(&order, &caller, &once).await?;
    }
    Err(too_busy().into())
}

fn not_open(status: OrderStatus) -> ApiError {
    ApiError::not_allowed(match status {
        OrderStatus::Paid | OrderStatus::Processing => "The order is already paid.",
        OrderStatus::Expired => "The order has expired. Place it again.",
        _ => "The order is closed. Place it again.",
    })
}

impl Shop {
    /// Opens the checkout of a draft. If a concurrent change wins, closes what it has opened and returns `None`; the
    /// caller must read the order again.
    async fn open_checkout(
        &self,
        caller: &Caller,
        order: Order,
        now: DateTime<Utc>,
        once: &Once,
    ) -> Result<Option<Json<OrderEnvelope>>, ApiError> {
        let held = self.holdings(caller.org).await?.ok_or_else(ApiError::not_found)?;
        self.require_useful_products(&order, &held)?;
        if let Some(other) = held.open_order {
            self.close_other(caller, other).await?;
            return Ok(None);
        }
        let customer = self.customer(caller, &held.organisation, order.id).await?;
        let request = self.checkout_request(&order, customer.clone(), caller.locale, held.organisation.time_zone);
        let opened = self.payments.open_checkout(&request).await?;
        let link = CheckoutLink { id: opened.id.clone(), url: opened.url };
        // Use the time of the status check: otherwise a draft that expires in between would leave its checkout open.
        let confirmed = order.confirm(link, now).map_err(|refused| not_open(refused.0))?;
        let mut changes = self.changes(|from| purchase::confirm(confirmed.clone(), &caller.person, from));
        changes.extend([Change::Customer(customer), Change::Contact(caller.contact())]);
        let answer = self.shown(caller, &confirmed).await?;
        changes.extend(once.answer(StatusCode::OK, &answer.0));
        if self.commit(caller.org, changes).await? {
            return Ok(Some(answer));
        }
        self.abandon(request.owner, request.abandoned, &opened.id).await?;
        Ok(None)
    }

    /// Closes a checkout that lost a race, unless the order stores it: two confirmations of one order receive the same
    /// checkout. Counts it as abandoned before closing it, so that no other confirmation can store it afterwards.
    async fn abandon(&self, owner: Owner, abandoned: u32, checkout: &str) -> Result<(), ApiError> {
        for _ in 0..ATTEMPTS {
            let order = self.ports.purchases.order(owner.org, owner.order).await?.ok_or_else(ApiError::not_found)?;
            if order.has_checkout(checkout) {
                return Ok(());
            }
            let is_counted = match order.abandon_checkout(abandoned) {
                Some(counted) => self.commit(owner.org, vec![Change::Order(Box::new(counted))]).await?,
                None => true,
            };
            if is_counted {
                return match self.payments.close_checkout(checkout).await {
                    // Another confirmation received the same checkout and has closed it. Nobody can have paid it, because
                    // its URL was never returned.
                    Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
                    closed => Ok(closed?),
                };
            }
        }
        Err(too_busy().into())
    }

    /// Rejects an order whose products have become useless since it was placed.
    fn require_useful_products(&self, order: &Order, held: &Holdings) -> Result<(), ApiError> {
        let buyer = held.buyer(self.ports.clock.now());
        if order.lines.iter().all(|line| buyer.lacks(&line.product, &self.terms.plans)) {
            return Ok(());
        }
        Err(ApiError::not_allowed("Your plan or subscription has changed since the order was placed. Place it again."))
    }

    async fn close_other(&self, caller: &Caller, other: OrderId) -> Result<(), ApiError> {
        match self.ports.purchases.order(caller.org, other).await? {
            Some(other) if other.status == OrderStatus::Processing => {
                let message = "The payment of another order is in progress. Wait until it completes, then confirm this order.";
                Err(ApiError::not_allowed(message).details(json!({ "id": other.id })))
            }
            Some(other) => self.give_up(&other, caller, &Once::default()).await,
            None => Err(PortError::new(ErrorKind::Corrupt, "find the order whose checkout is open").into()),
        }
    }

    /// Takes the next step of cancelling an order: records who cancels it, then closes its checkout, so that it can no
    /// longer be paid, and cancels it. If it was paid in the meantime, the payment is settled instead. The caller must
    /// read the order again.
    async fn give_up(&self, order: &Order, by: &Caller, once: &Once) -> Result<(), ApiError> {
        let cancelling =
            order.clone().start_cancelling(&by.person, self.ports.clock.now()).map_err(|refused| not_open(refused.0))?;
        if let Some(checkout) = &order.checkout {
            if order.cancelled_by.is_none() {
                self.commit(order.org, vec![Change::Order(Box::new(cancelling))]).await?;
                return Ok(());
            }
            match self.payments.close_checkout(&checkout.id).await {
                Err(error) if error.kind == ErrorKind::Conflict => return Ok(self.settle_checkout(&checkout.id, None).await?),
                other => other?,
            }
        }
        let open = self.ports.purchases.open_order(order.org).await?;
        let cancelled = cancelling.cancel();
        let answer = self.shown(by, &cancelled).await?;
        let mut changes = self.changes(|from| purchase::step(cancelled, OrderStep::Cancelled, &by.person, open, from));
        changes.extend(once.answer(StatusCode::OK, &answer.0));
        self.commit(order.org, changes).await?;
        Ok(())
    }

    /// Returns the organisation's customer id at the provider, which is created with its first order.
    async fn customer(&self, caller: &Caller, organisation: &Organisation, order: OrderId) -> Result<String, ApiError> {
        if let Some(known) = self.ports.purchases.customer(caller.org).await? {
            return Ok(known);
        }
        let buyer = Buyer { name: organisation.name.clone(), email: caller.email.clone(), locale: caller.locale };
        Ok(self.payments.customer(Owner { org: caller.org, order }, &buyer).await?)
    }

    fn checkout_request(&self, order: &Order, customer: String, locale: Locale, time_zone: Tz) -> CheckoutRequest {
        let lines = order.lines.iter().map(|line| checkout_line(line, locale)).collect();
        let return_url = format!("{}/#/orders/{}", self.console, order.id);
        let owner = Owner { org: order.org, order: order.id };
        let (abandoned, tax, expires) = (order.abandoned_checkouts, order.tax.clone(), order.checkout_expires());
        CheckoutRequest { owner, abandoned, customer, locale, lines, tax, time_zone, return_url, expires }
    }
}

/// Describes a line for the provider and the buyer.
pub(crate) fn checkout_line(line: &Line, locale: Locale) -> CheckoutLine {
    let title = match (&line.product, locale) {
        (Product::OneTime, Locale::En) => format!("One-time backup × {}", line.quantity),
        (Product::OneTime, Locale::Ja) => format!("単発バックアップ{}回分", line.quantity),
        (Product::Weekly, Locale::En) => "Weekly backup subscription".to_owned(),
        (Product::Weekly, Locale::Ja) => "毎週バックアップのサブスクリプション".to_owned(),
        (Product::Plan(plan), Locale::En) => format!("{plan} plan"),
        (Product::Plan(plan), Locale::Ja) => format!("{plan}プラン"),
    };
    CheckoutLine { product: line.product.to_string(), title, amount: line.gross, monthly: line.product.is_monthly() }
}
