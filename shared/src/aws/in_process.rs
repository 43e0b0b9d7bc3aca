//! Calls to AWS services that the same process emulates. They reach the emulator's router without a socket, so no other
//! process can call it. The SDK builds, signs, retries and parses these calls like any other.

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

/// Base address of the services in this process; the path selects one. No host on a network has this name (RFC 2606).
pub const ADDRESS: &str = "http://in-process.invalid";

/// The services of this process. They start after the clients are created, because they use some of those clients
/// themselves.
#[derive(Clone, Default)]
pub struct Services(Arc<OnceLock<Router>>);

impl Services {
    /// Sets the router that answers calls from now on. Only the first call has an effect.
    pub fn begin(&self, router: Router) {
        drop(self.0.set(router));
    }
}

/// Creates a client that sends calls for [`ADDRESS`] to the given services and all others over the network.
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

/// Runs each call on its own task. As with a real server, a caller that gives up does not abort a call that has
/// arrived.
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
