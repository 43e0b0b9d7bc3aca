//! The functions as the state machine invokes them here: in this process, each invocation on its own task.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use dynoxide::Database;
use hozon_access::AccessPorts;
use hozon_archive::ArchivePorts;
use hozon_capture_database::CapturePorts;
use hozon_connector_zoho::ZohoAccess;
use hozon_connectors::Connectors;
use hozon_emulator_aws::lambda::Function;
use hozon_emulator_aws::s3::ARCHIVES_BUCKET;
use hozon_emulator_aws::states::asl::{ServiceIntegrations, StateError};
use hozon_emulator_aws::stream::Stream;
use hozon_emulator_aws::table;
use hozon_erase::ErasePorts;
use hozon_notify::{Notify, NotifyPorts, Post};
use hozon_shared::aws::{Aws, file_buckets};
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::ports::{Clock, ObjectRef, Ports, read_all};
use hozon_write_back::WriteBackPorts;
use serde_json::{Value, json};

use crate::deliveries::Deliveries;
use crate::settings::{NOTICE_FAILURES, mail_settings};

/// Name of the `archive` function, in place of its ARN.
pub const ARCHIVE: &str = "archive";
/// Name of the functions `capture-database` and `capture-web`, in place of their ARNs: they differ only in what they may reach.
pub const CAPTURE: &str = "capture";

/// Name of the function `write-back`, in place of its ARN.
pub const WRITE_BACK: &str = "write-back";

/// The connectors. Whoever runs this program may call any address of their own network. `zoho` is what reading Zoho CRM needs;
/// `None` where only databases are read.
pub fn connectors(zoho: Option<ZohoAccess>) -> Connectors {
    Connectors { addresses: Addresses::Any, buckets: file_buckets(), places: BTreeMap::new(), zoho }
}

/// Name of the `erase` function, in place of its ARN.
pub const ERASE: &str = "erase";

/// Invokes the functions.
pub struct Functions {
    pub archive: ArchivePorts,
    pub capture: CapturePorts,
    pub write_back: WriteBackPorts,
    pub erase: ErasePorts,
    /// Settings for dividing runs into pieces.
    pub limits: hozon_archive::ArchiveSettings,
}

#[async_trait]
impl ServiceIntegrations for Functions {
    async fn invoke(&self, function: &str, payload: Value) -> Result<Value, StateError> {
        let called = match function {
            ARCHIVE => {
                let (ports, limits) = (self.archive.clone(), self.limits.clone());
                tokio::spawn(async move {
                    hozon_archive::handle(&ports, &limits, payload).await.map_err(|error| failed(error.error_type(), &error.kind))
                })
            }
            CAPTURE => {
                let ports = self.capture.clone();
                tokio::spawn(async move {
                    hozon_capture_database::handle(&ports, payload).await.map_err(|error| failed(error.error_type(), &error))
                })
            }
            WRITE_BACK => {
                let ports = self.write_back.clone();
                tokio::spawn(async move {
                    hozon_write_back::handle(&ports, payload).await.map_err(|error| failed(error.error_type(), &error))
                })
            }
            ERASE => {
                let ports = self.erase.clone();
                tokio::spawn(async move {
                    hozon_erase::handle(&ports, payload).await.map_err(|error| failed(error.error_type(), &error))
                })
            }
            _ => {
                let cause = format!("there is no function {function}");
                return Err(StateError { error: "Lambda.ResourceNotFoundException".to_owned(), cause });
            }
        };
        AbortOnDrop(called).join().await
    }

    async fn items(&self, bucket: &str, key: &str) -> Result<Vec<Value>, StateError> {
        if bucket != ARCHIVES_BUCKET {
            return Err(unreadable(format!("there is no bucket {bucket}")));
        }
        let json =
            read_all(&*self.archive.objects, &ObjectRef::archives(key)).await.map_err(|error| unreadable(error.to_string()))?;
        serde_json::from_slice(&json).map_err(|error| unreadable(error.to_string()))
    }
}

fn unreadable(cause: String) -> StateError {
    StateError { error: "States.ItemReaderFailed".to_owned(), cause }
}

/// An invocation that ends together with the execution that waits for it.
struct AbortOnDrop(tokio::task::JoinHandle<Result<Value, StateError>>);

impl AbortOnDrop {
    async fn join(mut self) -> Result<Value, StateError> {
        match (&mut self.0).await {
            Ok(outcome) => outcome,
            Err(_) => Err(StateError { error: "Lambda.Unknown".to_owned(), cause: "the function crashed".to_owned() }),
        }
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Formats an error as Lambda reports it to Step Functions.
fn failed(error_type: &str, error: &dyn std::error::Error) -> StateError {
    let cause = json!({ "errorType": error_type, "errorMessage": error.to_string() });
    StateError { error: error_type.to_owned(), cause: cause.to_string() }
}

/// The `access` function, invoked in this process.
pub struct AccessFunction(pub AccessPorts);

#[async_trait]
impl Function for AccessFunction {
    async fn invoke(&self, event: Value) -> anyhow::Result<Value> {
        Ok(serde_json::to_value(hozon_access::handle(&self.0, event).await?)?)
    }
}

/// The `notify` function on the stream, invoked in this process. It gets the records that the first mapping of infra/template.yaml passes on;
/// for those of the second one, messages to webhooks, it is called beside the stream.
pub struct NotifyFunction {
    /// The function.
    pub notify: Notify,
    /// Where messages to webhooks are posted.
    pub deliveries: Deliveries,
}

#[async_trait]
impl Function for NotifyFunction {
    async fn invoke(&self, event: Value) -> anyhow::Result<Value> {
        let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        let events: Vec<&Value> = records.iter().filter(|record| is_new(record, "EVENT#")).collect();
        let answer = if events.is_empty() { json!({}) } else { self.notify.handle(json!({ "Records": events })).await? };
        if records.iter().any(|record| is_new(record, "DELIVERY#")) {
            self.deliveries.wake();
        }
        Ok(answer)
    }
}

fn is_new(record: &Value, prefix: &str) -> bool {
    let key = record["dynamodb"]["Keys"]["sk"]["S"].as_str().unwrap_or_default();
    record["eventName"] == "INSERT" && key.starts_with(prefix)
}

/// The `notify` function with its ports here.
pub fn notify(aws: &Aws, ports: &Ports, addresses: Addresses) -> anyhow::Result<Notify> {
    let (mailer, failures) = (aws.mailer(mail_settings()), aws.dead_letters(NOTICE_FAILURES.to_owned()));
    Ok(Notify::new(NotifyPorts::new(ports.clone(), mailer, failures), Post::new(addresses)?))
}

/// The stream of the table in that data folder, with the function that reads it.
pub fn open_stream(data: &Path, database: &Database, notify: NotifyFunction, clock: Arc<dyn Clock>) -> anyhow::Result<Stream> {
    let (table, position) = (data.join(table::FILE), data.join("stream.position"));
    Stream::open(database.clone(), table, Arc::new(notify), clock, position)
}
