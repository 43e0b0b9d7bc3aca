//! `GET backup/ledger`: every change of how many backups are left, newest first. What is left of a pool is the sum of its entries.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{LedgerCause, LedgerPool};
use hozon_shared::api::{Administrator, ApiError, ApiVersion, LocalTime, PageInfo, Paged, Params, Refusals, local_time};
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::ledger::{Cause, Entry, Pool};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;

/// Entries of a page, unless asked for others, and at most.
const PER_PAGE: usize = 20;
const MAX_PER_PAGE: usize = 100;

#[derive(Serialize, ToSchema)]
pub struct LedgerEnvelope {
    ledger: Vec<EntryOut>,
    info: PageInfo,
}

#[derive(Serialize, ToSchema)]
struct EntryOut {
    /// The event that it was stored with.
    event: String,
    time: LocalTime,
    #[schema(value_type = LedgerPool)]
    pool: &'static str,
    /// The month (2026-11), the week (2026-W48), or the order.
    #[schema(example = "2026-11")]
    of: String,
    #[schema(value_type = LedgerCause)]
    cause: &'static str,
    /// How many backups more, or fewer.
    change: i64,
    /// How many are left of the pool.
    left: u32,
    /// The backup that it was for.
    backup: Option<String>,
}

/// Every change of how many backups are left.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/ledger",
    operation_id = "get_ledger",
    tag = "overview",
    params(("v" = ApiVersion, Path), Paged),
    responses((status = 200, description = "The page asked for", body = LedgerEnvelope), Refusals),
    security(("zoho" = []), ("bearer" = [])),
)]
pub async fn handle(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Params(query): Params<Paged>,
) -> Result<Json<LedgerEnvelope>, ApiError> {
    let page = query.read(PER_PAGE, MAX_PER_PAGE)?;
    let zone = app.organisation(caller.org).await?.time_zone;
    let (shown, info) = page.of(app.ports.accounts.ledger(caller.org, Some(page.needed())).await?);
    let ledger = shown.into_iter().map(|entry| written(entry, zone)).collect();
    Ok(Json(LedgerEnvelope { ledger, info }))
}

fn written(entry: Entry, zone: Tz) -> EntryOut {
    let (pool, of) = match entry.movement.pool {
        Pool::Free { month } => ("free", month.to_string()),
        Pool::Weekly { week } => ("weekly", week.to_string()),
        Pool::Credits { order } => ("one_time", order.to_string()),
    };
    let (cause, backup) = cause(&entry.movement.cause);
    EntryOut {
        event: entry.event.to_string(),
        time: local_time(entry.at, zone),
        pool,
        of,
        cause,
        change: entry.movement.change,
        left: entry.movement.left,
        backup: backup.map(|id| id.to_string()),
    }
}

fn cause(cause: &Cause) -> (&'static str, Option<BackupId>) {
    match cause {
        Cause::Granted => ("granted", None),
        Cause::Bought => ("bought", None),
        Cause::Used { backup } => ("used", Some(*backup)),
        Cause::GivenBack { backup } => ("given_back", Some(*backup)),
        Cause::Refunded => ("refunded", None),
        Cause::Disputed => ("disputed", None),
        Cause::DisputeWon => ("dispute_won", None),
    }
}
