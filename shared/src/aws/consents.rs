//! Consents in the table. One that is never answered is deleted by its time to live.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;

use super::errors::port_error;
use super::keys;
use super::table::{Table, decode, encode, integer, text};
use crate::domain::consent::PendingConsent;
use crate::domain::id::{OrgId, UserId};
use crate::ports::{Consents, PortError};

#[async_trait]
impl Consents for Table {
    async fn ask(&self, org: OrgId, consent: &PendingConsent) -> Result<(), PortError> {
        let mut item = encode(keys::organisation(org), keys::consent(consent.user, &consent.name), consent)?;
        item.insert("ttl".to_owned(), integer(u64::try_from(consent.ends).unwrap_or_default()));
        let put = self.client.put_item().table_name(&self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(port_error("store a consent"))
    }

    async fn take(&self, org: OrgId, user: UserId, name: &str) -> Result<Option<PendingConsent>, PortError> {
        let delete = self.client.delete_item().table_name(&self.name).return_values(ReturnValue::AllOld);
        let delete = delete.key("pk", text(keys::organisation(org))).key("sk", text(keys::consent(user, name)));
        let answer = delete.send().await.map_err(port_error("take a consent"))?;
        answer.attributes.filter(|item| !item.is_empty()).map(decode).transpose()
    }
}
