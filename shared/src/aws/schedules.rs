//! Schedules, occurrences and contacts in the table, and the index of due items.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::QueryOutput;
use chrono::{DateTime, Utc};
use futures_util::future::join_all;

use super::errors::port_error;
use super::keys;
use super::table::{PrefixQuery, Table, TableItem, text};
use crate::domain::id::{OrgId, ScheduleId, UserId};
use crate::domain::organisation::Contact;
use crate::domain::schedule::{Occurrence, Schedule};
use crate::ports::{Due, DueItems, ErrorKind, PortError, Schedules};

#[async_trait]
impl Schedules for Table {
    async fn schedule(&self, org: OrgId, id: ScheduleId) -> Result<Option<Schedule>, PortError> {
        self.read(keys::organisation(org), keys::schedule(id)).await
    }

    async fn newest_schedule(&self, org: OrgId) -> Result<Option<Schedule>, PortError> {
        let pk = keys::organisation(org);
        let query = PrefixQuery { pk, prefix: keys::SCHEDULES, before: None, newest_first: true, limit: Some(1) };
        Ok(self.all(query).await?.pop())
    }

    async fn occurrence(&self, org: OrgId, id: ScheduleId, at: DateTime<Utc>) -> Result<Option<Occurrence>, PortError> {
        self.read(keys::organisation(org), keys::occurrence(id, at)).await
    }

    async fn occurrences(&self, org: OrgId, id: ScheduleId) -> Result<Vec<Occurrence>, PortError> {
        let (pk, prefix) = (keys::organisation(org), keys::occurrences(id));
        self.all(PrefixQuery { pk, prefix: &prefix, before: None, newest_first: false, limit: None }).await
    }

    async fn due(&self, until: DateTime<Utc>) -> DueItems {
        let shards = join_all((0..keys::DUE_SHARDS).map(|shard| self.due_of(shard, until))).await;
        shards.into_iter().fold(DueItems::default(), |mut all, mut shard| {
            all.found.append(&mut shard.found);
            all.unreadable.append(&mut shard.unreadable);
            all
        })
    }

    async fn contact(&self, org: OrgId, user: UserId) -> Result<Option<Contact>, PortError> {
        self.read(keys::organisation(org), keys::contact(user)).await
    }
}

impl Table {
    async fn due_of(&self, shard: u64, until: DateTime<Utc>) -> DueItems {
        let mut items = DueItems::default();
        let mut start = None;
        loop {
            let page = match self.due_page(shard, until, start).await {
                Ok(page) => page,
                Err(error) => {
                    items.unreadable.push(error);
                    return items;
                }
            };
            for item in page.items.unwrap_or_default() {
                match due(&item) {
                    Some(due) => items.found.push(due),
                    None => items.unreadable.push(PortError::with(ErrorKind::Corrupt, "read what is due", UnknownKey::of(&item))),
                }
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return items;
            }
        }
    }

    async fn due_page(&self, shard: u64, until: DateTime<Utc>, start: Option<TableItem>) -> Result<QueryOutput, PortError> {
        let query = self.client.query().table_name(&self.name).index_name(keys::DUE_INDEX);
        query
            .key_condition_expression("due_shard = :shard AND due_at <= :until")
            .expression_attribute_values(":shard", text(keys::due_shard(shard)))
            .expression_attribute_values(":until", text(keys::due_at(until)))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(port_error("query what is due"))
    }
}

/// The key of an item that is none of those that can be due.
#[derive(Debug, thiserror::Error)]
#[error("unknown key {pk:?} {sk:?}")]
struct UnknownKey {
    pk: String,
    sk: String,
}

impl UnknownKey {
    fn of(item: &TableItem) -> Self {
        Self { pk: key(item, "pk").unwrap_or_default().to_owned(), sk: key(item, "sk").unwrap_or_default().to_owned() }
    }
}

fn key<'a>(item: &'a TableItem, name: &str) -> Option<&'a str> {
    item.get(name).and_then(|value| value.as_s().ok()).map(String::as_str)
}

/// Parses the keys of an index item.
fn due(item: &TableItem) -> Option<Due> {
    let (partition, sort) = (key(item, "pk")?, key(item, "sk")?);
    if let Some(delivery) = keys::parse_delivery(partition, sort) {
        return Some(Due::Delivery(delivery));
    }
    let org = partition.strip_prefix("ORG#")?.parse().ok()?;
    if let Some(id) = sort.strip_prefix(keys::SCHEDULES) {
        return Some(Due::Schedule(org, id.parse().ok()?));
    }
    if let Some(id) = sort.strip_prefix(keys::ERASURES) {
        return Some(Due::Erasure(org, id.parse().ok()?));
    }
    if let Some(id) = sort.strip_prefix(keys::RESTORES) {
        return Some(Due::Restore(org, id.parse().ok()?));
    }
    if let Some(id) = sort.strip_prefix(keys::DRILLS) {
        return Some(Due::Drill(org, id.parse().ok()?));
    }
    Some(Due::Backup(org, sort.strip_prefix(keys::BACKUPS)?.parse().ok()?))
}
