//! Emptying a database that is there for drills only. A table marks it. Without the mark, only an empty database is taken.

use hozon_shared::domain::creating::{Clearing, DRILL_MARK};
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error};

use crate::errors::source_error;
use crate::names::quoted;

/// What a database has, views first. Routines and events stay.
const FOUND: &str = "select TABLE_NAME, TABLE_TYPE from information_schema.TABLES where TABLE_SCHEMA = database()
order by TABLE_TYPE <> 'VIEW', TABLE_NAME";

/// Empties a database that is empty or marked, and marks it.
pub(crate) async fn clear(conn: &mut Conn) -> Result<Clearing, SourceError> {
    conn.query_drop("set session foreign_key_checks = 0").await.map_err(source_error)?;
    let cleared = cleared(conn).await;
    conn.query_drop("set session foreign_key_checks = 1").await.map_err(source_error)?;
    cleared.map_err(source_error)
}

async fn cleared(conn: &mut Conn) -> Result<Clearing, Error> {
    let mut found: Vec<(String, String)> = conn.query(FOUND).await?;
    let before = found.len();
    found.retain(|(name, _)| name != DRILL_MARK);
    if found.len() == before {
        if let Some((name, _)) = found.into_iter().next() {
            return Ok(Clearing::Occupied { example: format!("table {name}") });
        }
        conn.query_drop(format!("create table {} (made timestamp not null default current_timestamp)", quoted(DRILL_MARK)))
            .await?;
        return Ok(Clearing::Cleared);
    }
    for (name, kind) in found {
        let kind = match kind.as_str() {
            "VIEW" => "view",
            "SEQUENCE" => "sequence",
            _ => "table",
        };
        conn.query_drop(format!("drop {kind} if exists {}", quoted(&name))).await?;
    }
    Ok(Clearing::Cleared)
}
