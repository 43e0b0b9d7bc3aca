//! The DynamoDB table: single items, and queries by sort key prefix.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};

use super::errors::port_error;
use super::keys;
use crate::domain::id::OrgId;
use crate::ports::{ErrorKind, PortError};

/// An item as the SDK represents it.
pub type TableItem = HashMap<String, AttributeValue>;

/// The DynamoDB table of the service.
pub struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

impl Table {
    pub(super) fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, pk: String, sk: String) -> Result<Option<T>, PortError> {
        let request = self.client.get_item().table_name(&self.name).consistent_read(true);
        let answer = request.key("pk", text(pk)).key("sk", text(sk)).send().await.map_err(port_error("read an item"))?;
        answer.item.map(decode).transpose()
    }

    /// Reads one page of items whose sort key starts with the prefix and is at most `before`, in the requested order.
    pub(super) async fn page(
        &self,
        query: PrefixQuery<'_>,
        start: Option<TableItem>,
    ) -> Result<(Vec<TableItem>, Option<TableItem>), PortError> {
        let upper = query.before.unwrap_or_else(|| format!("{}\u{10FFFF}", query.prefix));
        let answer = self
            .client
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :low AND :high")
            .expression_attribute_values(":pk", text(query.pk))
            .expression_attribute_values(":low", text(query.prefix.to_owned()))
            .expression_attribute_values(":high", text(upper))
            .scan_index_forward(!query.newest_first)
            .set_limit(query.limit.and_then(|limit| i32::try_from(limit).ok()))
            .set_exclusive_start_key(start)
            .send()
            .await
            .map_err(port_error("query items"))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// Reads all matching items, or the first `limit` of them.
    pub(super) async fn all<T: DeserializeOwned>(&self, query: PrefixQuery<'_>) -> Result<Vec<T>, PortError> {
        let mut found = Vec::new();
        let mut start = None;
        loop {
            let (items, next) = self.page(query.clone(), start).await?;
            for item in items {
                found.push(decode(item)?);
                if query.limit.is_some_and(|limit| found.len() >= limit) {
                    return Ok(found);
                }
            }
            let Some(next) = next else { return Ok(found) };
            start = Some(next);
        }
    }

    /// Reads documents of an organisation, newest first: at most `limit` of those that are older than the one with the id `before`. `key`
    /// makes the key of an id.
    pub(super) async fn older<T: DeserializeOwned>(
        &self,
        org: OrgId,
        (prefix, key): (&str, impl Fn(u64) -> String),
        before: Option<u64>,
        limit: usize,
    ) -> Result<Vec<T>, PortError> {
        // BETWEEN includes its upper bound, so the bound is the key just below the given one.
        let before = before.map(|id| key(id.saturating_sub(1)));
        let pk = keys::organisation(org);
        self.all(PrefixQuery { pk, prefix, before, newest_first: true, limit: Some(limit) }).await
    }
}

/// A query for items by sort key prefix.
#[derive(Clone)]
pub(super) struct PrefixQuery<'a> {
    pub pk: String,
    pub prefix: &'a str,
    pub before: Option<String>,
    pub newest_first: bool,
    pub limit: Option<usize>,
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn integer(value: u64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn encode<T: Serialize>(pk: String, sk: String, document: &T) -> Result<TableItem, PortError> {
    let mut item: TableItem = to_item(document).map_err(|error| PortError::with(ErrorKind::Corrupt, "encode an item", error))?;
    item.insert("pk".to_owned(), text(pk));
    item.insert("sk".to_owned(), text(sk));
    Ok(item)
}

pub(super) fn decode<T: DeserializeOwned>(item: TableItem) -> Result<T, PortError> {
    from_item(item).map_err(|error| PortError::with(ErrorKind::Corrupt, "decode an item", error))
}
