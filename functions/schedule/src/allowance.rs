//! `GET backup/allowance`: the used and remaining backups and the date of renewal; and the error of a caller whose
//! allowance is used up, with the products that would help.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use hozon_shared::api::closed_sets::SubscriptionStatusName;
use hozon_shared::api::{Administrator, ApiError, ApiVersion, LocalTime, Refusals, local_time};
use hozon_shared::domain::allowance::{Account, LimitReached};
use hozon_shared::domain::forecast::Forecast;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::period::Month;
use hozon_shared::domain::plan::FreeBackups;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::recurrence::next_month;
use hozon_shared::domain::rule::{RepeatType, Rule};
use hozon_shared::domain::subscription::{Subscription, SubscriptionStatus};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::app::App;

/// Maximum number of runs of a weekly schedule in a calendar month.
const WEEKS_OF_A_MONTH: u32 = 5;

#[derive(Serialize, ToSchema)]
pub struct AllowanceEnvelope {
    allowance: AllowanceOut,
}

/// The allowance of an organisation.
#[derive(Serialize, ToSchema)]
pub(crate) struct AllowanceOut {
    plan: String,
    /// Whether the plan is unlimited. All counts are null then.
    unlimited: bool,
    free_per_month: Option<u32>,
    /// Free backups used this month.
    used: u32,
    /// Free backups left this month.
    free_left: Option<u32>,
    /// When the free backups of the next month become available.
    renews: LocalTime,
    /// One-time backups left.
    one_time_left: u32,
    weekly: Option<WeeklyOut>,
    /// Sum of free and one-time backups left.
    left: Option<u32>,
    /// Whether purchases are enabled.
    purchases: bool,
}

#[derive(Serialize, ToSchema)]
struct WeeklyOut {
    subscription: String,
    /// End of the paid period.
    until: LocalTime,
    #[schema(value_type = SubscriptionStatusName)]
    status: SubscriptionStatus,
}

/// Reads the allowance: used and remaining backups, and the date of renewal.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/allowance",
    operation_id = "get_allowance",
    tag = "overview",
    params(("v" = ApiVersion, Path)),
    responses((status = 200, description = "The allowance", body = AllowanceEnvelope), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn handle(State(app): State<App>, Administrator(caller): Administrator) -> Result<Json<AllowanceEnvelope>, ApiError> {
    let organisation = app.organisation(caller.org).await?;
    Ok(Json(AllowanceEnvelope { allowance: read(&app, &organisation, app.ports.clock.now()).await? }))
}

pub(crate) async fn read(app: &App, organisation: &Organisation, now: DateTime<Utc>) -> Result<AllowanceOut, ApiError> {
    Ok(AllowanceState::read(app, organisation, now).await?.written(app, organisation, now))
}

/// An organisation's account and weekly subscription.
pub(crate) struct AllowanceState {
    account: Account,
    /// The weekly subscription, while it is valid.
    weekly: Option<Subscription>,
}

impl AllowanceState {
    /// Reads the account, and the weekly subscription if there is one.
    pub(crate) async fn read(app: &App, organisation: &Organisation, now: DateTime<Utc>) -> Result<Self, ApiError> {
        let account = app.ports.accounts.account(organisation.id).await?;
        let weekly = match &account.weekly {
            Some(weekly) => {
                app.ports.purchases.subscriptions(organisation.id).await?.into_iter().find(|held| held.id == weekly.subscription)
            }
            None => None,
        };
        let weekly = weekly.filter(|held| held.counts_until().is_some_and(|until| now < until));
        Ok(Self { account, weekly })
    }

    /// Forecasts the runs of a rule.
    pub(crate) fn forecast(&self, app: &App, organisation: &Organisation, rule: Rule) -> Forecast {
        let free = app.terms.plans.free(&organisation.plan);
        Forecast::new(self.account.clone(), self.weekly.as_ref(), free, rule, organisation.time_zone)
    }

    /// Represents the allowance for the API.
    pub(crate) fn written(self, app: &App, organisation: &Organisation, now: DateTime<Utc>) -> AllowanceOut {
        written(app, organisation, &self.account, self.weekly, now)
    }
}

fn written(
    app: &App,
    organisation: &Organisation,
    account: &Account,
    weekly: Option<Subscription>,
    now: DateTime<Utc>,
) -> AllowanceOut {
    let zone = organisation.time_zone;
    let month = Month::of(now, zone);
    let free = app.terms.plans.free(&organisation.plan);
    let credits = account.credits_left();
    let free_per_month = match free {
        FreeBackups::Unlimited => None,
        FreeBackups::PerMonth(count) => Some(count),
    };
    let free_left = free_per_month.map(|_| account.free_left(free, &month));
    AllowanceOut {
        plan: organisation.plan.clone(),
        unlimited: free == FreeBackups::Unlimited,
        free_per_month,
        used: account.free_used(&month),
        free_left,
        renews: local_time(next_month(now, zone), zone),
        one_time_left: credits,
        weekly: weekly.map(|held| WeeklyOut {
            subscription: held.id.to_string(),
            until: local_time(held.period_end, zone),
            status: held.status,
        }),
        left: free_left.map(|left| left.saturating_add(credits)),
        purchases: app.terms.prices.is_some(),
    }
}

/// Returns the error of an on-demand backup when no backup is left, with the products that would help.
pub(crate) fn used_up(app: &App, organisation: &Organisation, limit: LimitReached) -> ApiError {
    let message = match limit.allowed {
        0 => {
            "Your plan includes no free backups, and no one-time backup is left. Buy one, or upgrade to a plan with free backups."
                .to_owned()
        }
        count => {
            let free = if count == 1 { "free backup is".to_owned() } else { format!("{count} free backups are") };
            format!("All of this month's {free} used, and no one-time backup is left. Wait until next month, or buy one.")
        }
    };
    let reason = if limit.allowed == 0 { PurchaseReason::NoFree } else { PurchaseReason::UsedUp };
    let offers = offers(app, organisation, false);
    ApiError::limit_reached(message, details(app, organisation, reason, limit.allowed, &offers))
}

/// Why a purchase is needed.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PurchaseReason {
    /// This month's free backups are used, and nothing else is left.
    UsedUp,
    /// The plan includes no free backups, and nothing else is left.
    NoFree,
    /// A weekly schedule needs the weekly subscription.
    NeedsWeekly,
}

/// Rejects a schedule that the allowance does not cover, if a purchase could cover it.
pub(crate) async fn require_for(app: &App, organisation: &Organisation, rule: Rule) -> Result<(), ApiError> {
    let account = app.ports.accounts.account(organisation.id).await?;
    let Some((reason, allowed)) = obstacle(app, organisation, &account, rule) else { return Ok(()) };
    let message = match reason {
        PurchaseReason::NeedsWeekly => {
            "A weekly backup needs the weekly subscription. Buy it first, or choose a less frequent schedule."
        }
        _ => "Your plan includes no free backups to schedule. Buy backups first, or upgrade to a plan with free backups.",
    };
    let offers = offers_for(app, organisation, reason, rule);
    Err(ApiError::limit_reached(message, details(app, organisation, reason, allowed, &offers)))
}

/// Returns what must be bought before the schedule can be set, or before its next run is covered. The preview shows it
/// in advance.
pub(crate) fn limit(
    app: &App,
    organisation: &Organisation,
    allowance_state: &AllowanceState,
    rule: Rule,
    next: DateTime<Utc>,
) -> Option<Value> {
    let now = app.ports.clock.now();
    let ahead = allowance_state.forecast(app, organisation, rule);
    let used_up = || {
        let FreeBackups::PerMonth(allowed) = app.terms.plans.free(&organisation.plan) else { return None };
        ahead
            .is_used_up(now, next)
            .then_some((if allowed == 0 { PurchaseReason::NoFree } else { PurchaseReason::UsedUp }, allowed))
    };
    let (reason, allowed) = obstacle(app, organisation, &allowance_state.account, rule).or_else(used_up)?;
    Some(details(app, organisation, reason, allowed, &offers_for(app, organisation, reason, rule)))
}

/// Returns why a schedule cannot be set. A weekly schedule needs the weekly subscription, unless the plan includes
/// enough backups; any other schedule needs a plan with free backups. Remaining one-time backups cover either. If
/// purchases are disabled, every schedule can be set.
fn obstacle(app: &App, organisation: &Organisation, account: &Account, rule: Rule) -> Option<(PurchaseReason, u32)> {
    let FreeBackups::PerMonth(allowed) = app.terms.plans.free(&organisation.plan) else { return None };
    app.terms.prices.as_ref()?;
    let is_weekly = rule.repeat_type() == RepeatType::Weekly;
    let needed = if is_weekly && rule.interval() == 1 { WEEKS_OF_A_MONTH } else { 1 };
    let now = app.ports.clock.now();
    let is_subscribed = is_weekly && account.weekly.as_ref().is_some_and(|weekly| now < weekly.until);
    if is_subscribed || allowed >= needed || account.credits_left() > 0 {
        return None;
    }
    Some((if allowed == 0 { PurchaseReason::NoFree } else { PurchaseReason::NeedsWeekly }, allowed))
}

fn offers_for(app: &App, organisation: &Organisation, reason: PurchaseReason, rule: Rule) -> Offers {
    let is_use = |product: &Product| reason != PurchaseReason::NeedsWeekly || *product == Product::Weekly;
    let is_weekly = rule.repeat_type() == RepeatType::Weekly;
    offers(app, organisation, is_weekly).into_iter().filter(|(product, _)| is_use(product)).collect()
}

type Offers = Vec<(Product, Money)>;

fn offers(app: &App, organisation: &Organisation, wants_weekly: bool) -> Offers {
    app.terms.offers(&organisation.plan, organisation.country.as_deref(), wants_weekly)
}

/// Details of the error: the reason, the date of renewal, and the products that would help.
fn details(
    app: &App,
    organisation: &Organisation,
    reason: PurchaseReason,
    free_per_month: u32,
    offers: &[(Product, Money)],
) -> Value {
    let zone = organisation.time_zone;
    let buy: Vec<_> = offers.iter().map(|(product, price)| offer(app, product, *price)).collect();
    let renews = local_time(next_month(app.ports.clock.now(), zone), zone);
    json!({ "reason": reason, "free_per_month": free_per_month, "renews": renews, "buy": buy })
}

fn offer(app: &App, product: &Product, price: Money) -> Value {
    let free_per_month = match product.plan().map(|plan| app.terms.plans.free(plan)) {
        Some(FreeBackups::PerMonth(count)) => Some(count),
        Some(FreeBackups::Unlimited) | None => None,
    };
    json!({
        "free_per_month": free_per_month,
        "product": product.kind(),
        "plan": product.plan(),
        "amount": price.minor,
        "currency": price.currency,
        "minor_digits": price.currency.minor_digits(),
        "per": product.per(),
    })
}
