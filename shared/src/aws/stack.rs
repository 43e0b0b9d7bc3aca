//! The AWS access of a program outside of the stack: it finds the stack's resources in its outputs, and takes the credentials and the
//! region that every AWS tool takes.

use std::collections::HashMap;

use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_cloudformation::error::ProvideErrorMetadata;

use super::errors::port_error;
use super::{Aws, environment};
use crate::ports::PortError;
use crate::settings::{Endpoints, Settings};

/// Reasons why a stack cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    #[error("No AWS region is set. Set AWS_REGION, or name the region.")]
    NoRegion,
    /// There are none, or AWS does not accept them.
    #[error(
        "There are no AWS credentials that work. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or run with a role."
    )]
    Credentials(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("The region {region} has no stack {stack}. Check its name, the region and the account.")]
    NotFound { stack: String, region: String },
    #[error(
        "The credentials may not describe the stack {0}. Attach the policy CaptureProgram of the stack's outputs to their role."
    )]
    NotPermitted(String),
    #[error("The stack {stack} has no output {output}: it is no stack of this service, or one of an earlier version. Update it.")]
    AnotherKind { stack: String, output: &'static str },
    #[error("CloudFormation could not be asked for the stack.")]
    Unreachable(#[source] PortError),
}

impl Aws {
    /// Prepares to use a deployed stack. `region` takes the place of the one that the environment names.
    pub async fn of_stack(stack: &str, region: Option<String>) -> Result<Self, StackError> {
        let config = match region {
            Some(region) => environment().region(Region::new(region)).load().await,
            None => environment().load().await,
        };
        require_credentials(&config).await?;
        let settings = settings(stack, &outputs(&config, stack).await?)?;
        Ok(Self { settings, config })
    }
}

async fn require_credentials(config: &SdkConfig) -> Result<(), StackError> {
    let Some(provider) = config.credentials_provider() else { return Err(StackError::Credentials("no provider".into())) };
    provider.provide_credentials().await.map(drop).map_err(|error| StackError::Credentials(error.into()))
}

/// Reads the outputs of a stack.
async fn outputs(config: &SdkConfig, stack: &str) -> Result<HashMap<String, String>, StackError> {
    let region = config.region().ok_or(StackError::NoRegion)?.to_string();
    let client = aws_sdk_cloudformation::Client::new(config);
    let answer = client.describe_stacks().stack_name(stack).send().await.map_err(|error| {
        let code = error.as_service_error().and_then(ProvideErrorMetadata::code).unwrap_or_default();
        match code {
            // The answer for a stack that does not exist (CloudFormation API reference: DescribeStacks).
            "ValidationError" => StackError::NotFound { stack: stack.to_owned(), region },
            "AccessDenied" | "AccessDeniedException" => StackError::NotPermitted(stack.to_owned()),
            "ExpiredToken" | "InvalidClientTokenId" | "SignatureDoesNotMatch" | "UnrecognizedClientException" => {
                StackError::Credentials(error.into())
            }
            _ => StackError::Unreachable(port_error("describe the stack")(error)),
        }
    })?;
    let outputs = answer.stacks().iter().flat_map(|stack| stack.outputs());
    Ok(outputs.filter_map(|output| Some((output.output_key.clone()?, output.output_value.clone()?))).collect())
}

/// The settings that the stack's functions have in their environment. Links are signed by them only.
fn settings(stack: &str, outputs: &HashMap<String, String>) -> Result<Settings, StackError> {
    let output = |name| {
        let another_kind = || StackError::AnotherKind { stack: stack.to_owned(), output: name };
        outputs.get(name).cloned().ok_or_else(another_kind)
    };
    Ok(Settings {
        table: output("Table")?,
        archives_bucket: output("Archives")?,
        crm_bucket: output("CrmStore")?,
        state_machine: output("Machine")?,
        endpoints: Endpoints::default(),
        connection_secrets: output("ConnectionSecrets")?,
        erasure_secrets: String::new(),
        signer_secret: String::new(),
        statement_key: String::new(),
        plain_links: None,
        credentials: None,
        zip_lock: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_that_lacks_an_output_is_of_another_kind() {
        let mut outputs: HashMap<_, _> = ["Table", "Archives", "CrmStore", "Machine", "ConnectionSecrets"]
            .map(|name| (name.to_owned(), format!("hozon-{name}")))
            .into();
        let found = settings("hozon", &outputs).expect("a stack of this service");
        assert_eq!((found.table.as_str(), found.connection_secrets.as_str()), ("hozon-Table", "hozon-ConnectionSecrets"));
        outputs.remove("ConnectionSecrets");
        assert!(matches!(settings("hozon", &outputs), Err(StackError::AnotherKind { output: "ConnectionSecrets", .. })));
    }
}
