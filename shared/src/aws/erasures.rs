//! Erasures in the table, and the keys of their hashes in Secrets Manager: one secret for each organisation, which is written once.

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;

use super::errors::port_error;
use super::keys;
use super::lazily::Lazily;
use super::table::Table;
use crate::domain::erasure::{Erasure, ErasureKey};
use crate::domain::id::{ErasureId, OrgId};
use crate::ports::{ErasureKeys, Erasures, ErrorKind, PortError};

#[async_trait]
impl Erasures for Table {
    async fn erasure(&self, org: OrgId, id: ErasureId) -> Result<Option<Erasure>, PortError> {
        self.read(keys::organisation(org), keys::erasure(id)).await
    }

    async fn erasures(&self, org: OrgId, before: Option<ErasureId>, limit: usize) -> Result<Vec<Erasure>, PortError> {
        self.older(org, (keys::ERASURES, |id| keys::erasure(ErasureId(id))), before.map(|id| id.0), limit).await
    }
}

/// Keys in Secrets Manager.
pub struct StoredErasureKeys {
    pub client: Lazily<Client>,
    /// Beginning of the names of all secrets.
    pub prefix: String,
}

impl StoredErasureKeys {
    fn name(&self, org: OrgId) -> String {
        format!("{}{org}", self.prefix)
    }
}

#[async_trait]
impl ErasureKeys for StoredErasureKeys {
    async fn key(&self, org: OrgId) -> Result<Option<ErasureKey>, PortError> {
        let answer = match self.client.get_secret_value().secret_id(self.name(org)).send().await {
            Ok(answer) => answer,
            Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => return Ok(None),
            Err(error) => return Err(port_error("read the key of erasures")(error)),
        };
        let key = answer.secret_string().and_then(ErasureKey::parse);
        key.map(Some).ok_or_else(|| PortError::new(ErrorKind::Corrupt, "understand the key of erasures"))
    }

    async fn keep(&self, org: OrgId, new: &str) -> Result<(), PortError> {
        // A token of 32 characters at least, which names the version ("CreateSecret", `ClientRequestToken`).
        let token = format!("{:032}", org.0);
        let create = self.client.create_secret().name(self.name(org)).client_request_token(token).secret_string(new);
        match create.send().await {
            Err(SdkError::ServiceError(error)) if error.err().is_resource_exists_exception() => Ok(()),
            other => other.map(drop).map_err(port_error("keep the key of erasures")),
        }
    }
}
