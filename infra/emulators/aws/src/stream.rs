//! The table's stream. Its records are passed to a function in order, as Lambda does, and each batch is retried until
//! it is handled. The position is stored in a file, so that a restart neither loses nor repeats records. If the file is
//! missing or damaged, the remaining records are passed again; the function knows which ones it has handled.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use chrono::{DateTime, TimeDelta, Utc};
use dynoxide::Database;
use hozon_emulator_host::files::{set_aside, write_whole};
use hozon_shared::ports::{Clock, SystemClock};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::lambda::Function;
use crate::table::{self, TABLE};

/// How often the stream is polled.
const LOOK: Duration = Duration::from_millis(100);
/// Wait after a failed batch.
const PAUSE: Duration = Duration::from_secs(1);
/// How long handled records are kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// Precision of the time at which a record was handled.
const NOTED_EVERY: TimeDelta = TimeDelta::hours(1);
/// Number of records per batch.
const BATCH: usize = 100;

/// Reads the stream.
#[derive(Clone)]
pub struct Stream {
    database: Database,
    function: Arc<dyn Function>,
    clock: Arc<dyn Clock>,
    file: PathBuf,
    place: Arc<Mutex<Position>>,
}

/// Position in the stream, with the times at which records were handled.
struct Position {
    /// Sequence number of the last handled record; `None` at the beginning.
    reached: Option<String>,
    handled: Handled,
}

impl Stream {
    /// Opens the stream at its last position.
    pub fn open(
        database: Database,
        table: PathBuf,
        function: Arc<dyn Function>,
        clock: Arc<dyn Clock>,
        file: PathBuf,
    ) -> Result<Self> {
        let reached = read_place(&database, &file)?;
        if let Some(reached) = &reached {
            table::trim_stream(&table, reached, Some(SystemClock.now() - KEPT))?;
        }
        let place = Position { reached, handled: Handled::new(table) };
        Ok(Self { database, function, clock, file, place: Arc::new(Mutex::new(place)) })
    }

    /// Passes on records until it is stopped.
    pub async fn run(self, stop: CancellationToken) {
        let reading = async {
            loop {
                tokio::time::sleep(self.drain_or_log().await).await;
            }
        };
        // An interrupted batch is passed on again at the next start.
        tokio::select! {
            biased;
            () = stop.cancelled() => {}
            () = reading => {}
        }
    }

    /// Passes on the available records, and returns the wait before the next poll.
    async fn drain_or_log(&self) -> Duration {
        match self.drain().await {
            Ok(()) => LOOK,
            Err(error) => {
                tracing::error!(error = format!("{error:#}"), "reading the stream failed; it is retried in a second");
                PAUSE
            }
        }
    }

    /// Passes on all records in the stream.
    pub async fn drain(&self) -> Result<()> {
        let mut place = self.place.lock().await;
        loop {
            let records = read(&self.database, place.reached.as_deref())?;
            if records.is_empty() {
                return place.handled.trim(self.clock.now());
            }
            let sequences: Vec<String> = records.iter().map(|record| sequence(record).to_owned()).collect();
            let answer = self.function.invoke(json!({ "Records": records })).await?;
            let failed = answer["batchItemFailures"][0]["itemIdentifier"].as_str();
            let handled = failed.and_then(|failed| sequences.iter().position(|sequence| sequence == failed));
            let handled = handled.unwrap_or(sequences.len());
            if let Some(last) = sequences[..handled].last() {
                write_whole(&self.file, last.as_bytes())?;
                place.reached = Some(last.clone());
                place.handled.note(self.clock.now(), last);
            }
            if failed.is_some() {
                return Err(anyhow!("a record could not be handled"));
            }
        }
    }
}

/// Reads the position from its file; `None` if the file is missing or its position unknown to the stream.
fn read_place(database: &Database, file: &Path) -> Result<Option<String>> {
    let text = match std::fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).trim().to_owned(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).context("read the place that was reached in the stream"),
    };
    if let Err(error) = read(database, Some(&text)) {
        set_aside(file, &error, "the stream is read from its beginning; records that were handled are not handled again")?;
        return Ok(None);
    }
    Ok(Some(text))
}

fn read(database: &Database, after: Option<&str>) -> Result<Vec<Value>> {
    let failed = |error| anyhow!("{error:?}");
    let table = database.get_table_metadata(TABLE).map_err(failed)?.context("there is no table")?;
    let label = table.stream_label.context("the table has no stream")?;
    let mut request = json!({
        "StreamArn": dynoxide::streams::stream_arn(TABLE, &label),
        "ShardId": dynoxide::streams::shard_id(TABLE),
        "ShardIteratorType": if after.is_some() { "AFTER_SEQUENCE_NUMBER" } else { "TRIM_HORIZON" },
    });
    if let Some(after) = after {
        request["SequenceNumber"] = json!(after);
    }
    let iterator = database.get_shard_iterator(serde_json::from_value(request)?).map_err(failed)?;
    let request = json!({ "ShardIterator": iterator.shard_iterator, "Limit": BATCH });
    let answer = database.get_records(serde_json::from_value(request)?).map_err(failed)?;
    answer.records.iter().map(|record| Ok(serde_json::to_value(record)?)).collect()
}

/// Positions by time, so that handled records can be deleted after a day, as in DynamoDB Streams. Records that were not
/// handled stay.
struct Handled {
    table: PathBuf,
    places: VecDeque<(DateTime<Utc>, String)>,
}

impl Handled {
    fn new(table: PathBuf) -> Self {
        Self { table, places: VecDeque::new() }
    }

    /// Notes the position once an hour.
    fn note(&mut self, now: DateTime<Utc>, sequence: &str) {
        let is_fresh = self.places.back().is_some_and(|(at, _)| (now - at).abs() < NOTED_EVERY);
        if !is_fresh {
            self.places.push_back((now, sequence.to_owned()));
        }
    }

    /// Deletes records that were handled a day ago.
    fn trim(&mut self, now: DateTime<Utc>) -> Result<()> {
        let old = self.places.iter().take_while(|(at, _)| (now - at).abs() >= KEPT).count();
        match self.places.drain(..old).next_back() {
            Some((_, sequence)) => table::trim_stream(&self.table, &sequence, None),
            None => Ok(()),
        }
    }
}

fn sequence(record: &Value) -> &str {
    record["dynamodb"]["SequenceNumber"].as_str().unwrap_or_default()
}
