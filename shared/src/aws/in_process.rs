//! Calls of services that this very process serves: they reach their router without a socket, so that nobody else can call them. The SDK
//! builds, signs, retries and reads them as it does everywhere.

use std::fmt;
use std::sync::{Arc, OnceLock};

use aws_sdk_dynamodb::config::{HttpClient, RuntimeComponents, SharedHttpClient};
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use axum::Router;
use axum::body::{Body, to_bytes};
use tower::ServiceExt;

/// Address of the services in this process; a path behind it chooses one. No network has a host of this name (RFC 2606).
pub const ADDRESS: &str = "http://in-process.invalid";

/// The services that this process serves. They begin after the clients are made, because they use some of those themselves.
#[derive(Clone, Default)]
pub struct Services(Arc<OnceLock<Router>>);

impl Services {
    /// Answers calls by that router from now on; a second one is not taken.
    pub fn begin(&self, router: Router) {
        drop(self.0.set(router));
    }
}

/// Sends calls to [`ADDRESS`] to those services, and all others over the network.
pub fn client(services: Services, network: SharedHttpClient) -> SharedHttpClient {
    SharedHttpClient::new(Split { services, network })
}

#[derive(Clone)]
struct Split<N> {
    services: Services,
    network: N,
}

impl<N> fmt::Debug for Split<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Split")
    }
}

impl HttpClient for Split<SharedHttpClient> {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let network = self.network.http_connector(settings, components);
        SharedHttpConnector::new(Split { services: self.services.clone(), network })
    }
}

impl HttpConnector for Split<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let is_here = request.uri().strip_prefix(ADDRESS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if is_here { HttpConnectorFuture::new(answer(self.services.clone(), request)) } else { self.network.call(request) }
    }
}

/// Answers on a task of its own: a caller that gives up ends its own waiting, and no call that has arrived, as with any server.
async fn answer(services: Services, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let router = services.0.get().cloned().ok_or_else(|| ConnectorError::io("the services have not begun".into()))?;
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let answering = tokio::spawn(async move {
        let response = router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
        let (parts, body) = response.into_parts();
        to_bytes(body, usize::MAX).await.map(|bytes| (parts, bytes))
    });
    let answered = answering.await.map_err(|error| ConnectorError::other(error.into(), None))?;
    let (parts, bytes) = answered.map_err(|error| ConnectorError::io(error.into()))?;
    let response = axum::http::Response::from_parts(parts, SdkBody::from(bytes));
    HttpResponse::try_from(response).map_err(|error| ConnectorError::other(error.into(), None))
}
