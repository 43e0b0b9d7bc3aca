use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::domain::rows::{Cell, RowPage};
use crate::snapshots::amend::{Amendment, Changes};
use crate::snapshots::error::WriteError;
use crate::snapshots::input::body_of;
use crate::snapshots::reader::rows;
use crate::snapshots::session::{Origin, Session};

/// An id, and a name that may be NULL.
type Row = (u64, Option<String>);

fn page_of(rows: &[Row]) -> RowPage {
    let mut page = RowPage::new(3);
    for (id, name) in rows {
        page.push(&[Some(&id.to_string()), Some("left out"), name.as_deref()]).expect("a row");
    }
    page
}

fn changes(rows: &[Row], deleted: impl IntoIterator<Item = u64>) -> Changes {
    let rows = rows.chunks(3).map(page_of).collect();
    Changes { rows, deleted: deleted.into_iter().map(|id| id.to_string()).collect() }
}

async fn write(store: &Arc<Memory>, version: &str, rows: &[Row]) -> Module {
    let mut writer = begin(store, version, None);
    writer.page(page_of(rows)).await.expect("rows");
    writer.finish().await.expect("a module")
}

async fn amend(store: &Arc<Memory>, version: &str, base: &Module, changes: Changes) -> Result<Module, WriteError> {
    amend_into(store, begin(store, version, None), base, changes).await
}

async fn amend_into(store: &Arc<Memory>, writer: ModuleWriter, base: &Module, changes: Changes) -> Result<Module, WriteError> {
    let stored = document(store, base).await;
    let amendment = Amendment::new(&head(), &stored.module, changes)?;
    let mut writer = writer.knowing(base);
    amendment.write((store.clone(), ORG), stored, &mut writer).await?;
    writer.finish().await
}

async fn read(store: &Arc<Memory>, module: &Module) -> Vec<Row> {
    let stored = document(store, module).await;
    let pages: Vec<RowPage> = rows(store.clone(), ORG, module, stored.blocks).try_collect().await.expect("rows");
    let mut read = Vec::new();
    for page in pages {
        let row = |cells: &[Cell<'_>]| {
            read.push((cells[0].unwrap_or_default().parse()?, cells[1].map(str::to_owned)));
            Ok::<_, std::num::ParseIntError>(())
        };
        page.for_each(row).expect("ids");
    }
    read
}

fn some_rows(count: usize) -> impl Strategy<Value = BTreeMap<u64, Option<String>>> {
    proptest::collection::btree_map(0u64..1_500, any::<Option<String>>(), 0..count)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn an_amended_module_is_as_if_it_were_written_as_a_whole(
        base in some_rows(300),
        changed in some_rows(60),
        deleted in proptest::collection::btree_set(0u64..1_500, 0..60),
    ) {
        wait(async {
            let (store, fresh) = (Arc::<Memory>::default(), Arc::<Memory>::default());
            let rows = |rows: &BTreeMap<u64, Option<String>>| rows.clone().into_iter().collect::<Vec<Row>>();
            let before = write(&store, "v1", &rows(&base)).await;
            let amended = amend(&store, "v2", &before, changes(&rows(&changed), deleted.clone())).await.expect("amended");
            let mut expected = base;
            expected.extend(changed);
            expected.retain(|id, _| !deleted.contains(id));
            let whole = write(&fresh, "v2", &rows(&expected)).await;
            assert_eq!(document(&store, &amended).await, document(&fresh, &whole).await);
            assert_eq!(read(&store, &amended).await, rows(&expected));
        });
    }

    /// Rows in any order keep it, and new ones are there once.
    #[test]
    fn rows_that_are_not_ascending_keep_their_order(
        base in Just((0u64..200).collect::<Vec<_>>()).prop_shuffle().prop_map(|mut ids| ids.split_off(100)),
        changed in proptest::collection::btree_set(0u64..250, 0..40),
        deleted in proptest::collection::btree_set(0u64..250, 0..40),
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let old: Vec<Row> = base.iter().map(|id| (*id, None)).collect();
            let new: Vec<Row> = changed.iter().map(|id| (*id, Some("new".to_owned()))).collect();
            let before = write(&store, "v1", &old).await;
            let amended = amend(&store, "v2", &before, changes(&new, deleted.clone())).await.expect("amended");
            let found = read(&store, &amended).await;
            let of_base: Vec<u64> = found.iter().map(|(id, _)| *id).filter(|id| base.contains(id)).collect();
            let left: Vec<u64> = base.iter().copied().filter(|id| !deleted.contains(id)).collect();
            assert_eq!(of_base, left);
            let unique: BTreeSet<u64> = found.iter().map(|(id, _)| *id).collect();
            let expected: BTreeSet<u64> = base.iter().copied().chain(changed.clone()).filter(|id| !deleted.contains(id)).collect();
            assert_eq!((found.len(), &unique), (expected.len(), &expected));
            assert!(found.iter().all(|(id, name)| name.is_some() == changed.contains(id)));
        });
    }
}

/// Rows with names of 320 digits that differ.
fn names(ids: impl IntoIterator<Item = u64>, prefix: &str) -> Vec<Row> {
    let digits = |id: u64| (0..5).map(|part| hex::encode(Sha256::digest(format!("{prefix}{id} {part}")))).collect::<String>();
    ids.into_iter().map(|id| (id, Some(digits(id)))).collect()
}

#[test]
fn new_rows_come_where_numbers_have_them() {
    wait(async {
        let store = Arc::<Memory>::default();
        let ids = async |base: &[u64], new: &[u64]| {
            let before = write(&store, "v1", &names(base.iter().copied(), "")).await;
            let amended = amend(&store, "v2", &before, changes(&names(new.iter().copied(), ""), [])).await.expect("amended");
            read(&store, &amended).await.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&[9, 100], &[1000, 10, 2]).await, [2, 9, 10, 100, 1000]);
        assert_eq!(ids(&[], &[10, 2]).await, [2, 10]);
        assert_eq!(ids(&[5, 3, 10], &[4, 7, 1]).await, [1, 4, 5, 3, 10, 7], "behind the first that does not ascend, at the end");
    });
}

#[test]
fn what_has_not_changed_stays_the_same_objects() {
    const BLOCKS: Cutting = Cutting { least: 100 << 10, most: 400 << 10, every: 160 << 10 };
    wait(async {
        let store = Arc::<Memory>::default();
        let writer = |version| ModuleWriter::new((store.stores(), ORG, version), head(), StoredPart::default(), None, BLOCKS);
        let mut base = writer("v1");
        for rows in names((0..200_000).step_by(2), "").chunks(1_000) {
            base.page(page_of(rows)).await.expect("rows");
        }
        let before = base.finish().await.expect("a module");
        let (blocks, stored) = (document(&store, &before).await.blocks.len(), store.stored().len());
        // One row in a hundred: the newest, as CRMs have it, and a few among all others.
        let changed = (198_600..200_000).step_by(2).chain((1_000..190_000).step_by(38_000));
        let new = (200_000..200_580).step_by(2).chain([55_555]);
        let rows = names(changed.chain(new), "changed ");
        assert_eq!(rows.len(), 700 + 5 + 291);
        let amended = amend_into(&store, writer("v2"), &before, changes(&rows, [77_778])).await.expect("amended");
        assert_eq!(amended.rows, 100_000 + 291 - 1);
        let added = store.stored().len() - stored;
        assert!(blocks > 60 && added <= blocks / 4, "{added} objects are new; there were {blocks}");
    });
}

#[test]
fn a_module_that_cannot_be_amended_is_refused() {
    wait(async {
        let store = Arc::<Memory>::default();
        let module = write(&store, "v1", &names(0..3, "")).await;
        let refused = |change: &dyn Fn(&mut ModuleHead)| {
            let mut head = head();
            change(&mut head);
            matches!(Amendment::new(&head, &module, Changes::default()), Err(WriteError::NotAmendable))
        };
        assert!(!refused(&|_| {}) && !refused(&|head| head.label.clear()));
        assert!(refused(&|head| head.key.clear()));
        assert!(refused(&|head| head.fields.truncate(2)));
        assert!(refused(&|head| head.contents = DataCategory::Mail));
        let mut keyed = module.clone();
        keyed.key = vec!["mail".to_owned()];
        let head = ModuleHead { key: keyed.key.clone(), ..head() };
        assert!(
            matches!(Amendment::new(&head, &keyed, Changes::default()), Err(WriteError::NotAmendable)),
            "its key is left out"
        );
    });
}

#[test]
fn a_damaged_row_index_is_found() {
    wait(async {
        let store = Arc::<Memory>::default();
        let module = write(&store, "v1", &names(0..3, "")).await;
        store.change(&store.stored()[0], |bytes| {
            let last = bytes.len() - 1;
            bytes[last] ^= 1;
        });
        let failed = amend(&store, "v2", &module, changes(&names([1], ""), [])).await;
        assert!(matches!(failed, Err(WriteError::Store(error)) if error.kind == crate::ports::ErrorKind::Corrupt));
    });
}

#[test]
fn a_session_amends_what_is_current_and_what_it_has_written_itself() {
    wait(async {
        let store = Arc::<Memory>::default();
        let now = DateTime::<Utc>::from_timestamp(1_800_000_000, 0).expect("a time");
        let begin = async |id| Session::begin(store.ports(), (ORG, Origin::Captured), id, now).await.expect("a session");
        let session = begin(1).await;
        let mut writer = session.module(head());
        writer.page(page_of(&names(0..10, ""))).await.expect("rows");
        writer.attachment(attachment("1", "1", "a.txt"), body_of("text")).await.expect("stored");
        let first = writer.finish().await.expect("a module");
        let mut writer = session.amend(&first, head(), changes(&names([20], ""), [0])).await.expect("amended");
        assert!(writer.fixed_attachment(&attachment("1", "1", "a.txt"), Some(4)).await.expect("stored"));
        let second = writer.finish().await.expect("a module");
        assert_eq!((second.rows, second.attachments, &second.version), (10, 1, &first.version));
        session.publish(std::slice::from_ref(&second), now).await.expect("published");
        let session = begin(2).await;
        let same = session.amend(&second, head(), changes(&names([20], ""), [0])).await.expect("amended");
        let same = same.keep_attachments(&second).await.expect("kept").finish().await.expect("a module");
        assert_eq!(same.version, second.version, "nothing has changed");
        let other = session.amend(&second, head(), changes(&names([20], " changed"), [])).await.expect("amended");
        assert_ne!(other.finish().await.expect("a module").version, second.version);
    });
}
