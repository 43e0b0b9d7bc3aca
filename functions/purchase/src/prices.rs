//! `GET backup/prices`: the products that the caller's organisation can buy with their prices and, for a selection in
//! the query, a quote.

use axum::Json;
use axum::extract::State;
use hozon_shared::api::closed_sets::{PricedUnit, ProductKind};
use hozon_shared::api::{Administrator, ApiError, Params};
use hozon_shared::domain::id::OrderId;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::order::{BuyerState, Order, OrderItem, OrderRejection, Origin, quote};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::plan::{FreeBackups, Plans};
use hozon_shared::domain::price::CountryPrices;
use hozon_shared::domain::product::Product;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::shop::Shop;
use crate::wire::{LineOut, TaxOut, line};

#[derive(Serialize, ToSchema)]
pub struct PricesEnvelope {
    prices: PricesOut,
}

#[derive(Serialize, ToSchema)]
struct PricesOut {
    /// Country whose price list applies, as an ISO 3166-1 alpha-2 code.
    country: String,
    #[schema(example = "JPY")]
    currency: &'static str,
    /// Number of decimals of the currency; amounts are in its minor unit.
    minor_digits: u32,
    tax: TaxOut,
    products: Vec<ProductOut>,
    /// Quote for the selection in the query; null without one.
    quote: Option<QuoteOut>,
}

/// Summary of an order that is not placed.
#[derive(Serialize, ToSchema)]
struct QuoteOut {
    lines: Vec<LineOut>,
    /// Without tax.
    subtotal: u64,
    tax: TaxOut,
    /// Amount to pay, including tax.
    total: u64,
    /// Amount to pay every month, including tax.
    renews_amount: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Choice {
    /// Number of one-time backups.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    one_time: Option<String>,
    /// Whether to include the weekly subscription.
    #[param(value_type = Option<bool>)]
    weekly: Option<String>,
    /// Name of a plan.
    plan: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ProductOut {
    #[schema(value_type = ProductKind)]
    product: &'static str,
    /// Name of the plan.
    plan: Option<String>,
    /// Listed price of one unit, in minor units.
    amount: u64,
    #[schema(value_type = PricedUnit)]
    per: &'static str,
    /// Free backups per month of the plan; null for an unlimited plan and for other products.
    free_per_month: Option<u32>,
    /// Whether the organisation can buy the product now.
    available: bool,
}

/// Reads the products and prices in the buyer's currency.
///
/// A selection in the query adds a quote; nothing is stored.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/prices",
    operation_id = "get_prices",
    tag = "purchases",
    params(Choice),
    responses((status = 200, description = "The price list of the organisation's country", body = PricesEnvelope)),
)]
pub async fn handle(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    Params(choice): Params<Choice>,
) -> Result<Json<PricesEnvelope>, ApiError> {
    let held = shop.holdings(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let prices = shop.prices(&held.organisation)?;
    let buyer = held.buyer(shop.ports.clock.now());
    let written = |(product, price)| written(product, price, buyer.lacks(product, &shop.terms.plans), &shop.terms.plans);
    let mut products: Vec<_> = prices.products().map(written).collect();
    products
        .sort_by_key(|product| product.plan.as_ref().map(|plan| shop.terms.plans.iter().position(|known| known.name == *plan)));
    let quote = choice.items()?.map(|items| shop.quote(&caller, prices, buyer, &items)).transpose()?;
    let (currency, minor_digits) = (prices.currency.code(), prices.currency.minor_digits());
    let prices = PricesOut {
        country: country(&held.organisation, prices),
        currency,
        minor_digits,
        tax: TaxOut::rate(&prices.tax),
        products,
        quote,
    };
    Ok(Json(PricesEnvelope { prices }))
}

impl Choice {
    /// Returns the selected products; `None` without a selection.
    fn items(&self) -> Result<Option<Vec<OrderItem>>, ApiError> {
        let mut items = Vec::new();
        if let Some(text) = &self.one_time {
            let quantity =
                text.parse().map_err(|_| ApiError::invalid_param("one_time", "Set one_time to a whole number from 1 to 100."))?;
            items.push(OrderItem { product: Product::OneTime, quantity });
        }
        match self.weekly.as_deref() {
            None | Some("false") => {}
            Some("true") => items.push(OrderItem { product: Product::Weekly, quantity: 1 }),
            Some(_) => return Err(ApiError::invalid_param("weekly", "Set weekly to true or false.")),
        }
        items.extend(self.plan.iter().map(|plan| OrderItem { product: Product::Plan(plan.clone()), quantity: 1 }));
        Ok(Some(items).filter(|items| !items.is_empty()))
    }
}

impl Shop {
    fn quote(
        &self,
        caller: &Caller,
        prices: &CountryPrices,
        buyer: BuyerState<'_>,
        items: &[OrderItem],
    ) -> Result<QuoteOut, ApiError> {
        let lines = quote(prices, &self.terms.plans, buyer, items).map_err(|refused| refusal(refused, items))?;
        let (origin, now) = (Origin::SubscriptionPage, self.ports.clock.now());
        let order = Order::place(caller.org, OrderId(0), caller.person.clone(), origin, lines, prices.tax.clone(), now);
        let (total, tax) = (order.total(), order.tax_total());
        Ok(QuoteOut {
            lines: order.lines.iter().map(line).collect(),
            subtotal: total.minor - tax.minor,
            tax: TaxOut::of(&order),
            total: total.minor,
            renews_amount: order.monthly().map(|line| line.gross.minor).sum(),
        })
    }
}

fn refusal(refused: OrderRejection, items: &[OrderItem]) -> ApiError {
    let at = match refused {
        OrderRejection::Empty | OrderRejection::TooLarge => 0,
        OrderRejection::Twice(at)
        | OrderRejection::Quantity(at)
        | OrderRejection::NotSold(at)
        | OrderRejection::NotAnUpgrade(at)
        | OrderRejection::HasWeekly(at)
        | OrderRejection::Unlimited(at) => at,
    };
    ApiError::invalid_param(items.get(at).map_or("one_time", |item| item.product.kind()), refused.to_string())
}

fn country(organisation: &Organisation, prices: &CountryPrices) -> String {
    let own = organisation.country.as_ref().filter(|own| prices.codes.contains(own));
    own.or(prices.codes.first()).cloned().unwrap_or_default()
}

fn written(product: &Product, price: Money, available: bool, plans: &Plans) -> ProductOut {
    let free_per_month = match product.plan().map(|plan| plans.free(plan)) {
        Some(FreeBackups::PerMonth(count)) => Some(count),
        Some(FreeBackups::Unlimited) | None => None,
    };
    let (plan, per) = (product.plan().map(str::to_owned), product.per());
    ProductOut { product: product.kind(), plan, amount: price.minor, per, free_per_month, available }
}
