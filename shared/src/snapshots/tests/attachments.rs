use std::collections::BTreeMap;

use futures_util::{StreamExt, stream};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::ports::{ErrorKind, PortError};
use crate::snapshots::error::WriteError;
use crate::snapshots::input::body_of;
use crate::snapshots::reader::files;

/// A file whose bytes follow from its id and size.
#[derive(Debug, Clone)]
struct File {
    id: String,
    record: u8,
    name: &'static str,
    size: usize,
}

impl File {
    fn head(&self) -> NewAttachment {
        attachment(&self.id, &self.record.to_string(), self.name)
    }

    fn bytes(&self) -> Vec<u8> {
        let blocks = (0..self.size.div_ceil(32)).flat_map(|block| Sha256::digest(format!("{} {block}", self.id)));
        blocks.take(self.size).collect()
    }

    async fn store(&self, writer: &mut ModuleWriter) {
        writer.attachment(self.head(), body_of(self.bytes())).await.expect("stored");
    }

    /// Gives the writer a body that breaks off.
    async fn fail(&self, writer: &mut ModuleWriter) {
        let broken = stream::iter([Err(PortError::new(ErrorKind::Unavailable, "read a file"))]);
        let failed = writer.attachment(self.head(), body_of(self.bytes()).chain(broken).boxed()).await;
        assert!(matches!(failed, Err(WriteError::Store(error)) if error.kind == ErrorKind::Unavailable));
    }

    /// Returns whether the file was fetched.
    async fn refer(&self, writer: &mut ModuleWriter) -> bool {
        if writer.fixed_attachment(&self.head(), Some(self.size as u64)).await.expect("stored") {
            return false;
        }
        self.store(writer).await;
        true
    }
}

/// Files of records in order, with names that collide.
fn some_files() -> impl Strategy<Value = Vec<File>> {
    let name = prop::sample::select(vec!["a.txt", "A.TXT", "offer.pdf", "con"]);
    proptest::collection::vec((0u8..12, name, 0usize..1_500), 0..60).prop_map(|files| {
        let files = files.into_iter().enumerate();
        let mut files: Vec<_> =
            files.map(|(id, (record, name, size))| File { id: format!("f{id}"), record, name, size }).collect();
        files.sort_by_key(|file| file.record);
        files
    })
}

/// Writes a module that consists of a row and files.
async fn write(store: &Arc<Memory>, version: &str, files: &[File]) -> Module {
    let mut writer = begin(store, version, None);
    writer.row(&[Some("1"), None, None]).await.expect("a row");
    for file in files {
        file.store(&mut writer).await;
    }
    writer.finish().await.expect("a module")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_pauses_between_attachments_make_the_same_module(
        files in some_files(),
        pauses in proptest::collection::vec(0usize..60, 0..6),
        failures in proptest::collection::btree_set(0usize..60, 0..6),
    ) {
        wait(async {
            let (store, paused) = (Arc::<Memory>::default(), Arc::<Memory>::default());
            let module = write(&store, "v", &files).await;
            let mut writer = begin(&paused, "v", None);
            writer.row(&[Some("1"), None, None]).await.expect("a row");
            for (at, file) in files.iter().enumerate() {
                for _ in pauses.iter().filter(|pause| **pause == at) {
                    let part = writer.pause_files().await.expect("a part");
                    assert_eq!((part.count(), part.attachments(), part.has_all_rows()), (1, at as u64, true));
                    let part = serde_json::to_string(&part).expect("JSON");
                    writer = resume(&paused, "v", serde_json::from_str(&part).expect("a part"), None);
                }
                if failures.contains(&at) {
                    file.fail(&mut writer).await;
                }
                file.store(&mut writer).await;
            }
            let part = writer.pause_files().await.expect("a part");
            assert_eq!(part.attachments(), files.len() as u64);
            let resumed = resume(&paused, "v", part, None).finish().await.expect("a module");
            assert_eq!(document(&paused, &resumed).await, document(&store, &module).await);
            let stored = paused.stored();
            assert!(store.stored().iter().all(|object| stored.contains(object)));
        });
    }

    #[test]
    fn what_is_referred_to_is_as_if_it_were_fetched(
        files in some_files(),
        changes in proptest::collection::vec(0u8..8, 60),
        pause in 0usize..60,
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let before = write(&store, "v1", &files).await;
            let mut wanted = 0;
            let mut after = Vec::new();
            for (file, change) in files.into_iter().zip(changes) {
                match change {
                    0 => continue,
                    1 => after.push(File { name: "renamed", ..file }),
                    2 => after.push(File { size: file.size + 1, ..file }),
                    3 => after.extend([file.clone(), File { id: format!("new {}", file.id), ..file }]),
                    _ => after.push(file),
                }
                wanted += usize::from(matches!(change, 2 | 3));
            }
            let mut writer = begin(&store, "v2", Some(&before));
            writer.row(&[Some("1"), None, None]).await.expect("a row");
            let mut fetched = 0;
            for (at, file) in after.iter().enumerate() {
                if at == pause {
                    writer = resume(&store, "v2", writer.pause_files().await.expect("a part"), Some(&before));
                }
                fetched += usize::from(file.refer(&mut writer).await);
            }
            assert_eq!(fetched, wanted);
            let module = writer.finish().await.expect("a module");
            let fresh = Arc::<Memory>::default();
            let expected = write(&fresh, &module.version, &after).await;
            assert_eq!(document(&store, &module).await, document(&fresh, &expected).await);
        });
    }
}

fn file(id: usize, size: usize) -> File {
    File { id: id.to_string(), record: (id / 50) as u8, name: "scan.pdf", size }
}

#[test]
fn a_module_of_known_attachments_reads_each_pack_once_and_stores_nothing() {
    wait(async {
        let store = Arc::<Memory>::default();
        let files: Vec<File> = (0..500).map(|id| file(id, 300)).collect();
        let before = write(&store, "v1", &files).await;
        let (stored, reads) = (store.stored(), store.reads());
        let mut writer = begin(&store, "v2", Some(&before));
        writer.row(&[Some("1"), None, None]).await.expect("a row");
        for file in &files {
            assert!(!file.refer(&mut writer).await);
        }
        assert_eq!(writer.finish().await.expect("a module").version, "v1");
        assert_eq!(store.stored(), stored);
        let packs = document(&store, &before).await.files.len();
        assert!(packs > 20, "{packs}");
        // The document twice, because the module is compared with the one before, and each pack with its list.
        assert_eq!(store.reads() - reads, 2 * packs + 2 + 1);
    });
}

#[test]
fn a_large_attachment_is_referred_to_unless_its_object_is_gone() {
    wait(async {
        let store = Arc::<Memory>::default();
        let files = [file(1, 100), file(2, 9 << 20), file(3, 100)];
        let before = write(&store, "v1", &files).await;
        for (is_gone, expected) in [(false, [false; 3]), (true, [false, true, false])] {
            let runs = document(&store, &before).await.files;
            if is_gone {
                let key = store.stored().into_iter().find(|key| key.ends_with(runs[1].object())).expect("a large file");
                store.change(&key, |bytes| bytes.clear());
            }
            let mut writer = begin(&store, "v2", Some(&before));
            writer.row(&[Some("1"), None, None]).await.expect("a row");
            let mut fetched = Vec::new();
            files[1].fail(&mut writer).await;
            for file in &files {
                fetched.push(file.refer(&mut writer).await);
            }
            assert_eq!(fetched, expected);
            assert_eq!(writer.finish().await.expect("a module"), before);
        }
    });
}

#[test]
fn attachments_of_a_damaged_pack_are_fetched_again() {
    wait(async {
        let (store, files) = (Arc::<Memory>::default(), (0..100).map(|id| file(id, 300)).collect::<Vec<_>>());
        let before = write(&store, "v1", &files).await;
        let damaged = document(&store, &before).await.files[1].clone();
        let key = store.stored().into_iter().find(|key| key.ends_with(damaged.object())).expect("a pack");
        let whole = store.bytes(&key);
        store.change(&key, |bytes| bytes[40] ^= 1);
        let mut writer = begin(&store, "v2", Some(&before));
        writer.row(&[Some("1"), None, None]).await.expect("a row");
        let mut fetched = 0;
        for file in &files {
            fetched += u64::from(file.refer(&mut writer).await);
        }
        assert_eq!(fetched, damaged.count());
        assert_eq!(writer.finish().await.expect("a module"), before);
        assert_eq!(store.bytes(&key), whole, "the pack is stored again");
    });
}

#[test]
fn kept_attachments_are_those_of_the_other_version_and_others_may_follow() {
    wait(async {
        let files: Vec<File> = (0..120).map(|id| file(id, 300)).collect();
        let fresh = Arc::<Memory>::default();
        let whole = write(&fresh, "v2", &files).await;
        for kept in (0..files.len()).step_by(7) {
            let store = Arc::<Memory>::default();
            let before = write(&store, "v1", &files[..kept]).await;
            let mut writer = begin(&store, "v2", Some(&before));
            writer.row(&[Some("1"), None, None]).await.expect("a row");
            let mut writer = writer.keep_attachments(&before).await.expect("kept");
            for file in &files[kept..] {
                file.store(&mut writer).await;
            }
            let module = writer.finish().await.expect("a module");
            assert_eq!(document(&store, &module).await, document(&fresh, &whole).await, "{kept}");
        }
    });
}

#[test]
fn attachments_of_a_version_that_is_not_current_are_known_too() {
    wait(async {
        let store = Arc::<Memory>::default();
        let (one, two) =
            (write(&store, "v1", &[file(1, 10), file(2, 10)]).await, write(&store, "v2", &[file(2, 10), file(3, 10)]).await);
        let mut writer = begin(&store, "v3", Some(&one)).knowing(&two);
        let mut fetched = BTreeMap::new();
        for id in 1..5 {
            fetched.insert(id, file(id, 10).refer(&mut writer).await);
        }
        assert_eq!(fetched, BTreeMap::from([(1, false), (2, false), (3, false), (4, true)]));
        let module = writer.finish().await.expect("a module");
        let run = &document(&store, &module).await.files[0];
        let stored = files(&*store, ORG, run).await.expect("a list");
        assert_eq!(stored.iter().map(|file| file.attachment.id.as_str()).collect::<Vec<_>>(), ["1", "2", "3", "4"]);
    });
}

#[test]
fn rows_end_where_attachments_begin_and_older_parts_are_read() {
    wait(async {
        let store = Arc::<Memory>::default();
        let part = begin(&store, "v", None).pause_files().await.expect("a part");
        let refused = resume(&store, "v", part, None).row(&[None, None, None]).await;
        assert!(matches!(refused, Err(WriteError::Stopped)));
        let older = r#"{"rows":{"blocks":[],"first_sha256":null},"left_out":3}"#;
        let part: StoredPart = serde_json::from_str(older).expect("a part");
        assert_eq!((part.count(), part.attachments(), part.has_all_rows()), (3, 0, false));
        assert_eq!(serde_json::to_string(&part).expect("JSON"), older);
    });
}
