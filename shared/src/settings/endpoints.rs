//! Endpoints of AWS services.

use std::env;

/// Endpoints that replace those of AWS; `None` keeps the SDK's own.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// `HOZON_S3_ENDPOINT`
    pub s3: Option<String>,
    /// `HOZON_DYNAMODB_ENDPOINT`
    pub dynamodb: Option<String>,
    /// `HOZON_STATES_ENDPOINT`
    pub states: Option<String>,
    /// `HOZON_SCHEDULER_ENDPOINT`
    pub scheduler: Option<String>,
    /// `HOZON_MAIL_ENDPOINT`
    pub mail: Option<String>,
    /// `HOZON_SECRETS_ENDPOINT`
    pub secrets: Option<String>,
    /// `HOZON_QUEUES_ENDPOINT`
    pub queues: Option<String>,
    /// `HOZON_KMS_ENDPOINT`
    pub kms: Option<String>,
}

impl Endpoints {
    /// Reads the environment variables.
    pub(super) fn from_env() -> Self {
        Self {
            s3: env::var("HOZON_S3_ENDPOINT").ok(),
            dynamodb: env::var("HOZON_DYNAMODB_ENDPOINT").ok(),
            states: env::var("HOZON_STATES_ENDPOINT").ok(),
            scheduler: env::var("HOZON_SCHEDULER_ENDPOINT").ok(),
            mail: env::var("HOZON_MAIL_ENDPOINT").ok(),
            secrets: env::var("HOZON_SECRETS_ENDPOINT").ok(),
            queues: env::var("HOZON_QUEUES_ENDPOINT").ok(),
            kms: env::var("HOZON_KMS_ENDPOINT").ok(),
        }
    }
}
