//! Sent messages in the table. Receivers are stored as digests, so that the table holds no second copy of addresses.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::errors::port_error;
use super::keys;
use super::table::{Table, encode};
use crate::domain::id::{EventId, OrgId};
use crate::ports::{Outbox, PortError};

#[derive(Serialize, Deserialize)]
struct Done {
    at: DateTime<Utc>,
    /// Unix time from which DynamoDB may delete the item.
    ttl: i64,
}

#[async_trait]
impl Outbox for Table {
    async fn is_done(&self, org: OrgId, event: EventId, receiver: &str) -> Result<bool, PortError> {
        let done: Option<Done> = self.read(keys::outbox(org), keys::message(event, &digest(receiver))).await?;
        Ok(done.is_some())
    }

    async fn done(&self, org: OrgId, event: EventId, receiver: &str, at: DateTime<Utc>) -> Result<(), PortError> {
        let done = Done { at, ttl: (at + TimeDelta::days(30)).timestamp() };
        let item = encode(keys::outbox(org), keys::message(event, &digest(receiver)), &done)?;
        let request = self.client.put_item().table_name(&self.name).set_item(Some(item));
        request.send().await.map(drop).map_err(port_error("note a sent message"))
    }
}

fn digest(receiver: &str) -> String {
    hex::encode(&Sha256::digest(receiver.to_ascii_lowercase())[..16])
}
