//! `GET backup/prices`: what the caller's organisation can buy, and for how much.

use axum::Json;
use axum::extract::State;
use hozon_shared::api::{Administrator, ApiError, ApiVersion, Refusals};
use hozon_shared::domain::money::Money;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::plan::{Free, Plans};
use hozon_shared::domain::price::CountryPrices;
use hozon_shared::domain::product::Product;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Shop;
use crate::wire::TaxOut;

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
}

#[derive(Serialize, ToSchema)]
struct ProductOut {
    /// one_time, weekly or plan.
    #[schema(example = "one_time")]
    product: &'static str,
    /// The plan's name.
    plan: Option<String>,
    /// The listed price of one, in minor units.
    amount: u64,
    /// What the price is for: backup or month.
    #[schema(example = "backup")]
    per: &'static str,
    /// What the plan gives; null for one without limit, and for other products.
    free_per_month: Option<u32>,
    /// Whether the organisation can buy it now.
    available: bool,
}

/// What can be bought, in the buyer's currency.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/prices",
    operation_id = "get_prices",
    params(("v" = ApiVersion, Path)),
    responses((status = 200, body = PricesEnvelope), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn handle(State(shop): State<Shop>, Administrator(caller): Administrator) -> Result<Json<PricesEnvelope>, ApiError> {
    let held = shop.holdings(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let prices = shop.prices(&held.organisation)?;
    let standing = held.standing(shop.ports.clock.now());
    let written = |(product, price)| written(product, price, standing.lacks(product, &shop.terms.plans), &shop.terms.plans);
    let mut products: Vec<_> = prices.products().map(written).collect();
    products
        .sort_by_key(|product| product.plan.as_ref().map(|plan| shop.terms.plans.iter().position(|known| known.name == *plan)));
    let (currency, minor_digits) = (prices.currency.code(), prices.currency.minor_digits());
    let prices = PricesOut {
        country: country(&held.organisation, prices),
        currency,
        minor_digits,
        tax: TaxOut::rate(&prices.tax),
        products,
    };
    Ok(Json(PricesEnvelope { prices }))
}

fn country(organisation: &Organisation, prices: &CountryPrices) -> String {
    let own = organisation.country.as_ref().filter(|own| prices.codes.contains(own));
    own.or(prices.codes.first()).cloned().unwrap_or_default()
}

fn written(product: &Product, price: Money, available: bool, plans: &Plans) -> ProductOut {
    let free_per_month = match product.plan().map(|plan| plans.free(plan)) {
        Some(Free::PerMonth(count)) => Some(count),
        Some(Free::Unlimited) | None => None,
    };
    let (plan, per) = (product.plan().map(str::to_owned), product.per());
    ProductOut { product: product.kind(), plan, amount: price.minor, per, free_per_month, available }
}
