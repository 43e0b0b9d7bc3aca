//! Checking a database: can it be reached, what would a backup contain, and what should be known before.

use hozon_shared::domain::source::{SourceAdvice, SourceReport};
use hozon_shared::ports::SourceError;
use mysql_async::prelude::Queryable;

use crate::catalog;
use crate::connect::{Mysql, Version};
use crate::errors::source_error;
use crate::rights::Rights;
use crate::tables::Tables;

pub(crate) async fn report(mysql: &Mysql) -> Result<SourceReport, SourceError> {
    let mut conn = mysql.connect().await?;
    let server = Version::supported(&mut conn).await?.shown;
    let tls: Option<(String, String)> = conn.query_first("show session status like 'Ssl_version'").await.map_err(source_error)?;
    let tls = tls.map(|(_, version)| version).filter(|version| !version.is_empty());
    let rights = Rights::read(&mut conn).await.map_err(source_error)?;
    let found = catalog::tables(&mut conn, &mysql.settings.views).await.map_err(source_error)?;
    let tables = Tables::of(&mut conn, &found, rights.sees_all).await?;
    let advice = advice(rights, tls.is_some());
    let Tables { modules, gaps, views, .. } = tables;
    Ok(SourceReport { server, user: mysql.settings.user.clone(), tls, modules, gaps, views, advice, cost: None })
}

fn advice(rights: Rights, is_encrypted: bool) -> Vec<SourceAdvice> {
    let mut advice = vec![SourceAdvice::HoldsOldRows];
    if rights.may_write {
        advice.push(SourceAdvice::UserMayWrite);
    }
    if !is_encrypted {
        advice.push(SourceAdvice::NotEncrypted);
    }
    if !rights.may_freeze {
        advice.push(SourceAdvice::OneReader);
    }
    advice
}
