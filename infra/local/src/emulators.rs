//! S3 on files and DynamoDB on SQLite, embedded, each on a loopback port.

use std::path::Path;

use anyhow::{Context, Result};
use dynoxide::Database;
use hozon_shared::settings::AccessKey;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, WeakUnboundedSender, unbounded_channel};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::disk::Disk;
use crate::trail::{self, News};

/// The one table.
pub const TABLE: &str = "hozon";
/// The bucket of zips and work objects.
pub const ARCHIVES_BUCKET: &str = "archives";
/// The native CRM store's bucket.
pub const CRM_BUCKET: &str = "crm";

/// How long nothing is accepted after a connection has failed to open.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Where the embedded services listen.
pub struct Emulated {
    /// S3's URL.
    pub s3: String,
    /// DynamoDB's URL.
    pub dynamodb: String,
    /// DynamoDB itself, for its stream.
    pub database: Database,
    /// What is fetched from S3 with links.
    pub news: UnboundedReceiver<News>,
    /// Where those come from.
    pub teller: WeakUnboundedSender<News>,
}

/// Starts both on the files below `data`; they stop when `stop` is cancelled.
pub async fn start(data: &Path, keys: &[AccessKey], stop: &CancellationToken, tasks: &TaskTracker) -> Result<Emulated> {
    let (told, news) = unbounded_channel();
    let teller = told.downgrade();
    let s3 = start_s3(data, keys, told, stop, tasks).await.context("start the embedded S3")?;
    let started = start_dynamodb(&data.join("dynamodb.sqlite"), stop, tasks).await;
    let (dynamodb, database) = started.context("start the embedded DynamoDB")?;
    Ok(Emulated { s3, dynamodb, database, news, teller })
}

async fn start_s3(
    data: &Path,
    keys: &[AccessKey],
    told: UnboundedSender<News>,
    stop: &CancellationToken,
    tasks: &TaskTracker,
) -> Result<String> {
    let root = &data.join("s3");
    for bucket in [ARCHIVES_BUCKET, CRM_BUCKET] {
        std::fs::create_dir_all(root.join(bucket))?;
    }
    delete_unfinished_uploads(root)?;
    let files = Disk::new(root)?;
    let mut auth = SimpleAuth::new();
    for key in keys {
        auth.register(key.id.clone(), key.secret.clone().into());
    }
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(auth);
    let listener = bind_as_before(&data.join("s3.port")).await?;
    let url = format!("http://{}", listener.local_addr()?);
    tasks.spawn(serve_s3(listener, builder.build(), told, stop.clone()));
    Ok(url)
}

/// Listens where it did last time, so that links that were given out go on working; on a free port where that one is taken.
pub async fn bind_as_before(note: &Path) -> Result<TcpListener> {
    let before = std::fs::read_to_string(note).ok().and_then(|port| port.trim().parse::<u16>().ok());
    if let Some(port) = before {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return Ok(listener),
            Err(error) => tracing::warn!(port, %error, "the port of earlier links is taken; they do not work until it is free"),
        }
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    if before.is_none() {
        std::fs::write(note, listener.local_addr()?.port().to_string())?;
    }
    Ok(listener)
}

/// Deletes what a process that was killed left of its uploads: nobody can complete them. On AWS a lifecycle rule does this.
fn delete_unfinished_uploads(root: &Path) -> Result<()> {
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_file() && name.starts_with(".upload") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

async fn serve_s3(listener: TcpListener, service: S3Service, told: UnboundedSender<News>, stop: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let http = Builder::new(TokioExecutor::new());
    loop {
        let socket = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        // A connection that fails to open is the client's to try again. Where there is no file left for one, there is none at once.
        let Ok((socket, peer)) = socket else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Head and body are sent one after the other; without this, small bodies wait for the client's delayed acknowledgement.
        if socket.set_nodelay(true).is_err() {
            continue;
        }
        let watched = trail::watched(service.clone(), peer.ip(), told.clone());
        let connection = http.serve_connection(TokioIo::new(socket), watched).into_owned();
        tokio::spawn(graceful.watch(connection));
    }
    graceful.shutdown().await;
}

async fn start_dynamodb(file: &Path, stop: &CancellationToken, tasks: &TaskTracker) -> Result<(String, Database)> {
    let path = file.to_str().context("the data folder's path is not UTF-8")?;
    let database = Database::new(path).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    create_table(&database)?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    let stopped = stop.clone().cancelled_owned();
    let kept = database.clone();
    tasks.spawn(async move {
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stopped).await {
            tracing::error!(error, "the embedded dynamodb stopped");
        }
    });
    Ok((url, kept))
}

/// The table as infra/template.yaml describes it. One of an earlier version gets what it lacks.
fn create_table(database: &Database) -> Result<()> {
    let failed = |error| anyhow::anyhow!("{error:?}");
    let attributes = ["pk", "sk", "due_shard", "due_at"].map(|name| json!({ "AttributeName": name, "AttributeType": "S" }));
    let due = json!({
        "IndexName": "due",
        "KeySchema": [
            { "AttributeName": "due_shard", "KeyType": "HASH" },
            { "AttributeName": "due_at", "KeyType": "RANGE" },
        ],
        "Projection": { "ProjectionType": "KEYS_ONLY" },
    });
    let stream = json!({ "StreamEnabled": true, "StreamViewType": "NEW_IMAGE" });
    if let Some(table) = database.get_table_metadata(TABLE).map_err(failed)? {
        if !table.stream_enabled {
            let request = json!({ "TableName": TABLE, "StreamSpecification": stream });
            database.update_table(serde_json::from_value(request)?).map_err(failed)?;
        }
        if table.gsi_definitions.is_none() {
            let updates = [json!({ "Create": due })];
            let request =
                json!({ "TableName": TABLE, "AttributeDefinitions": attributes, "GlobalSecondaryIndexUpdates": updates });
            database.update_table(serde_json::from_value(request)?).map_err(failed)?;
        }
        return Ok(());
    }
    let request = serde_json::from_value(json!({
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": attributes,
        "KeySchema": [
            { "AttributeName": "pk", "KeyType": "HASH" },
            { "AttributeName": "sk", "KeyType": "RANGE" },
        ],
        "GlobalSecondaryIndexes": [due],
        "StreamSpecification": stream,
    }))?;
    database.create_table(request).map(drop).map_err(failed)
}
