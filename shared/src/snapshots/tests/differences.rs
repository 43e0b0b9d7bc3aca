//! Two versions of a module with random rows: the differences are those that a plain comparison finds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::domain::differences::{Counted, DifferenceKind, ModuleState, PartlyCompared};
use crate::domain::id::BackupId;
use crate::ports::{ErrorKind, Objects};
use crate::snapshots::differences::{DifferencePlace, RowDifferences, compare_modules, compare_snapshots};
use crate::snapshots::document::{Snapshot, SnapshotModule};
use crate::snapshots::input::body_of;

/// An id, and a variant of the rest of the row.
type Row = (String, u8);
/// An id, what happened to it, and whether blocks of both sides are named.
type Found = (Vec<u8>, DifferenceKind);

fn objects(store: &Arc<Memory>) -> Arc<dyn Objects> {
    store.clone()
}

/// Digits that hardly compress. A block of these tests has about 64 KB of text, which is 26 rows.
fn text(id: &str, variant: u8) -> String {
    (0..40).map(|part| hex::encode(Sha256::digest(format!("{id} {variant} {part}")))).collect()
}

async fn write_as(store: &Arc<Memory>, version: &str, head: ModuleHead, rows: &[Row]) -> Module {
    let mut writer = ModuleWriter::new((store.stores(), ORG, version), head, StoredPart::default(), None, SMALL);
    for (id, variant) in rows {
        writer.row(&[Some(id), None, Some(&text(id, *variant))]).await.expect("a row");
    }
    writer.finish().await.expect("a module")
}

async fn write(store: &Arc<Memory>, version: &str, rows: &[Row]) -> Module {
    write_as(store, version, head(), rows).await
}

fn keyless() -> ModuleHead {
    ModuleHead { key: Vec::new(), ..head() }
}

/// What a plain comparison finds: for each id, rows that both have cancel each other out, the rest is paired.
fn expected(before: &[Row], after: &[Row]) -> Vec<Found> {
    let mut ids: BTreeMap<&str, BTreeMap<u8, (u64, u64)>> = BTreeMap::new();
    before.iter().for_each(|(id, variant)| ids.entry(id).or_default().entry(*variant).or_default().0 += 1);
    after.iter().for_each(|(id, variant)| ids.entry(id).or_default().entry(*variant).or_default().1 += 1);
    let mut found = Vec::new();
    for (id, variants) in ids {
        let old: u64 = variants.values().map(|(old, new)| old.saturating_sub(*new)).sum();
        let new: u64 = variants.values().map(|(old, new)| new.saturating_sub(*old)).sum();
        let mut add = |kind, count| (0..count).for_each(|_| found.push((id.as_bytes().to_vec(), kind)));
        add(DifferenceKind::Changed, old.min(new));
        add(DifferenceKind::Deleted, old - old.min(new));
        add(DifferenceKind::Added, new - old.min(new));
    }
    found
}

async fn open(store: &Arc<Memory>, (before, after): (&Module, &Module), behind: Option<&DifferencePlace>) -> RowDifferences {
    let (old, new) = (document(store, before).await, document(store, after).await);
    RowDifferences::open((objects(store), ORG), (&old.blocks, &new.blocks), behind).await.expect("opened")
}

async fn found(store: &Arc<Memory>, versions: (&Module, &Module)) -> Vec<Found> {
    let mut differences = open(store, versions, None).await;
    let mut found = Vec::new();
    while let Some(difference) = differences.next().await.expect("a difference") {
        let sides = (difference.before.is_some(), difference.after.is_some());
        let of_kind = match difference.kind {
            DifferenceKind::Added => (false, true),
            DifferenceKind::Changed => (true, true),
            DifferenceKind::Deleted => (true, false),
        };
        assert_eq!(sides, of_kind);
        found.push((difference.id, difference.kind));
    }
    found
}

/// Rows whose ids have any length and may be there several times, in any order.
fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    proptest::collection::vec(("[0-9]{0,3}", 0u8..3), 0..200).prop_shuffle()
}

/// A change of a row: to another variant, another place, gone, or there twice.
fn edited(rows: &[Row], edits: &[(usize, u8)]) -> Vec<Row> {
    let mut rows = rows.to_vec();
    for (at, edit) in edits {
        let Some(at) = at.checked_rem(rows.len()) else { break };
        match edit {
            0 => rows[at].1 += 1,
            1 => drop(rows.remove(at)),
            2 => rows.swap(at, 0),
            3 => rows.push(rows[at].clone()),
            _ => rows.insert(at, (format!("new {at}"), 0)),
        }
    }
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn differences_of_edited_rows_are_those_of_a_plain_comparison(
        rows in any_rows(),
        edits in proptest::collection::vec((any::<usize>(), 0u8..5), 0..20),
        is_shuffled in any::<bool>(),
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let mut new = edited(&rows, &edits);
            if is_shuffled {
                new.reverse();
            }
            let (before, after) = (write(&store, "v1", &rows).await, write(&store, "v2", &new).await);
            assert_eq!(found(&store, (&before, &after)).await, expected(&rows, &new));
        });
    }

    #[test]
    fn differences_of_unrelated_rows_are_those_of_a_plain_comparison(old in any_rows(), new in any_rows()) {
        wait(async {
            let store = Arc::<Memory>::default();
            let (before, after) = (write(&store, "v1", &old).await, write(&store, "v2", &new).await);
            assert_eq!(found(&store, (&before, &after)).await, expected(&old, &new));
        });
    }

    #[test]
    fn rows_that_nothing_identifies_are_added_or_deleted(old in any_rows(), new in any_rows()) {
        wait(async {
            let store = Arc::<Memory>::default();
            let before = write_as(&store, "v1", keyless(), &old).await;
            let after = write_as(&store, "v2", keyless(), &new).await;
            let (before, after) = (document(&store, &before).await, document(&store, &after).await);
            let compared = compare_modules((&objects(&store), ORG), &before, &after).await.expect("compared");
            let count = |rows: &[Row]| {
                let mut counts: BTreeMap<Row, u64> = BTreeMap::new();
                rows.iter().for_each(|row| *counts.entry(row.clone()).or_default() += 1);
                counts
            };
            let (old, new) = (count(&old), count(&new));
            let missing = |from: &BTreeMap<Row, u64>, of: &BTreeMap<Row, u64>| -> u64 {
                of.iter().map(|(row, number)| number.saturating_sub(from.get(row).copied().unwrap_or_default())).sum()
            };
            assert_eq!((compared.rows.added, compared.rows.changed, compared.rows.deleted), (missing(&old, &new), 0, missing(&new, &old)));
            assert_eq!(compared.examples, Default::default());
        });
    }

    #[test]
    fn pages_of_any_size_are_the_whole(old in any_rows(), new in any_rows(), page in 1usize..9) {
        wait(async {
            let store = Arc::<Memory>::default();
            let (before, after) = (write(&store, "v1", &old).await, write(&store, "v2", &new).await);
            let (mut place, mut paged) = (None, Vec::new());
            loop {
                let mut differences = open(&store, (&before, &after), place.as_ref()).await;
                let mut count = 0;
                while count < page && let Some(difference) = differences.next().await.expect("a difference") {
                    paged.push((difference.id, difference.kind));
                    count += 1;
                }
                if count < page {
                    break;
                }
                place = Some(differences.place());
            }
            assert_eq!(paged, expected(&old, &new));
        });
    }
}

fn rows_of(ids: impl IntoIterator<Item = u32>) -> Vec<Row> {
    ids.into_iter().map(|id| (id.to_string(), 0)).collect()
}

#[test]
fn only_indexes_of_blocks_that_differ_are_read() {
    wait(async {
        let store = Arc::<Memory>::default();
        let mut rows = rows_of(1_000..3_000);
        let before = write(&store, "v1", &rows).await;
        rows[700].1 = 1;
        let after = write(&store, "v2", &rows).await;
        let (old, new) = (document(&store, &before).await, document(&store, &after).await);
        let read = store.reads();
        let compared = compare_modules((&objects(&store), ORG), &old, &new).await.expect("compared");
        assert!(old.blocks.len() > 20 && store.reads() - read <= 8, "{} of {}", store.reads() - read, old.blocks.len());
        let counted = Counted { before: 2_000, after: 2_000, changed: 1, ..Counted::default() };
        assert_eq!((compared.rows, compared.state, compared.partly), (counted, ModuleState::Changed, None));
        assert_eq!(compared.examples.changed, ["1700"]);
    });
}

#[test]
fn the_blocks_of_a_difference_have_its_row() {
    wait(async {
        let store = Arc::<Memory>::default();
        let mut rows = rows_of(1_000..1_400);
        let before = write(&store, "v1", &rows).await;
        (rows[3].1, rows[250].1) = (1, 1);
        let after = write(&store, "v2", &rows).await;
        let mut differences = open(&store, (&before, &after), None).await;
        while let Some(difference) = differences.next().await.expect("a difference") {
            for (module, number) in [(&before, difference.before), (&after, difference.after)] {
                let block = document(&store, module).await.blocks[number.expect("a block")].clone();
                let index = store.bytes(&super::super::stores::stored_object(ORG, &block.object).key);
                let mut ids = BTreeSet::new();
                super::super::row_index::for_each_id(&index[block.bytes as usize..], |id| {
                    ids.insert(id.to_vec());
                })
                .expect("ids");
                assert!(ids.contains(&difference.id));
            }
        }
    });
}

#[test]
fn examples_are_few() {
    wait(async {
        let store = Arc::<Memory>::default();
        let (before, after) = (write(&store, "v1", &rows_of(0..50)).await, write(&store, "v2", &rows_of(30..90)).await);
        let (old, new) = (document(&store, &before).await, document(&store, &after).await);
        let compared = compare_modules((&objects(&store), ORG), &old, &new).await.expect("compared");
        assert_eq!((compared.rows.added, compared.rows.deleted, compared.lost_rows()), (40, 30, 30));
        assert_eq!((compared.examples.added.len(), compared.examples.deleted.len()), (10, 10));
        assert_eq!(compared.examples.deleted[..3], ["0", "1", "10"]);
    });
}

#[test]
fn other_columns_count_no_changes_but_added_and_deleted_records() {
    wait(async {
        let store = Arc::<Memory>::default();
        let before = write(&store, "v1", &rows_of(0..50)).await;
        let mut other = head();
        other.fields[2].api_name = "full_name".to_owned();
        let after = write_as(&store, "v2", other.clone(), &rows_of(5..52)).await;
        let (old, new) = (document(&store, &before).await, document(&store, &after).await);
        let compared = compare_modules((&objects(&store), ORG), &old, &new).await.expect("compared");
        assert_eq!((compared.rows.added, compared.rows.changed, compared.rows.deleted), (2, 0, 5));
        let (added, removed) = (vec!["full_name".to_owned()], vec!["name".to_owned()]);
        assert_eq!(compared.partly, Some(PartlyCompared::Columns { added, removed }));
        other.key = vec!["full_name".to_owned()];
        let rekeyed = document(&store, &write_as(&store, "v3", other, &rows_of(0..20)).await).await;
        let compared = compare_modules((&objects(&store), ORG), &old, &rekeyed).await.expect("compared");
        assert_eq!((compared.rows.differing(), compared.lost_rows(), compared.partly), (0, 30, Some(PartlyCompared::Key)));
    });
}

#[test]
fn blocks_of_another_format_count_no_changes() {
    wait(async {
        let store = Arc::<Memory>::default();
        let before = document(&store, &write(&store, "v1", &rows_of(0..50)).await).await;
        let mut after = document(&store, &write(&store, "v2", &rows_of(0..51)).await).await;
        let compared = compare_modules((&objects(&store), ORG), &before, &after).await.expect("compared");
        assert_eq!((compared.partly, compared.rows.added), (None, 1));
        let last = after.blocks.last_mut().expect("a block");
        let new = last.object.replacen('-', "0-", 1);
        store
            .put(
                &super::super::stores::stored_object(ORG, &new),
                store.bytes(&super::super::stores::stored_object(ORG, &last.object).key),
                "",
            )
            .await
            .expect("stored");
        last.object = new;
        let compared = compare_modules((&objects(&store), ORG), &before, &after).await.expect("compared");
        assert_eq!((compared.partly, compared.rows.added, compared.rows.changed), (Some(PartlyCompared::Format), 1, 0));
    });
}

#[test]
fn a_damaged_index_is_an_error() {
    wait(async {
        let store = Arc::<Memory>::default();
        let (before, after) = (write(&store, "v1", &rows_of(0..9)).await, write(&store, "v2", &rows_of(0..10)).await);
        let (old, new) = (document(&store, &before).await, document(&store, &after).await);
        let (block, at) = (&new.blocks[0], super::super::stores::stored_object(ORG, &new.blocks[0].object));
        let whole = store.bytes(&at.key);
        let begin = block.bytes as usize;
        let compare = async || compare_modules((&objects(&store), ORG), &old, &new).await;
        for (position, byte) in [(begin, 7), (begin + 1, 9), (begin + 2, 200), (begin + 3, b'z')] {
            store.change(&at.key, |bytes| bytes[position] = byte);
            assert_eq!(compare().await.expect_err("damaged").kind, ErrorKind::Corrupt, "byte {position}");
            store.put(&at, whole.clone(), "").await.expect("stored");
        }
        store.change(&at.key, |bytes| bytes.truncate(bytes.len() - 1));
        assert_eq!(compare().await.expect_err("too short").kind, ErrorKind::Corrupt);
    });
}

#[test]
fn attachments_are_compared_by_record_id_name_and_content() {
    wait(async {
        let store = Arc::<Memory>::default();
        let write = async |version, files: &[(&str, &str, &str, String)]| {
            let mut writer = begin(&store, version, None);
            for (id, record, name, content) in files {
                let body = body_of(content.clone());
                writer.attachment(attachment(id, record, name), body).await.expect("stored");
            }
            document(&store, &writer.finish().await.expect("a module")).await
        };
        let large = text("large", 0).repeat(40);
        let before = [
            ("1", "1", "a.txt", "a".to_owned()),
            ("2", "1", "b.txt", "b".to_owned()),
            ("3", "2", "c.txt", "c".to_owned()),
            ("4", "2", "d.txt", "d".to_owned()),
            ("5", "3", "e.txt", large.clone()),
            ("6", "3", "f.txt", "f".to_owned()),
        ];
        let mut after = before.clone().to_vec();
        (after[1].2, after[2].3, after[4].1) = ("other.txt", "changed".to_owned(), "4");
        after.remove(3);
        after.push(("7", "5", "g.txt", large));
        let (old, new) = (write("v1", &before).await, write("v2", &after).await);
        let compared = compare_modules((&objects(&store), ORG), &old, &new).await.expect("compared");
        assert_eq!(compared.files, Counted { before: 6, after: 6, added: 1, changed: 3, deleted: 1 });
        assert_eq!((compared.state, compared.rows.differing()), (ModuleState::Changed, 0));
        let same = compare_modules((&objects(&store), ORG), &new, &new).await.expect("compared");
        assert_eq!((same.state, same.files.differing()), (ModuleState::Same, 0));
    });
}

#[test]
fn modules_are_new_gone_or_left_out() {
    wait(async {
        let store = Arc::<Memory>::default();
        let named = |name: &str, contents| ModuleHead { api_name: name.to_owned(), label: name.to_owned(), contents, ..head() };
        let write = async |version, name, contents, rows| write_as(&store, version, named(name, contents), rows).await;
        let rows = rows_of(0..7);
        let (crm, mail) = (DataCategory::Crm, DataCategory::Mail);
        let same = write("v1", "Same", crm, &rows).await;
        let before = vec![
            same.clone(),
            write("v1", "Gone", crm, &rows).await,
            write("v1", "Mails", mail, &rows).await,
            write("v1", "Hidden", crm, &rows).await,
        ];
        let after = [
            write("v2", "New", crm, &rows).await,
            same,
            write("v2", "Mails", mail, &rows[..2]).await,
            write("v2", "Hidden", mail, &rows).await,
        ];
        let before = Snapshot { taken: Default::default(), modules: before.into_iter().map(SnapshotModule::from).collect() };
        let compared = compare_snapshots((&objects(&store), ORG), (BackupId(1), &before), &after).await.expect("compared");
        let states: Vec<_> =
            compared.modules.iter().map(|module| (module.api_name.as_str(), module.state, module.rows.differing())).collect();
        let expected = [
            ("New", ModuleState::New, 7),
            ("Same", ModuleState::Same, 0),
            ("Hidden", ModuleState::Gone, 7),
            ("Gone", ModuleState::Gone, 7),
        ];
        assert_eq!(states, expected);
        let totals = compared.totals;
        assert_eq!((totals.rows.before, totals.rows.after, totals.rows.added, totals.rows.deleted), (21, 14, 7, 14));
        assert_eq!((totals.modules_new, totals.modules_gone, totals.modules_partly), (1, 2, 0));
    });
}
