//! The emulators of S3, DynamoDB and KMS in a separate process, as they are separate on AWS.

use std::path::Path;

use anyhow::{Context, Result};
use hozon_emulator_aws::kms::{self, SigningKey};
use hozon_emulator_aws::s3::{ARCHIVES_BUCKET, AccessKeys, Allowed, CRM_BUCKET};
use hozon_emulator_aws::stores;
use hozon_emulator_aws::table::{self, TABLE};
use hozon_shared::aws::Aws;
use hozon_shared::ports::Ports;
use hozon_shared::settings::{AccessKey, Endpoints, Settings};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const KEY: &str = "bench";
const SECRET: &str = "known to everybody on this machine";
const STATEMENTS: &str = "statements";

/// Serves until standard input ends.
pub async fn serve(data: &Path) -> Result<()> {
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let emulated = stores::start(data, AccessKeys::new([(key(), Allowed::Everything)]), &stop, &tasks).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let (dynamodb, kms) = (format!("{address}{}", table::PATH), format!("{address}{}", kms::PATH));
    let services = table::router(emulated.database).merge(kms::router(SigningKey::new(STATEMENTS)?));
    tasks.spawn(axum::serve(listener, services).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    crate::report::tell(&json!({
        "s3": emulated.s3, "dynamodb": dynamodb, "kms": kms, "key": KEY, "secret": SECRET, "bucket": CRM_BUCKET,
    }));
    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}

/// Creates the functions' ports on stores in another process.
pub async fn connect(stores: &str) -> Result<Ports> {
    let places: Value = serde_json::from_str(stores)?;
    let place = |name: &str| places[name].as_str().map(str::to_owned).with_context(|| format!("{name} is missing"));
    let settings = Settings {
        table: TABLE.to_owned(),
        archives_bucket: ARCHIVES_BUCKET.to_owned(),
        crm_bucket: CRM_BUCKET.to_owned(),
        state_machine: "none".to_owned(),
        endpoints: Endpoints {
            s3: Some(place("s3")?),
            dynamodb: Some(place("dynamodb")?),
            kms: Some(place("kms")?),
            ..Endpoints::default()
        },
        connection_secrets: "connections/".to_owned(),
        erasure_secrets: String::new(),
        signer_secret: "signer".to_owned(),
        statement_key: STATEMENTS.to_owned(),
        zip_lock: None,
        plain_links: None,
        credentials: Some(key()),
    };
    Ok(Aws::load(settings).await.ports())
}

fn key() -> AccessKey {
    AccessKey { id: KEY.to_owned(), secret: SECRET.to_owned() }
}
