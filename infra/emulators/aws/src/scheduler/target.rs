//! The target of a schedule.

use anyhow::Result;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Target of a schedule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Target {
    /// ARN of the function.
    pub arn: String,
    /// ARN of the invoking role.
    pub role_arn: String,
    /// Input with context attributes that are replaced.
    pub input: String,
    pub retry_policy: RetryPolicy,
    /// Dead-letter queue.
    pub dead_letter_config: Value,
}

/// Retry policy of a target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RetryPolicy {
    pub maximum_event_age_in_seconds: i64,
    pub maximum_retry_attempts: u32,
}

/// Receives the invocations of schedules.
#[async_trait]
pub trait LambdaTarget: Send + Sync {
    /// Invokes the function with that ARN.
    async fn call(&self, function: &str, input: Value) -> Result<()>;
}
