//! Access tokens of connections in Secrets Manager: one secret for each organisation, with the newest token of its connection.

use async_trait::async_trait;
use aws_sdk_secretsmanager::error::SdkError;
use serde::{Deserialize, Serialize};

use super::connections::StoredCredentials;
use super::errors::port_error;
use crate::domain::id::{ConnectionId, OrgId};
use crate::ports::{AccessToken, AccessTokens, ErrorKind, PortError};

/// The value of a secret.
#[derive(Serialize, Deserialize)]
struct Newest {
    connection: ConnectionId,
    token: AccessToken,
}

#[async_trait]
impl AccessTokens for StoredCredentials {
    async fn newest(&self, org: OrgId, connection: ConnectionId) -> Result<Option<AccessToken>, PortError> {
        let answer = match self.client.get_secret_value().secret_id(self.name_of_token(org)).send().await {
            Ok(answer) => answer,
            // A secret that is being deleted is refused as an invalid request ("GetSecretValue", "Errors").
            Err(SdkError::ServiceError(error))
                if error.err().is_resource_not_found_exception() || error.err().is_invalid_request_exception() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(port_error("read an access token")(error)),
        };
        let newest: Option<Newest> = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
        Ok(newest.filter(|newest| newest.connection == connection).map(|newest| newest.token))
    }

    async fn renew(&self, org: OrgId, connection: ConnectionId, token: &AccessToken) -> Result<(), PortError> {
        let value = serde_json::to_string(&Newest { connection, token: token.clone() });
        let value = value.map_err(|error| PortError::with(ErrorKind::Refused, "encode an access token", error))?;
        let name = self.name_of_token(org);
        if self.create(&name, None, &value).await? {
            return Ok(());
        }
        let put = self.client.put_secret_value().secret_id(name).secret_string(value);
        put.send().await.map(drop).map_err(port_error("store an access token"))
    }
}
