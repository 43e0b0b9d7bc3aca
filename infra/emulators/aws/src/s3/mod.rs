//! S3 emulator on files, on one loopback port. The functions' key may do everything, and the link signer's key may read
//! zips, as on AWS.

mod access;
mod buckets;
mod deletions;
mod disk;
mod files;

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use hozon_emulator_host::listening::bind_as_before;
use hozon_emulator_host::origins;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::access_events::{self, AccessEvent};

pub use access::{AccessKeys, Allowed};
pub use buckets::{ARCHIVES_BUCKET, CRM_BUCKET};
pub use files::Files;

/// Pause after a connection failed to open.
const PAUSE: Duration = Duration::from_millis(50);

/// Starts S3 on the files below `data` and returns its URL.
pub async fn start(
    data: &Path,
    keys: AccessKeys,
    accesses: UnboundedSender<AccessEvent>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<String> {
    let files = Files::open(&data.join("s3"), &[ARCHIVES_BUCKET, CRM_BUCKET])?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(keys.auth());
    builder.set_access(keys);
    let listener = bind_as_before(&data.join("s3.port")).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tasks.spawn(serve(listener, builder.build(), accesses, stop.clone()));
    Ok(url)
}

async fn serve(listener: TcpListener, service: S3Service, accesses: UnboundedSender<AccessEvent>, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let http = Builder::new(TokioExecutor::new());
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        // The client retries a connection that fails to open. If no file descriptor is free, the next attempt would
        // fail as well.
        let Ok((socket, peer)) = socket else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Head and body are sent separately; with Nagle's algorithm, small bodies would wait for the client's delayed
        // acknowledgement. It fails only if the client is gone already.
        if socket.set_nodelay(true).is_err() {
            continue;
        }
        let (service, accesses) = (service.clone(), accesses.clone());
        let guarded = service_fn(move |request| answer(service.clone(), request, peer.ip(), accesses.clone()));
        let connection = http.serve_connection(TokioIo::new(socket), guarded).into_owned();
        tokio::spawn(graceful.watch(connection));
    }
    graceful.shutdown().await;
}

/// Rejects requests from web pages: users open links directly, and everything else comes from the functions.
async fn answer(
    service: S3Service,
    request: Request<Incoming>,
    address: std::net::IpAddr,
    accesses: UnboundedSender<AccessEvent>,
) -> Result<s3s::HttpResponse, s3s::HttpError> {
    if !origins::is_from_no_page(request.uri(), request.headers()) {
        let mut refused = s3s::HttpResponse::new(s3s::Body::from(origins::REFUSED.to_owned()));
        *refused.status_mut() = StatusCode::FORBIDDEN;
        return Ok(refused);
    }
    access_events::watched(service, request, address, accesses).await
}
