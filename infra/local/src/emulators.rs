//! S3 on files and DynamoDB on SQLite, embedded, each on a free loopback port.

use std::path::Path;

use anyhow::{Context, Result};
use dynoxide::Database;
use hozon_shared::settings::AccessKey;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Names of the buckets and of the table, as the local program calls them.
pub const ARCHIVES_BUCKET: &str = "archives";
/// The native CRM store's bucket.
pub const CRM_BUCKET: &str = "crm";

/// Where the embedded services listen.
pub struct Endpoints {
    /// S3's URL.
    pub s3: String,
    /// DynamoDB's URL.
    pub dynamodb: String,
}

/// Starts both on the files below `data`; they stop when `stop` is cancelled.
pub async fn start(data: &Path, keys: &[AccessKey], stop: &CancellationToken, tasks: &TaskTracker) -> Result<Endpoints> {
    let s3 = start_s3(&data.join("s3"), keys, stop, tasks).await.context("start the embedded S3")?;
    let dynamodb = start_dynamodb(&data.join("dynamodb.sqlite"), stop, tasks).await.context("start the embedded DynamoDB")?;
    Ok(Endpoints { s3, dynamodb })
}

async fn start_s3(root: &Path, keys: &[AccessKey], stop: &CancellationToken, tasks: &TaskTracker) -> Result<String> {
    for bucket in [ARCHIVES_BUCKET, CRM_BUCKET] {
        std::fs::create_dir_all(root.join(bucket))?;
    }
    let files = s3s_fs::FileSystem::new(root).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let mut auth = SimpleAuth::new();
    for key in keys {
        auth.register(key.id.clone(), key.secret.clone().into());
    }
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(auth);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tasks.spawn(serve_s3(listener, builder.build(), stop.clone()));
    Ok(url)
}

async fn serve_s3(listener: TcpListener, service: S3Service, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let http = Builder::new(TokioExecutor::new());
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        // A connection that fails to open is the client's to try again.
        let Ok((socket, _)) = socket else { continue };
        let connection = http.serve_connection(TokioIo::new(socket), service.clone()).into_owned();
        tokio::spawn(graceful.watch(connection));
    }
    graceful.shutdown().await;
}

async fn start_dynamodb(file: &Path, stop: &CancellationToken, tasks: &TaskTracker) -> Result<String> {
    let path = file.to_str().context("the data folder's path is not UTF-8")?;
    let database = Database::new(path).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let stopped = stop.clone().cancelled_owned();
    tasks.spawn(async move {
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stopped).await {
            tracing::error!(error, "the embedded dynamodb stopped");
        }
    });
    Ok(url)
}
