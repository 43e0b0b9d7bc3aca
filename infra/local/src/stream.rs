//! The table's stream: hands its records to the `notify` function as Lambda would, in order, each batch again until it is handled. The
//! place that was reached is kept in a file, so that a restart neither loses nor repeats.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use dynoxide::Database;
use hozon_notify::Notify;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::emulators::TABLE;

/// How often the stream is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a batch that failed waits.
const PAUSE: Duration = Duration::from_secs(1);
/// Records of a batch.
const BATCH: usize = 100;

/// Reads the stream.
#[derive(Clone)]
pub struct Stream {
    database: Database,
    notify: Notify,
    file: PathBuf,
    /// Sequence number of the last record that was handled; none at the very beginning.
    reached: Arc<Mutex<Option<String>>>,
}

impl Stream {
    /// Goes on where it was left.
    pub fn open(database: Database, notify: Notify, file: PathBuf) -> Result<Self> {
        let reached = match std::fs::read_to_string(&file) {
            Ok(text) => Some(text.trim().to_owned()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error).context("read the place that was reached in the stream"),
        };
        Ok(Self { database, notify, file, reached: Arc::new(Mutex::new(reached)) })
    }

    /// Hands over records until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let reading = async {
            loop {
                tokio::time::sleep(self.drain_or_say_why().await).await;
            }
        };
        // A batch that is cut short is handed over again at the next start.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = reading => {}
        }
    }

    /// Hands over what there is; tells how long to wait before the next look.
    async fn drain_or_say_why(&self) -> Duration {
        match self.drain().await {
            Ok(()) => LOOK,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "the stream stands still; tried again in a second");
                PAUSE
            }
        }
    }

    /// Hands over everything that is in the stream.
    pub async fn drain(&self) -> Result<()> {
        let mut reached = self.reached.lock().await;
        loop {
            let records = self.read(reached.as_deref())?;
            if records.is_empty() {
                return Ok(());
            }
            let sequences: Vec<String> = records.iter().map(|record| sequence(record).to_owned()).collect();
            let answer = self.notify.handle(json!({ "Records": records })).await?;
            let failed = answer["batchItemFailures"][0]["itemIdentifier"].as_str();
            let handled = failed.and_then(|failed| sequences.iter().position(|sequence| sequence == failed));
            let handled = handled.unwrap_or(sequences.len());
            if let Some(last) = sequences[..handled].last() {
                keep(&self.file, last)?;
                *reached = Some(last.clone());
            }
            if failed.is_some() {
                return Err(anyhow!("a record could not be handled"));
            }
        }
    }

    fn read(&self, after: Option<&str>) -> Result<Vec<Value>> {
        let failed = |error| anyhow!("{error:?}");
        let table = self.database.get_table_metadata(TABLE).map_err(failed)?.context("there is no table")?;
        let label = table.stream_label.context("the table has no stream")?;
        let mut request = json!({
            "StreamArn": dynoxide::streams::stream_arn(TABLE, &label),
            "ShardId": dynoxide::streams::shard_id(TABLE),
            "ShardIteratorType": if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" },
        });
        if let Some(after) = after {
            request["SequenceNumber"] = json!(after);
        }
        let iterator = self.database.get_shard_iterator(serde_json::from_value(request)?).map_err(failed)?;
        let request = json!({ "ShardIterator": iterator.shard_iterator, "Limit": BATCH });
        let answer = self.database.get_records(serde_json::from_value(request)?).map_err(failed)?;
        answer.records.iter().map(|record| Ok(serde_json::to_value(record)?)).collect()
    }
}

fn sequence(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}

fn keep(file: &Path, sequence: &str) -> Result<()> {
    let mut temporary = tempfile::NamedTempFile::new_in(file.parent().unwrap_or(Path::new(".")))?;
    temporary.write_all(sequence.as_bytes())?;
    temporary.persist(file)?;
    Ok(())
}
