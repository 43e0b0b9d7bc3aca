//! The error of a caller whose allowance is used up, or does not cover a schedule, with the products that would help.

use chrono::{DateTime, Utc};
use hozon_shared::allowance::AllowanceState;
use hozon_shared::api::{ApiError, local_time};
use hozon_shared::domain::allowance::{Account, LimitReached};
use hozon_shared::domain::money::Money;
use hozon_shared::domain::organisation::Organisation;
use hozon_shared::domain::plan::FreeBackups;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::recurrence::next_month;
use hozon_shared::domain::rule::{RepeatType, Rule};
use serde::Serialize;
use serde_json::{Value, json};

use crate::app::App;

/// Maximum number of runs of a weekly schedule in a calendar month.
const WEEKS_OF_A_MONTH: u32 = 5;

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
    let ahead = allowance_state.forecast(&app.terms.plans, organisation, rule);
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
