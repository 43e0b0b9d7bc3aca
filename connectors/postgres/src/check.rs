//! Checking a database: can it be reached, what would a backup contain, and what should be known before.

use hozon_shared::domain::source::{SourceAdvice, SourceReport};
use hozon_shared::ports::SourceError;

use crate::catalog::SERVER;
use crate::connect::Postgres;
use crate::errors::source_error;
use crate::state::require_version;
use crate::tables::Tables;

pub(crate) async fn report(postgres: &Postgres) -> Result<SourceReport, SourceError> {
    let client = postgres.connect().await?;
    let row = client.query_one(SERVER, &[]).await.map_err(source_error)?;
    require_version(row.get(1))?;
    let found = Tables::read(&*client, &postgres.settings).await.map_err(source_error)?;
    let tls: Option<String> = row.get(3);
    let mut advice = vec![SourceAdvice::HoldsOldRows];
    if found.may_write {
        advice.push(SourceAdvice::UserMayWrite);
    }
    if tls.is_none() {
        advice.push(SourceAdvice::NotEncrypted);
    }
    let version: &str = row.get(0);
    let server = format!("PostgreSQL {}", version.split(' ').next().unwrap_or(version));
    Ok(SourceReport {
        server,
        user: row.get(2),
        tls,
        modules: found.modules,
        gaps: found.gaps,
        views: found.views,
        advice,
        cost: None,
    })
}
