//! Buckets of CRMs. They are apart from our own: the credentials, region and endpoint are those of the environment.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::sync::OnceCell;

use super::environment;
use super::errors::port_error;
use super::objects::body_of;
use crate::domain::source::SourceErrorKind;
use crate::ports::{ErrorKind, FileBuckets, FileBytes, PortError, SourceBytes, SourceError};

/// Variables that name another endpoint than AWS's (AWS SDKs and Tools reference guide, "Service-specific endpoints").
const ENDPOINTS: [&str; 2] = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"];

/// The buckets that the environment's credentials may read. The client is created on first use.
#[derive(Default)]
struct Buckets(OnceCell<Client>);

/// Creates the port.
pub fn file_buckets() -> Arc<dyn FileBuckets> {
    Arc::new(Buckets::default())
}

impl Buckets {
    async fn client(&self) -> &Client {
        let create = async || {
            let config = environment().load().await;
            // Other stores than AWS's are usually reached under one host name for all buckets.
            let is_elsewhere = ENDPOINTS.iter().any(|name| std::env::var_os(name).is_some());
            Client::from_conf(Builder::from(&config).force_path_style(is_elsewhere).build())
        };
        self.0.get_or_init(create).await
    }
}

#[async_trait]
impl FileBuckets for Buckets {
    async fn open(&self, bucket: &str, key: &str) -> Result<Option<FileBytes>, SourceError> {
        let client = self.client().await.clone();
        let head = client.head_object().bucket(bucket).key(key).send().await;
        match head.map_err(port_error("head a file of the CRM")) {
            // Without the right to list a bucket, S3 answers 403 for what is not there.
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Refused) => return Ok(None),
            other => other.map_err(unreachable)?,
        };
        let (bucket, key) = (bucket.to_owned(), key.to_owned());
        Ok(Some(FileBytes::new(move || bytes(client.clone(), bucket.clone(), key.clone()))))
    }
}

/// The bytes of an object, which is requested when they are read.
fn bytes(client: Client, bucket: String, key: String) -> SourceBytes {
    let answer = async move {
        let answer = client.get_object().bucket(bucket).key(key).send().await.map_err(port_error("get a file of the CRM"));
        answer.map(|answer| body_of(answer.body).map_err(unreachable)).map_err(unreachable)
    };
    stream::once(answer).try_flatten().boxed()
}

fn unreachable(error: PortError) -> SourceError {
    SourceError { kind: SourceErrorKind::FilesUnreachable, source: Some(Box::new(error)) }
}
