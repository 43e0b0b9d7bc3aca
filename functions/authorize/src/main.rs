//! Lambda entry point of the `authorize` function, an authorizer for API Gateway HTTP APIs with payload format 2.0 and
//! simple responses. It admits every request together with its identity, so that the API itself answers errors in its
//! own format. Only requests that bypass CloudFront where it is mandatory are rejected here.

use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayV2CustomAuthorizerV2Request;
use hozon_authorize::{AuthSettings, Authorizer, ORIGIN_HEADER, OriginCheck, origin_secret};
use hozon_shared::api::Identity;
use hozon_shared::aws::Aws;
use hozon_shared::ports::SystemClock;
use hozon_shared::settings::Settings;
use hozon_shared::telemetry;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let authorizer = Authorizer::new(AuthSettings::from_env()?, Arc::new(SystemClock));
    let origin = origin().await?;
    lambda_runtime::run(service_fn(async |event| authorize(&authorizer, origin.as_ref(), event).await)).await
}

/// Creates the check of where requests come from; `None` if they may come from anywhere.
async fn origin() -> Result<Option<OriginCheck>, Error> {
    let Some(secret) = origin_secret() else { return Ok(None) };
    let aws = Aws::load(Settings::from_env()?).await;
    Ok(Some(OriginCheck::new(aws.origin_secrets(secret), Arc::new(SystemClock))))
}

async fn authorize(
    authorizer: &Authorizer,
    origin: Option<&OriginCheck>,
    event: LambdaEvent<ApiGatewayV2CustomAuthorizerV2Request>,
) -> Result<Value, Error> {
    let header = |name: &str| event.payload.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(origin) = origin
        && !origin.admits(header(ORIGIN_HEADER)).await?
    {
        return Ok(json!({ "isAuthorized": false }));
    }
    let identity = Identity(authorizer.authenticate(header("authorization")).await);
    Ok(json!({ "isAuthorized": true, "context": { "identity": serde_json::to_string(&identity)? } }))
}
