//! Runs an API router on Lambda behind API Gateway, with the authorizer's result as the [`Identity`].

use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext;

use crate::api::{AuthRefusal, Documented, Identity, with_fallbacks};

/// Serves the router until Lambda ends the process.
pub async fn serve(routes: Documented) -> Result<(), lambda_http::Error> {
    let router = with_fallbacks(routes.into()).layer(middleware::from_fn(identify));
    lambda_http::run(router).await
}

async fn identify(mut request: Request, next: Next) -> Response {
    let context = request.request_context_ref().cloned();
    request.extensions_mut().insert(context.map_or(Identity(Err(AuthRefusal::Missing)), |context| identity(&context)));
    next.run(request).await
}

/// Parses the authorizer's context. A missing context counts as a missing token.
fn identity(context: &RequestContext) -> Identity {
    let RequestContext::ApiGatewayV2(context) = context else { return Identity(Err(AuthRefusal::Missing)) };
    let fields = context.authorizer.as_ref().map(|authorizer| &authorizer.fields);
    let text = fields.and_then(|fields| fields.get("identity")).and_then(serde_json::Value::as_str);
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Identity(Err(AuthRefusal::Missing)))
}
