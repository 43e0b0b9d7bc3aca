//! The `authorize` function on Lambda: an authorizer of API Gateway's HTTP API, payload format 2.0, simple responses. It lets every
//! request through with its outcome, so that the API itself answers a refusal in its own format.

use std::sync::Arc;

use aws_lambda_events::apigw::ApiGatewayV2CustomAuthorizerV2Request;
use hozon_authorize::{AuthSettings, Authorizer};
use hozon_shared::api::Identity;
use hozon_shared::ports::SystemClock;
use hozon_shared::telemetry;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Error> {
    telemetry::start();
    let authorizer = Authorizer::new(AuthSettings::from_env()?, Arc::new(SystemClock));
    lambda_runtime::run(service_fn(async |event| authorize(&authorizer, event).await)).await
}

async fn authorize(authorizer: &Authorizer, event: LambdaEvent<ApiGatewayV2CustomAuthorizerV2Request>) -> Result<Value, Error> {
    let header = event.payload.headers.get("authorization").and_then(|value| value.to_str().ok());
    let identity = Identity(authorizer.authenticate(header).await);
    Ok(json!({ "isAuthorized": true, "context": { "identity": serde_json::to_string(&identity)? } }))
}
