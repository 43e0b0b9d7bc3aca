//! `GET backup/ledger`: every change of the number of backups left, newest first. The balance of a pool is the sum of
//! its entries.

use axum::Json;
use axum::extract::State;
use chrono_tz::Tz;
use hozon_shared::api::closed_sets::{LedgerCause, LedgerPool};
use hozon_shared::api::{Administrator, ApiError, LocalTime, PageInfo, Paged, Params, local_time};
use hozon_shared::domain::id::BackupId;
use hozon_shared::domain::ledger::{Cause, LedgerEntry, Pool};
use serde::Serialize;
use utoipa::ToSchema;

use crate::billing::Billing;

/// Default and maximum number of entries per page.
const PER_PAGE: usize = 20;
const MAX_PER_PAGE: usize = 100;

#[derive(Serialize, ToSchema)]
pub struct LedgerEnvelope {
    ledger: Vec<EntryOut>,
    info: PageInfo,
}

#[derive(Serialize, ToSchema)]
struct EntryOut {
    /// The event that was stored in the same transaction.
    event: String,
    time: LocalTime,
    #[schema(value_type = LedgerPool)]
    pool: &'static str,
    /// The month (2026-11), the week (2026-W48), or the order.
    #[schema(example = "2026-11")]
    of: String,
    #[schema(value_type = LedgerCause)]
    cause: &'static str,
    /// Difference in the number of backups.
    change: i64,
    /// Number of backups left in the pool.
    left: u32,
    /// The backup that caused the change.
    backup: Option<String>,
}

/// Lists every change of the number of backups left.
#[utoipa::path(
    get,
    path = "/crm/bulk/{v}/backup/ledger",
    operation_id = "get_ledger",
    tag = "overview",
    params(Paged),
    responses((status = 200, description = "The requested page", body = LedgerEnvelope)),
)]
pub async fn handle(
    State(billing): State<Billing>,
    Administrator(caller): Administrator,
    Params(query): Params<Paged>,
) -> Result<Json<LedgerEnvelope>, ApiError> {
    let page = query.read(PER_PAGE, MAX_PER_PAGE)?;
    let zone = billing.organisation(caller.org).await?.time_zone;
    let (shown, info) = page.of(billing.ports.accounts.ledger(caller.org, Some(page.needed())).await?);
    let ledger = shown.into_iter().map(|entry| written(entry, zone)).collect();
    Ok(Json(LedgerEnvelope { ledger, info }))
}

fn written(entry: LedgerEntry, zone: Tz) -> EntryOut {
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
