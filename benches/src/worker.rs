//! A worker that runs only the tasks of a run, so that its CPU time and memory are those of the engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use futures_util::{StreamExt, stream};
use hozon_archive::{ArchivePorts, ArchiveSettings, handle};
use hozon_capture_database::CapturePorts;
use hozon_connectors::Connectors;
use hozon_shared::aws::file_buckets;
use hozon_shared::domain::addresses::Addresses;
use hozon_shared::domain::allowance::Claim;
use hozon_shared::domain::backup::Backup;
use hozon_shared::domain::change;
use hozon_shared::domain::id::{BackupId, EventId, OrgId, UserId};
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::profile::Profiles;
use hozon_shared::ports::{ObjectRef, Objects, Ports, Uploads, read_all};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::counting::{Counted, Counts};
use crate::disk::Disk;
use crate::source::FixedSource;
use crate::store::store;
use crate::stores::connect;

/// Options of a worker.
#[derive(Args)]
pub struct Worker {
    /// Address of the stores, as printed by `stores`.
    #[arg(long)]
    stores: String,
    /// The data folder.
    #[arg(long)]
    data: PathBuf,
    /// The organisation's name.
    #[arg(long)]
    org: String,
    /// Reads and writes files instead of objects; new ones go to this folder.
    #[arg(long, value_name = "DIR")]
    disk: Option<PathBuf>,
    /// Number of items packed concurrently.
    #[arg(long, default_value_t = 1)]
    at_once: usize,
    /// Maximum number of rows per CSV file.
    #[arg(long, default_value_t = ArchiveSettings::default().rows_per_file)]
    rows_per_file: u64,
    /// Maximum number of bytes per invocation of pack.
    #[arg(long, default_value_t = ArchiveSettings::default().task_bytes)]
    task_bytes: u64,
    /// Folder of CSV files and attachments, for the task `store`.
    #[arg(long, value_name = "DIR")]
    input: Option<PathBuf>,
    /// Number of times that each attachment of it is stored, under other ids.
    #[arg(long, default_value_t = 1)]
    times: u64,
    /// Address of a database, for the task `capture`.
    #[arg(long)]
    source: Option<String>,
    /// Tasks to run.
    #[arg(long, value_delimiter = ',', default_value = "begin,plan,pack,assemble,finish")]
    tasks: Vec<Task>,
    /// A backup that was started before.
    #[arg(long)]
    backup: Option<u64>,
    /// Share of the batches to pack, for example 0/2.
    #[arg(long, value_delimiter = '/', num_args = 1, default_value = "0/1")]
    share: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Task {
    Begin,
    Store,
    Capture,
    Plan,
    Pack,
    Assemble,
    Finish,
}

impl Worker {
    /// Runs the tasks and prints the resources that they used.
    pub async fn run(self) -> Result<()> {
        let (ports, counts) = self.ports().await?;
        let org = organisation(&self.data, &self.org)?;
        let settings = ArchiveSettings {
            rows_per_file: self.rows_per_file,
            task_bytes: self.task_bytes,
            items_at_once: Arc::new(Semaphore::new(self.at_once)),
            ..ArchiveSettings::default()
        };
        let begun = Instant::now();
        let backup = match self.backup {
            Some(id) => BackupId(id),
            None => request(&ports, org).await?,
        };
        let (mut by_task, mut peak) = (serde_json::Map::new(), 0);
        for task in &self.tasks {
            let before = counts.all();
            let run = self.task(&ports, &settings, org, backup, *task);
            let (task_peak, mut used) = measured(run).await?;
            peak = peak.max(task_peak);
            used["requests"] = requests_since(&before, &counts);
            let name = task.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
            by_task.insert(name, used);
        }
        let wall = begun.elapsed().as_secs_f64();
        let stored = ports.store.backup(org, backup).await?.context("the backup is gone")?;
        let zips: Vec<Value> = stored.files.iter().map(|file| json!({ "key": file.key, "size": file.size })).collect();
        crate::report::tell(&json!({
            "backup": backup.0, "wall": wall, "cpu": cpu_seconds()?, "peak_kb": peak, "tasks": by_task, "requests": counts.all(),
            "zips": zips,
        }));
        Ok(())
    }

    async fn ports(&self) -> Result<(Ports, Counts)> {
        let mut ports = connect(&self.stores).await?;
        let counts = Counts::default();
        let (objects, uploads): (Arc<dyn Objects>, Arc<dyn Uploads>) = match &self.disk {
            Some(scratch) => {
                let disk = Arc::new(Disk { s3: self.data.join("s3"), scratch: scratch.clone() });
                (disk.clone(), disk)
            }
            None => (ports.objects.clone(), ports.uploads.clone()),
        };
        ports.objects = Arc::new(Counted { store: objects, counts: counts.clone() });
        ports.uploads = Arc::new(Counted { store: uploads, counts: counts.clone() });
        Ok((ports, counts))
    }

    fn capture_ports(&self, ports: &Ports) -> Result<CapturePorts> {
        let address = self.source.as_deref().context("--source is missing")?;
        let source = Arc::new(FixedSource::of(address)?);
        let connectors = Connectors { addresses: Addresses::Any, buckets: file_buckets(), places: BTreeMap::new(), zoho: None };
        let of_all = CapturePorts::new(ports, connectors, Arc::new(Profiles::default()));
        Ok(CapturePorts { connections: source.clone(), credentials: source, ..of_all })
    }

    async fn task(&self, ports: &Ports, settings: &ArchiveSettings, org: OrgId, backup: BackupId, task: Task) -> Result<()> {
        let of = json!({ "org": org, "backup": backup });
        let called = ArchivePorts::from(ports);
        let name = match task {
            Task::Begin => {
                let execution = format!("backup-{backup}");
                handle(&called, settings, json!({ "task": "begin", "execution": execution, "input": of })).await?;
                return Ok(());
            }
            Task::Store => {
                return store(ports, org, self.input.as_deref().context("--input is missing")?, self.times).await;
            }
            Task::Capture => {
                hozon_capture_database::handle(&self.capture_ports(ports)?, of).await?;
                return Ok(());
            }
            Task::Pack => {
                // As in the local program, there are as many concurrent invocations as concurrent items.
                let calls: Vec<_> = self
                    .batches(ports, org, backup)
                    .await?
                    .into_iter()
                    .map(|batch| {
                        let (ports, settings) = (called.clone(), settings.clone());
                        let call = json!({ "task": "pack", "org": org, "backup": backup, "batch": batch });
                        async move { tokio::spawn(async move { handle(&ports, &settings, call).await }).await }
                    })
                    .collect();
                let mut running = stream::iter(calls).buffer_unordered(self.at_once);
                while let Some(called) = running.next().await {
                    called??;
                }
                return Ok(());
            }
            Task::Plan => "plan",
            Task::Assemble => "assemble",
            Task::Finish => "finish",
        };
        handle(&called, settings, json!({ "task": name, "org": org, "backup": backup })).await?;
        Ok(())
    }

    /// Returns the batches in this worker's share.
    async fn batches(&self, ports: &Ports, org: OrgId, backup: BackupId) -> Result<Vec<Value>> {
        let at = ObjectRef::archives(format!("work/{org}/{backup}/batches.json"));
        let all: Vec<Value> = serde_json::from_slice(&read_all(&*ports.objects, &at).await?)?;
        let (share, shares) = (self.share[0], self.share.get(1).copied().unwrap_or(1));
        Ok(all.into_iter().enumerate().filter(|(at, _)| at % shares == share).map(|(_, batch)| batch).collect())
    }
}

/// Finds an organisation by name.
pub fn organisation(data: &Path, name: &str) -> Result<OrgId> {
    let entries: Value = serde_json::from_slice(&std::fs::read(data.join("organisations.json"))?)?;
    let known = entries.as_array().into_iter().flatten().find(|entry| entry["name"] == name);
    let id = known.with_context(|| format!("there is no organisation {name}"))?["id"].clone();
    Ok(serde_json::from_value(id)?)
}

/// Runs a task, and returns the peak memory in KB with the resources that it used.
pub async fn measured(run: impl Future<Output = Result<()>>) -> Result<(u64, Value)> {
    forget_peak()?;
    let (begun, cpu) = (Instant::now(), cpu_seconds()?);
    run.await?;
    let peak = peak_kb()?;
    let wall = begun.elapsed().as_secs_f64();
    Ok((peak, json!({ "peak_kb": peak, "wall": wall, "cpu": cpu_seconds()? - cpu })))
}

fn requests_since(before: &BTreeMap<&'static str, u64>, counts: &Counts) -> Value {
    let count = |(what, count): (&str, u64)| (what.to_owned(), json!(count - before.get(what).copied().unwrap_or(0)));
    counts.all().into_iter().map(count).collect()
}

async fn request(ports: &Ports, org: OrgId) -> Result<BackupId> {
    let now = ports.clock.now();
    let id = BackupId(ports.ids.next(now));
    let person = Person { id: UserId(1), name: "Bench".to_owned(), zuid: UserId(1) };
    let backup = Backup::requested(org, id, person, Claim::Unlimited, now);
    ports.store.commit(org, change::start(backup, None, EventId(ports.ids.next(now)))).await?;
    Ok(id)
}

/// Returns the CPU time of all threads of this process so far, in seconds. Linux counts it in hundredths.
fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<f64>().ok()).context("/proc/self/stat is unknown");
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

/// Resets the peak memory.
fn forget_peak() -> Result<()> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

/// Returns the peak resident memory.
fn peak_kb() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("/proc/self/status is unknown")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
