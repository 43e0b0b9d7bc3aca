//! Schedules, occurrences and contacts in the table, and the index of due items.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;

use super::errors::port_error;
use super::keys;
use super::table::{Item, PrefixQuery, Table, text};
use crate::domain::id::{OrgId, ScheduleId, UserId};
use crate::domain::organisation::Contact;
use crate::domain::schedule::{Occurrence, Schedule};
use crate::ports::{Due, ErrorKind, PortError, Schedules};

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

    async fn due(&self, until: DateTime<Utc>) -> Result<Vec<Due>, PortError> {
        let shards = (0..keys::DUE_SHARDS).map(|shard| self.due_of(shard, until));
        Ok(try_join_all(shards).await?.concat())
    }

    async fn contact(&self, org: OrgId, user: UserId) -> Result<Option<Contact>, PortError> {
        self.read(keys::organisation(org), keys::contact(user)).await
    }
}

impl Table {
    async fn due_of(&self, shard: u64, until: DateTime<Utc>) -> Result<Vec<Due>, PortError> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let answer = self
                .client
                .query()
                .table_name(&self.name)
                .index_name(keys::DUE_INDEX)
                .key_condition_expression("due_shard = :shard AND due_at <= :until")
                .expression_attribute_values(":shard", text(keys::due_shard(shard)))
                .expression_attribute_values(":until", text(keys::due_at(until)))
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(port_error("query what is due"))?;
            for item in answer.items.unwrap_or_default() {
                found.push(due(&item).ok_or_else(|| PortError::new(ErrorKind::Corrupt, "read what is due"))?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }
}

/// Parses the keys of an index item.
fn due(item: &Item) -> Option<Due> {
    let key = |name: &str| item.get(name).and_then(|value| AttributeValue::as_s(value).ok());
    let (partition, sort) = (key("pk")?, key("sk")?);
    if let Some(delivery) = keys::parse_delivery(partition, sort) {
        return Some(Due::Delivery(delivery));
    }
    let org = partition.strip_prefix("ORG#")?.parse().ok()?;
    if let Some(id) = sort.strip_prefix(keys::SCHEDULES) {
        return Some(Due::Schedule(org, id.parse().ok()?));
    }
    Some(Due::Backup(org, sort.strip_prefix(keys::BACKUPS)?.parse().ok()?))
}
