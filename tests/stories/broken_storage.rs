//! Storage that has lost data or refuses requests: the backup fails with a reason and returns its claim.

use std::io::{self, Write};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use hozon::import::{ImportOptions, import};
use hozon_archive::{ArchivePorts, ArchiveSettings, Stage, TaskError, handle};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::ports::{ErrorKind, ObjectRef, PartTag, PortError, Ports, UploadId, Uploads};
use hozon_shared::snapshots::stores::stored_object;
use hozon_tests::{Crm, World};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tracing_subscriber::util::SubscriberInitExt;

use crate::repeats::requested;

/// Uploads to a store that is full, and refuses to abort them as well.
#[derive(Default)]
struct FullAndRefusing {
    aborts: AtomicUsize,
}

fn full<T>(what: &'static str) -> Result<T, PortError> {
    Err(PortError::new(ErrorKind::Full, what))
}

#[async_trait]
impl Uploads for FullAndRefusing {
    async fn begin(&self, _: &ObjectRef, _: &str) -> Result<UploadId, PortError> {
        Ok(UploadId("upload".to_owned()))
    }

    async fn part(&self, _: &ObjectRef, _: &UploadId, _: i32, _: Bytes) -> Result<PartTag, PortError> {
        full("upload a part")
    }

    async fn copy_part(&self, _: &ObjectRef, _: &UploadId, _: i32, _: &ObjectRef, _: Range<u64>) -> Result<PartTag, PortError> {
        full("copy a part")
    }

    async fn complete(&self, _: &ObjectRef, _: &UploadId, _: Vec<PartTag>, _: Option<u32>) -> Result<(), PortError> {
        full("complete an upload")
    }

    async fn abort(&self, _: &ObjectRef, _: &UploadId) -> Result<(), PortError> {
        self.aborts.fetch_add(1, Ordering::SeqCst);
        Err(PortError::new(ErrorKind::Refused, "abort an upload"))
    }
}

/// The log of this test.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Returns the lines about failed aborts.
    fn of_aborts(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains("an upload could not be aborted")).map(str::to_owned).collect()
    }
}

/// Plans a backup, and packs its batches with other ports.
async fn pack(world: &World, ports: &Ports, settings: &ArchiveSettings) -> Vec<Result<Value, TaskError>> {
    let own = ArchivePorts::from(&world.local.ports);
    let backup = requested(world).await;
    let of = json!({ "org": world.org, "backup": backup.id });
    let begin = json!({ "task": "begin", "execution": backup.execution, "input": of });
    handle(&own, &ArchiveSettings::default(), begin).await.unwrap();
    let plan = json!({ "task": "plan", "org": world.org, "backup": backup.id });
    let planned = handle(&own, &ArchiveSettings::default(), plan).await.unwrap();
    let batches = std::fs::read(world.local.archive_path(planned["key"].as_str().unwrap())).unwrap();
    let mut packed = Vec::new();
    for batch in serde_json::from_slice::<Vec<Value>>(&batches).unwrap() {
        let input = json!({ "task": "pack", "org": world.org, "backup": backup.id, "batch": batch });
        packed.push(handle(&ArchivePorts::from(ports), settings, input).await);
    }
    let reason = ports.progress.failure(world.org, backup.id).await.unwrap().unwrap();
    assert_eq!(reason.code, "STORAGE_FULL", "the backup keeps the first failure");
    let failed = json!({ "org": world.org, "backup": backup.id, "error": { "Error": "STORAGE_FULL" } });
    handle(&own, &ArchiveSettings::default(), json!({ "task": "fail", "input": failed })).await.unwrap();
    packed
}

#[tokio::test]
async fn a_failed_abort_is_logged_and_leaves_the_first_failure_as_the_reason() {
    let log = Log::default();
    let writer = log.clone();
    let _logged = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).set_default();
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let uploads = Arc::new(FullAndRefusing::default());
    let ports = Ports { uploads: uploads.clone(), ..world.local.ports.clone() };

    let settings = ArchiveSettings { part_bytes: 16, ..ArchiveSettings::default() };
    let failed: Vec<_> = pack(&world, &ports, &settings).await.into_iter().filter_map(Result::err).collect();
    assert!(!failed.is_empty());
    for error in failed {
        assert_eq!((error.stage, error.code(), error.is_retryable()), (Stage::Pack, "STORAGE_FULL", false));
    }
    let (aborts, lines) = (uploads.aborts.load(Ordering::SeqCst), log.of_aborts());
    assert!(aborts > 0 && lines.len() == aborts, "{aborts}: {lines:?}");
    for line in &lines {
        assert!(line.contains("abort an upload: Refused") && line.contains("upload a part: Full"), "{line}");
    }

    let large = Crm::small().file("attachments/Leads/1/film.bin", &vec![7; 9 << 20]);
    let options = ImportOptions { from: large.inputs(), ..ImportOptions::default() };
    let error = import(&ports, world.org, &options, &mut |_| {}).await.map(drop).unwrap_err();
    let causes = hozon_shared::telemetry::Causes(&error).to_string();
    assert!(causes.contains("upload a part: Full") && !causes.contains("abort"), "{causes}");
    assert_eq!((uploads.aborts.load(Ordering::SeqCst), log.of_aborts().len()), (aborts + 1, aborts + 1));
    world.end().await;
}

#[tokio::test]
async fn a_missing_attachment_is_named_and_the_backup_is_not_called_complete() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.lose_an_attachment().await;
    let backup = world.back_up().await;
    assert_eq!((backup.status, backup.files.len()), (BackupStatus::Failed, 0));
    let failure = backup.failure.unwrap();
    assert_eq!(failure.code, "ATTACHMENT_MISSING");
    for part in ["見積.txt", "record 10", "Deals"] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup").await.body["backup"]["status"], "FAILED");
    assert_eq!(administrator.get("/backup/urls").await.status, StatusCode::NO_CONTENT);
    assert_eq!(administrator.get("/backup/summary").await.body["summary"]["allowance"]["left"], 2);
    let history = administrator.get("/backup/history").await;
    assert_eq!(history.body["history"][0]["state"], "failure");
    let feed = administrator.get("/backup/notifications").await;
    assert_eq!(feed.body["notifications"][0]["failure"]["code"], "ATTACHMENT_MISSING");
    drop(administrator);
    world.end().await;
}

#[tokio::test]
async fn an_attachment_that_was_cut_short_is_named() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let pack = stored_object(world.org, world.stored("Deals").await.files[0].object());
    world.local.ports.objects.put(&pack, "保".into(), "text/plain").await.unwrap();
    let failure = world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "DATA_DAMAGED");
    assert!(failure.message.contains("見積.txt") && failure.message.contains("Deals"), "{}", failure.message);
    world.end().await;
}

#[tokio::test]
async fn after_a_failure_is_repaired_the_next_backup_is_ready() {
    let world = World::start().await;
    let crm = Crm::small();
    world.import(crm.inputs()).await;
    let rows = stored_object(world.org, &world.stored("Leads").await.blocks[0].object);
    world.local.ports.objects.delete(&rows).await.unwrap();
    let failure = world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "DATA_MISSING");
    assert!(failure.message.contains("Leads.csv"), "{}", failure.message);
    world.import(crm.inputs()).await;
    world.back_up_well().await;
    world.end().await;
}
