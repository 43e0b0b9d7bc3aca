//! Connections in the table, and their credentials in Secrets Manager: one secret for each organisation and role, with a version
//! for each set of credentials. `PutSecretValue` with the same token and value has no second effect; of versions without
//! a staging label, Secrets Manager keeps the newest (AWS documentation, "PutSecretValue" and "Quotas").

use async_trait::async_trait;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::SdkError;

use super::errors::port_error;
use super::keys;
use super::lazily::Lazily;
use super::table::Table;
use crate::domain::connection::{Connection, ConnectionRole};
use crate::domain::id::{ConnectionId, OrgId};
use crate::ports::{Connections, Credentials, CredentialsOf, ErrorKind, PortError, SourceSecret};

#[async_trait]
impl Connections for Table {
    async fn connection(&self, org: OrgId) -> Result<Option<Connection>, PortError> {
        self.read(keys::organisation(org), keys::connection(ConnectionRole::Source).to_owned()).await
    }

    async fn restore_target(&self, org: OrgId) -> Result<Option<Connection>, PortError> {
        self.read(keys::organisation(org), keys::connection(ConnectionRole::RestoreTarget).to_owned()).await
    }
}

/// Credentials in Secrets Manager.
pub struct StoredCredentials {
    pub client: Lazily<Client>,
    /// Beginning of the names of all secrets.
    pub prefix: String,
}

impl StoredCredentials {
    fn name(&self, (org, role): CredentialsOf) -> String {
        match role {
            ConnectionRole::Source => format!("{}{org}", self.prefix),
            ConnectionRole::RestoreTarget => format!("{}{org}-restore", self.prefix),
        }
    }

    /// Name of the secret with the newest access token.
    pub(super) fn name_of_token(&self, org: OrgId) -> String {
        format!("{}-access", self.name((org, ConnectionRole::Source)))
    }

    /// Creates a secret with its first version, which `token` names; returns whether it was missing.
    pub(super) async fn create(&self, name: &str, token: Option<&str>, value: &str) -> Result<bool, PortError> {
        let create =
            self.client.create_secret().name(name).set_client_request_token(token.map(str::to_owned)).secret_string(value);
        match create.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_resource_exists_exception() => Ok(false),
            // Deleting a secret takes a while after the answer, and meanwhile its name is refused ("DeleteSecret").
            Err(SdkError::ServiceError(error)) if error.err().is_invalid_request_exception() => {
                let what = "create the secret of a connection, which is being deleted";
                Err(PortError::with(ErrorKind::Unavailable, what, error.into_err()))
            }
            Err(error) => Err(port_error("create the secret of a connection")(error)),
        }
    }
}

/// Version of a secret. Secrets Manager takes 32 to 64 characters.
fn version(connection: ConnectionId) -> String {
    format!("{:032}", connection.0)
}

#[async_trait]
impl Credentials for StoredCredentials {
    async fn put(&self, of: CredentialsOf, connection: ConnectionId, secret: &SourceSecret) -> Result<(), PortError> {
        let value = serde_json::to_string(secret);
        let value = value.map_err(|error| PortError::with(ErrorKind::Refused, "encode the secret of a connection", error))?;
        let token = version(connection);
        if self.create(&self.name(of), Some(&token), &value).await? {
            return Ok(());
        }
        let put = self.client.put_secret_value().secret_id(self.name(of)).client_request_token(token).secret_string(value);
        put.send().await.map(drop).map_err(port_error("store the secret of a connection"))
    }

    async fn get(&self, of: CredentialsOf, connection: ConnectionId) -> Result<SourceSecret, PortError> {
        let get = self.client.get_secret_value().secret_id(self.name(of)).version_id(version(connection));
        let gone = "read the secret of a connection, which was deleted";
        let answer = match get.send().await {
            Ok(answer) => answer,
            // A secret that somebody has marked for deletion is refused as an invalid request ("GetSecretValue", "Errors").
            Err(SdkError::ServiceError(error))
                if error.err().is_resource_not_found_exception() || error.err().is_invalid_request_exception() =>
            {
                return Err(PortError::with(ErrorKind::NotFound, gone, error.into_err()));
            }
            Err(error) => return Err(port_error("read the secret of a connection")(error)),
        };
        let secret = answer.secret_string().and_then(|text| serde_json::from_str(text).ok());
        secret.ok_or_else(|| PortError::new(ErrorKind::Corrupt, "understand the secret of a connection"))
    }

    async fn remove(&self, of: CredentialsOf) -> Result<(), PortError> {
        let (org, role) = of;
        let token = role.is_source().then(|| self.name_of_token(org));
        for name in token.into_iter().chain([self.name(of)]) {
            let delete = self.client.delete_secret().secret_id(name).force_delete_without_recovery(true);
            match delete.send().await {
                Err(SdkError::ServiceError(error)) if error.err().is_resource_not_found_exception() => {}
                other => drop(other.map_err(port_error("delete the secret of a connection"))?),
            }
        }
        Ok(())
    }
}
