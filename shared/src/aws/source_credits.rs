//! API credits of connections in the table: one item for each connection, with an attribute for the credits of each hour.

use std::collections::HashMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use chrono::{DateTime, TimeDelta, Utc};

use super::errors::port_error;
use super::keys;
use super::table::{Table, TableItem, integer, text};
use crate::domain::id::{ConnectionId, OrgId};
use crate::ports::{PortError, SourceCredits};

/// Beginning of the names of attributes with the credits of an hour; the rest is the number of hours since 1970. They are attributes of the
/// item itself, because `ADD` reaches no others ("UpdateItem": `UpdateExpression`).
const HOUR: &str = "hour_";
/// Hours that count. The oldest of them counts whole: some of it is within the last 24 hours.
const WINDOW: i64 = 24;
/// An item that nobody uses any more is deleted.
const KEPT: TimeDelta = TimeDelta::days(2);

#[async_trait]
impl SourceCredits for Table {
    async fn spend(&self, org: OrgId, connection: ConnectionId, credits: u64, now: DateTime<Utc>) -> Result<u64, PortError> {
        let key = keys::credits(org, connection);
        let hour = hour_of(now);
        if credits == 0 {
            let item: Option<TableItem> = self.credits(&key).await?;
            return Ok(item.map_or(0, |item| sum(&item, hour)));
        }
        let end = u64::try_from((now + KEPT).timestamp()).unwrap_or_default();
        let update = self.update_credits(&key).update_expression("ADD #hour :credits SET #ttl = :end");
        let update =
            update.expression_attribute_names("#hour", format!("{HOUR}{hour}")).expression_attribute_names("#ttl", "ttl");
        let update = update.expression_attribute_values(":credits", integer(credits));
        let update = update.expression_attribute_values(":end", integer(end)).return_values(ReturnValue::AllNew);
        let item = update.send().await.map_err(port_error("count API credits"))?.attributes.unwrap_or_default();
        self.forget_credits(&key, &item, hour).await?;
        Ok(sum(&item, hour))
    }
}

impl Table {
    fn update_credits(
        &self,
        (pk, sk): &(String, String),
    ) -> aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder {
        self.client.update_item().table_name(&self.name).key("pk", text(pk)).key("sk", text(sk))
    }

    async fn credits(&self, (pk, sk): &(String, String)) -> Result<Option<TableItem>, PortError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.key("pk", text(pk)).key("sk", text(sk)).send().await;
        Ok(answer.map_err(port_error("read API credits"))?.item)
    }

    /// Removes hours that do not count any more: at most once an hour. Removing one twice changes nothing.
    async fn forget_credits(&self, key: &(String, String), item: &TableItem, hour: i64) -> Result<(), PortError> {
        let old = hours(item).filter(|(at, _)| *at < hour - WINDOW).map(|(at, _)| at);
        let names: HashMap<_, _> = old.map(|at| (format!("#h{at}"), format!("{HOUR}{at}"))).collect();
        if names.is_empty() {
            return Ok(());
        }
        let list = names.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let update = self.update_credits(key).update_expression(format!("REMOVE {list}"));
        let update = update.set_expression_attribute_names(Some(names));
        update.send().await.map(drop).map_err(port_error("forget API credits"))
    }
}

fn hour_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(3600)
}

/// Hours of an item with their credits.
fn hours(item: &TableItem) -> impl Iterator<Item = (i64, u64)> {
    let number = |value: &AttributeValue| value.as_n().ok().and_then(|number| number.parse().ok());
    item.iter().filter_map(move |(name, value)| Some((name.strip_prefix(HOUR)?.parse().ok()?, number(value)?)))
}

/// Credits of the hours that count.
fn sum(item: &TableItem, hour: i64) -> u64 {
    hours(item).filter(|(at, _)| (hour - WINDOW..=hour).contains(at)).map(|(_, credits)| credits).sum()
}
