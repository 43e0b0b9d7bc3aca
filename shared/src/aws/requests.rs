//! Requests with an idempotency key in the table. Rows are overwritten and never deleted by this code: their time
//! decides whether they count.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;

use super::errors::port_error;
use super::keys;
use super::table::{Table, TableItem, encode, integer};
use crate::domain::id::OrgId;
use crate::domain::request::Request;
use crate::ports::{ErrorKind, PortError, Requests};

/// Condition under which an attempt may store its answer.
pub(super) const IS_OURS: &str = "#token = :token AND attribute_not_exists(answer)";

/// Alias for `token`, which is a reserved word.
pub(super) const TOKEN: (&str, &str) = ("#token", "token");

/// Attempts to claim a key that another request releases at the same moment.
const ATTEMPTS: usize = 5;

#[async_trait]
impl Requests for Table {
    async fn begin(&self, org: OrgId, request: &Request, now: i64) -> Result<Option<Request>, PortError> {
        for _ in 0..ATTEMPTS {
            let put = self.put_request(org, request)?.condition_expression("attribute_not_exists(pk) OR kept_until <= :now");
            let put = put.expression_attribute_values(":now", integer(u64::try_from(now).unwrap_or_default()));
            match send(put).await {
                Err(error) if error.kind == ErrorKind::Conflict => {}
                other => return other.map(|()| None),
            }
            let known: Option<Request> = self.read(keys::organisation(org), keys::request(request)).await?;
            if let Some(known) = known.filter(|known| known.kept_until > now) {
                return Ok(Some(known));
            }
        }
        Err(PortError::new(ErrorKind::Unavailable, "begin a request against others"))
    }

    async fn release(&self, org: OrgId, request: &Request) -> Result<(), PortError> {
        self.give_up(org, request, IS_OURS).await
    }

    async fn retract(&self, org: OrgId, request: &Request) -> Result<(), PortError> {
        self.give_up(org, request, "#token = :token").await
    }
}

impl Table {
    async fn give_up(&self, org: OrgId, request: &Request, condition: &str) -> Result<(), PortError> {
        let put = self.put_request(org, &request.clone().released())?.condition_expression(condition);
        let put = put.expression_attribute_names(TOKEN.0, TOKEN.1).expression_attribute_values(":token", integer(request.token));
        match send(put).await {
            Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
            other => other,
        }
    }

    fn put_request(&self, org: OrgId, request: &Request) -> Result<PutItemFluentBuilder, PortError> {
        Ok(self.client.put_item().table_name(&self.name).set_item(Some(item(org, request)?)))
    }
}

/// Encodes a request as an item. An absent answer becomes an absent attribute, so that conditions can test for it.
pub(super) fn item(org: OrgId, request: &Request) -> Result<TableItem, PortError> {
    let mut item = encode(keys::organisation(org), keys::request(request), request)?;
    if request.answer.is_none() {
        item.remove("answer");
    }
    item.insert("ttl".to_owned(), integer(u64::try_from(request.kept_until).unwrap_or_default()));
    Ok(item)
}

async fn send(put: PutItemFluentBuilder) -> Result<(), PortError> {
    put.send().await.map(drop).map_err(port_error("write a request"))
}
