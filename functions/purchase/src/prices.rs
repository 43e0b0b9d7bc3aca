//! `GET backup/prices`: what the caller's organisation can buy, and for how much; with a choice in the query, also what all of it costs.

use axum::Json;
use axum::extract::State;
use hozon_shared::api::closed_sets::{PricedUnit, ProductKind};
use hozon_shared::api::{Administrator, ApiError, ApiVersion, Params, Refusals};
use hozon_shared::domain::id::OrderId;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::order::{Item, NotOrdered, Order, Origin, Standing, quote};
use hozon_shared::domain::organisation::{Caller, Organisation};
use hozon_shared::domain::plan::{FreeBackups, Plans};
use hozon_shared::domain::price::CountryPrices;
use hozon_shared::domain::product::Product;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::Shop;
use crate::wire::{LineOut, TaxOut, line};

#[derive(Serialize, ToSchema)]
pub struct PricesEnvelope {
    prices: PricesOut,
}

#[derive(Serialize, ToSchema)]
struct PricesOut {
    /// The country that the prices are those of, ISO 3166-1 alpha-2.
    country: String,
    #[schema(example = "JPY")]
    currency: &'static str,
    /// Digits of the currency's minor unit, in which amounts are.
    minor_digits: u32,
    tax: TaxOut,
    products: Vec<ProductOut>,
    /// What is chosen in the query; null where nothing is.
    quote: Option<QuoteOut>,
}

/// The summary of an order that is not placed.
#[derive(Serialize, ToSchema)]
struct QuoteOut {
    lines: Vec<LineOut>,
    /// Without tax.
    subtotal: u64,
    tax: TaxOut,
    /// What would be paid, tax in it.
    total: u64,
    /// What would be paid again each month, tax in it.
    renews_amount: u64,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Choice {
    /// One-time backups.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100)]
    one_time: Option<String>,
    /// The weekly subscription.
    #[param(value_type = Option<bool>)]
    weekly: Option<String>,
    /// A plan's name.
    plan: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ProductOut {
    #[schema(value_type = ProductKind)]
    product: &'static str,
    /// The plan's name.
    plan: Option<String>,
    /// The listed price of one, in minor units.
    amount: u64,
    #[schema(value_type = PricedUnit)]
    per: &'static str,
    /// What the plan gives; null for one without limit, and for other products.
    free_per_month: Option<u32>,
    /// Whether the organisation can buy it now.
    available: bool,
}

/// What can be bought, in the buyer's currency. With a choice in the query the answer has its summary; nothing is stored by that.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/prices",
    operation_id = "get_prices",
    tag = "purchases",
    params(("v" = ApiVersion, Path), Choice),
    responses((status = 200, description = "The price list of the organisation's country", body = PricesEnvelope), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn handle(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    Params(choice): Params<Choice>,
) -> Result<Json<PricesEnvelope>, ApiError> {
    let held = shop.holdings(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let prices = shop.prices(&held.organisation)?;
    let standing = held.standing(shop.ports.clock.now());
    let written = |(product, price)| written(product, price, standing.lacks(product, &shop.terms.plans), &shop.terms.plans);
    let mut products: Vec<_> = prices.products().map(written).collect();
    products
        .sort_by_key(|product| product.plan.as_ref().map(|plan| shop.terms.plans.iter().position(|known| known.name == *plan)));
    let quote = choice.items()?.map(|items| shop.quote(&caller, prices, standing, &items)).transpose()?;
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
    /// What is chosen; `None` where nothing is.
    fn items(&self) -> Result<Option<Vec<Item>>, ApiError> {
        let mut items = Vec::new();
        if let Some(text) = &self.one_time {
            let quantity =
                text.parse().map_err(|_| ApiError::invalid_param("one_time", "one_time is a whole number from 1 to 100."))?;
            items.push(Item { product: Product::OneTime, quantity });
        }
        match self.weekly.as_deref() {
            None | Some("false") => {}
            Some("true") => items.push(Item { product: Product::Weekly, quantity: 1 }),
            Some(_) => return Err(ApiError::invalid_param("weekly", "weekly is true or false.")),
        }
        items.extend(self.plan.iter().map(|plan| Item { product: Product::Plan(plan.clone()), quantity: 1 }));
        Ok(Some(items).filter(|items| !items.is_empty()))
    }
}

impl Shop {
    fn quote(
        &self,
        caller: &Caller,
        prices: &CountryPrices,
        standing: Standing<'_>,
        items: &[Item],
    ) -> Result<QuoteOut, ApiError> {
        let lines = quote(prices, &self.terms.plans, standing, items).map_err(|refused| refusal(refused, items))?;
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

fn refusal(refused: NotOrdered, items: &[Item]) -> ApiError {
    let at = match refused {
        NotOrdered::Empty | NotOrdered::TooLarge => 0,
        NotOrdered::Twice(at)
        | NotOrdered::Quantity(at)
        | NotOrdered::NotSold(at)
        | NotOrdered::NotAnUpgrade(at)
        | NotOrdered::HasWeekly(at)
        | NotOrdered::Unlimited(at) => at,
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
