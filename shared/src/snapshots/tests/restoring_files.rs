//! Files of a plan between two versions of a module: pages of any size name each file once, and the bytes are those that were stored.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::TryStreamExt;
use proptest::prelude::*;

use super::*;
use crate::domain::restore::{FilePlanCounts, ModuleRule, PlannedAction, RestorePolicy};
use crate::ports::{ErrorKind, FileBytes, Objects, SourceError};
use crate::snapshots::document::SnapshotModule;
use crate::snapshots::file_bytes::ReadFailure;
use crate::snapshots::input::body_of;
use crate::snapshots::restoring::{ConcernedFiles, FileRule, ModulePair};

/// Record and content of each file by its id.
type Files = BTreeMap<u32, (u8, u8)>;

fn some_files() -> impl Strategy<Value = Files> {
    let values = prop_oneof![6 => Just((0u8, 0u8)), 1 => (0u8..3, 0u8..3)];
    proptest::collection::btree_map(0u32..80, values, 0..50)
}

fn bytes(content: u8) -> Vec<u8> {
    format!("{content}").repeat(80).into_bytes()
}

async fn write(store: &Arc<Memory>, version: &str, files: &Files) -> SnapshotModule {
    let mut writer = begin(store, version, None);
    for (id, (record, content)) in files {
        let head = attachment(&id.to_string(), &record.to_string(), "a.txt");
        writer.attachment(head, body_of(bytes(*content))).await.expect("stored");
    }
    SnapshotModule::from(writer.finish().await.expect("a module"))
}

async fn opened(store: &Arc<Memory>, now: &SnapshotModule, wanted: &SnapshotModule) -> ModulePair {
    let objects: Arc<dyn Objects> = store.clone();
    ModulePair::open((&objects, ORG), Some(now), wanted).await.expect("is read").expect("is backed up")
}

async fn all(bytes: &FileBytes) -> Result<Vec<u8>, SourceError> {
    let pieces: Vec<bytes::Bytes> = bytes.read().try_collect().await?;
    Ok(pieces.concat())
}

/// What is done with each file.
fn expected(now: &Files, wanted: &Files, change: bool, is_concerned: impl Fn(u32, u8) -> bool) -> BTreeMap<u32, PlannedAction> {
    let action = |(id, (record, content)): (&u32, &(u8, u8))| {
        let action = match now.get(id) {
            None => PlannedAction::Create,
            Some(found) if found == &(*record, *content) => return None,
            Some(_) if change => PlannedAction::Change,
            Some(_) => PlannedAction::Leave,
        };
        is_concerned(*id, *record).then_some((*id, action))
    };
    wanted.iter().filter_map(action).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn each_file_that_differs_is_planned_once_with_the_bytes_that_are_wanted(
        (now, wanted) in (some_files(), some_files()),
        change in any::<bool>(),
        records in proptest::option::of(proptest::collection::btree_set(0u8..3, 0..3)),
        ids in proptest::option::of(proptest::collection::btree_set(0u32..80, 0..40)),
        limit in 1usize..20,
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let objects: Arc<dyn Objects> = store.clone();
            let (old, new) = (write(&store, "v1", &now).await, write(&store, "v2", &wanted).await);
            let pair = opened(&store, &old, &new).await;
            let texts = |ids: Vec<String>| Arc::new(ids.into_iter().collect::<BTreeSet<_>>());
            let concerned = match (&records, &ids) {
                (Some(records), _) => ConcernedFiles::OfRecords(texts(records.iter().map(u8::to_string).collect())),
                (None, Some(ids)) => ConcernedFiles::Written(texts(ids.iter().map(u32::to_string).collect())),
                (None, None) => ConcernedFiles::All,
            };
            let policy = RestorePolicy { change, delete: true };
            let rule = FileRule { rule: ModuleRule { policy, ..ModuleRule::default() }, concerned, is_erased: None };
            let (mut found, mut behind, mut counts) = (BTreeMap::new(), None::<String>, FilePlanCounts::default());
            loop {
                let page = pair.files(&rule, behind.as_deref(), limit).await.expect("a page");
                for file in page.files {
                    let id: u32 = file.wanted.file.attachment.id.parse().expect("an id");
                    let read = all(&file.wanted.bytes(&objects, ORG, &ReadFailure::default())).await.expect("bytes");
                    assert_eq!(read, bytes(wanted[&id].1));
                    assert_eq!(file.seen.is_some(), now.contains_key(&id));
                    counts.count(file.action, read.len() as u64);
                    assert_eq!(found.insert(id, file.action), None);
                }
                behind = page.next;
                if behind.is_none() {
                    break;
                }
            }
            let is_concerned = |id: u32, record: u8| match (&records, &ids) {
                (Some(records), _) => records.contains(&record),
                (None, Some(ids)) => ids.contains(&id),
                (None, None) => true,
            };
            assert_eq!(found, expected(&now, &wanted, change, is_concerned));
            let mut counted = FilePlanCounts::default();
            assert_eq!(pair.count_files(&rule, None, &mut counted, || false).await.expect("counts"), None);
            assert_eq!(counted, counts, "the numbers are those of the files");
        });
    }
}

/// The files that are planned from nothing.
async fn created(store: &Arc<Memory>, files: &[Vec<u8>]) -> Vec<crate::snapshots::single_file::FoundFile> {
    let mut writer = begin(store, "v2", None);
    for (id, bytes) in files.iter().enumerate() {
        let head = NewAttachment { content_type: "text/plain".to_owned(), ..attachment(&id.to_string(), "1", "a.txt") };
        writer.attachment(head, body_of(bytes.clone())).await.expect("stored");
    }
    let wanted = SnapshotModule::from(writer.finish().await.expect("a module"));
    let pair = opened(store, &write(store, "v1", &Files::new()).await, &wanted).await;
    let rule = FileRule { rule: ModuleRule::default(), concerned: ConcernedFiles::All, is_erased: None };
    pair.files(&rule, None, 100).await.expect("a page").files.into_iter().map(|file| file.wanted).collect()
}

#[test]
fn small_and_large_files_are_read_piece_by_piece_as_often_as_wanted() {
    wait(async {
        let store = Arc::<Memory>::default();
        let objects: Arc<dyn Objects> = store.clone();
        let noise: Vec<u8> = (0..10_000_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let files = [Vec::new(), b"short".to_vec(), b"0123456789".repeat(1_000_000), noise];
        for (found, wanted) in created(&store, &files).await.iter().zip(&files) {
            let bytes = found.bytes(&objects, ORG, &ReadFailure::default());
            for _ in 0..2 {
                assert!(all(&bytes).await.expect("bytes") == *wanted, "{} bytes", wanted.len());
            }
        }
    });
}

#[test]
fn a_file_that_is_not_what_was_stored_fails_at_its_end_with_the_reason() {
    wait(async {
        let store = Arc::<Memory>::default();
        let objects: Arc<dyn Objects> = store.clone();
        for mut found in created(&store, &[b"short".to_vec(), b"0123456789".repeat(1_000_000)]).await {
            (found.file.entry.crc32, found.file.sha256) = (1, "0".repeat(64));
            let failure = ReadFailure::default();
            assert!(all(&found.bytes(&objects, ORG, &failure)).await.is_err());
            assert_eq!(failure.take().map(|error| error.kind), Some(ErrorKind::Corrupt));
            assert!(failure.take().is_none());
        }
    });
}
