//! Placing orders, which returns their summary, and reading them.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use hozon_shared::api::closed_sets::{OrderOrigin, ProductKind};
use hozon_shared::api::{Administrator, ApiError, Body, Once, PageInfo, Paged, Params};
use hozon_shared::domain::event::OrderStep;
use hozon_shared::domain::id::{OrderId, OrgId};
use hozon_shared::domain::order::{Order, OrderItem, OrderRejection, Origin, quote};
use hozon_shared::domain::organisation::Caller;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::purchase;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::shop::Shop;
use crate::wire::{OrderEnvelope, OrderOut};

/// Default and maximum number of orders per page.
const PER_PAGE: usize = 20;
const MAX_PER_PAGE: usize = 100;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderRequest {
    order: WantedOrder,
}

/// The requested products. Prices come from the price list; a body that contains one is rejected.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedOrder {
    #[schema(min_items = 1, max_items = 3)]
    items: Vec<WantedItem>,
    #[schema(value_type = OrderOrigin)]
    origin: Origin,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WantedItem {
    #[schema(value_type = ProductKind)]
    product: String,
    /// Name of the plan, if the product is a plan.
    plan: Option<String>,
    /// 1 to 100 for one-time backups. Defaults to 1.
    #[schema(minimum = 1, maximum = 100)]
    quantity: Option<u32>,
}

/// Places an order and returns its summary.
///
/// Nothing is bought yet; the prices are valid for 22 hours.
#[utoipa::path(
    post,
    path = "/crm/bulk/{v}/backup/orders",
    operation_id = "place_order",
    tag = "purchases",
    request_body = OrderRequest,
    responses((status = 201, description = "The order's summary", body = OrderEnvelope)),
)]
pub async fn place(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    once: Once,
    Body(body): Body,
) -> Result<(StatusCode, Json<OrderEnvelope>), ApiError> {
    let wanted = read_body(&body)?;
    let held = shop.holdings(caller.org).await?.ok_or_else(ApiError::not_found)?;
    let prices = shop.prices(&held.organisation)?;
    let items = items(&wanted)?;
    let now = shop.ports.clock.now();
    let lines = quote(prices, &shop.terms.plans, held.buyer(now), &items).map_err(refusal)?;
    let id = OrderId(shop.ports.ids.next(now));
    let order = Order::place(caller.org, id, caller.person.clone(), wanted.origin, lines, prices.tax.clone(), now);
    let mut changes = shop.changes(|from| purchase::step(order.clone(), OrderStep::Placed, &caller.person, None, from));
    let answer = OrderEnvelope { order: OrderOut::of(&order, held.organisation.time_zone, now) };
    changes.extend(once.answer(StatusCode::CREATED, &answer));
    shop.ports.store.commit(caller.org, changes).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Parses the body. An error names the unexpected field, such as a price.
fn read_body(body: &[u8]) -> Result<WantedOrder, ApiError> {
    let invalid = |error: serde_json::Error| match unknown_field(&error.to_string()) {
        Some(field) => {
            let message = format!("{field} cannot be set. Name products and quantities; amounts come from the price list.");
            ApiError::invalid_data(&field, &format!("$.order..{field}"), message)
        }
        None => {
            let message = "Send {\"order\":{\"items\":[{\"product\":\"one_time\",\"quantity\":3}],\"origin\":\"backup_page\"}}.";
            ApiError::invalid_data("order", "$.order", message)
        }
    };
    let json: serde_json::Value = serde_json::from_slice(body).map_err(|_| ApiError::body_not_readable())?;
    serde_json::from_value::<OrderRequest>(json).map(|request| request.order).map_err(invalid)
}

fn unknown_field(message: &str) -> Option<String> {
    let rest = message.strip_prefix("unknown field `")?;
    rest.split_once('`').map(|(field, _)| field.to_owned())
}

fn items(wanted: &WantedOrder) -> Result<Vec<OrderItem>, ApiError> {
    let item = |(at, item): (usize, &WantedItem)| {
        let product = match (item.product.as_str(), &item.plan) {
            ("one_time", None) => Product::OneTime,
            ("weekly", None) => Product::Weekly,
            ("plan", Some(plan)) => Product::Plan(plan.clone()),
            ("plan", None) => {
                let path = format!("$.order.items[{at}].plan");
                return Err(ApiError::mandatory_not_found("plan", &path, "Set plan to the name of the plan."));
            }
            _ => {
                let path = format!("$.order.items[{at}].product");
                return Err(ApiError::invalid_data(
                    "product",
                    &path,
                    "Set product to one_time, weekly, or plan together with a plan name.",
                ));
            }
        };
        Ok(OrderItem { product, quantity: item.quantity.unwrap_or(1) })
    };
    wanted.items.iter().enumerate().map(item).collect()
}

fn refusal(refused: OrderRejection) -> ApiError {
    let (field, at) = match refused {
        OrderRejection::Empty | OrderRejection::TooLarge => ("items", None),
        OrderRejection::Quantity(at) => ("quantity", Some(at)),
        OrderRejection::NotAnUpgrade(at) => ("plan", Some(at)),
        OrderRejection::Twice(at)
        | OrderRejection::NotSold(at)
        | OrderRejection::HasWeekly(at)
        | OrderRejection::Unlimited(at) => ("product", Some(at)),
    };
    let path = at.map_or("$.order.items".to_owned(), |at| format!("$.order.items[{at}].{field}"));
    ApiError::invalid_data(field, &path, refused.to_string())
}

#[derive(Serialize, ToSchema)]
pub struct OrdersEnvelope {
    orders: Vec<OrderOut>,
    info: PageInfo,
}

/// Lists orders, newest first.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/orders",
    operation_id = "list_orders",
    tag = "purchases",
    params(Paged),
    responses((status = 200, description = "The requested page", body = OrdersEnvelope)),
)]
pub async fn list(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    Params(query): Params<Paged>,
) -> Result<Json<OrdersEnvelope>, ApiError> {
    let page = query.read(PER_PAGE, MAX_PER_PAGE)?;
    let zone = shop.organisation(caller.org).await?.time_zone;
    let now = shop.ports.clock.now();
    let (shown, info) = page.of(shop.ports.purchases.orders(caller.org, page.needed()).await?);
    let orders = shown.iter().map(|order| OrderOut::of(order, zone, now)).collect();
    Ok(Json(OrdersEnvelope { orders, info }))
}

/// Reads an order.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/orders/{id}",
    operation_id = "get_order",
    tag = "purchases",
    params(("id" = String, Path, description = "The order")),
    responses((status = 200, description = "The order", body = OrderEnvelope)),
)]
pub async fn read(
    State(shop): State<Shop>,
    Administrator(caller): Administrator,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<OrderEnvelope>, ApiError> {
    let order = shop.order(caller.org, &id).await?;
    shop.shown(&caller, &order).await
}

impl Shop {
    /// Finds the order named in a path.
    pub(crate) async fn order(&self, org: OrgId, id: &str) -> Result<Order, ApiError> {
        let id: OrderId = id.parse().map_err(|_| ApiError::not_found())?;
        self.ports.purchases.order(org, id).await?.ok_or_else(ApiError::not_found)
    }

    /// Represents an order as an answer.
    pub(crate) async fn shown(&self, caller: &Caller, order: &Order) -> Result<Json<OrderEnvelope>, ApiError> {
        let zone = self.organisation(caller.org).await?.time_zone;
        Ok(Json(OrderEnvelope { order: OrderOut::of(order, zone, self.ports.clock.now()) }))
    }
}
