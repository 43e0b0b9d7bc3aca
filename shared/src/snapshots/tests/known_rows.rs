//! Versions that are written beside the version before.

use proptest::prelude::*;
use tokio::runtime::Handle;

use super::*;
use crate::domain::rows::RowPage;
use crate::snapshots::blocks::BlockEncoder;
use crate::snapshots::known_blocks::KnownBlocks;
use crate::snapshots::row_blocks::{EndedBlock, RowBlocks};
use crate::snapshots::writer::StoredRows;

/// Blocks of some 200 KiB of text: what is compressed of a block is known behind each 64 KiB of text only.
const BLOCKS: Cutting = Cutting { least: 60_000, most: 400_000, every: 60_000 };

/// An id, and the number of a name.
type Row = (u64, u64);

/// A name that hardly becomes smaller, with what is written in quotes and marked now and then.
fn name(row: Row) -> Option<String> {
    let mut state = (row.0 << 32 | row.1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let digits: String = (0..row.1 % 7 * 40)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            format!("{state:016x}")
        })
        .collect();
    match row.1 % 11 {
        0 => None,
        1 => Some(format!("'{digits}\r\n\"quoted\",\n")),
        _ => Some(digits),
    }
}

fn page_of(rows: &[Row]) -> RowPage {
    let mut page = RowPage::new(3);
    for row in rows {
        page.push(&[Some(&row.0.to_string()), Some("left out"), name(*row).as_deref()]).expect("a row");
    }
    page
}

/// Which rows identify a module's rows: a column, none, or one that backups leave out.
fn head_of(key: &str) -> ModuleHead {
    ModuleHead { key: (!key.is_empty()).then(|| key.to_owned()).into_iter().collect(), ..head() }
}

/// Writes rows in as many calls as there are pauses and one.
async fn write(
    store: &Arc<Memory>,
    (version, key): (&str, &str),
    before: Option<&Module>,
    rows: &[Row],
    pauses: &[usize],
) -> Module {
    let writer_of = |part| ModuleWriter::new((store.stores(), ORG, version), head_of(key), part, before.cloned(), BLOCKS);
    let (mut part, mut written) = (StoredPart::default(), 0);
    for pause in pauses {
        let mut writer = writer_of(part.clone());
        let now = (*pause).min(rows.len() - written);
        for pages in rows[written..written + now].chunks(1) {
            writer.page(page_of(pages)).await.expect("rows");
        }
        let (stored, reached) = writer.pause(now as u64).await.expect("a pause");
        (part, written) = (stored, written + (reached.pages + reached.rows) as usize);
    }
    let mut writer = writer_of(part);
    for page in rows[written..].chunks(7) {
        writer.page(page_of(page)).await.expect("rows");
    }
    writer.finish().await.expect("a module")
}

/// Runs of rows, some of which another version has changed, deleted, moved or added.
fn two_versions() -> impl Strategy<Value = (Vec<Row>, Vec<Row>)> {
    let change = (0usize..800, 0usize..120, 0u8..4);
    (0u64..800, proptest::collection::vec(change, 0..4)).prop_map(|(count, changes)| {
        let before: Vec<Row> = (0..count).map(|id| (id, id * 7_919 + 3)).collect();
        let mut after = before.clone();
        for (at, length, kind) in changes {
            let start = at.min(after.len());
            let end = (start + length).min(after.len());
            match kind {
                0 => after[start..end].iter_mut().for_each(|row| row.1 += 1),
                1 => drop(after.drain(start..end)),
                2 => after[start..end].reverse(),
                _ => drop(after.splice(start..start, (0..length as u64).map(|id| (1_000 + id, id)))),
            }
        }
        (before, after)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_version_beside_another_is_what_it_is_alone(
        (old, new) in two_versions(),
        key in prop::sample::select(vec!["id", "", "mail"]),
        pauses in proptest::collection::vec(1usize..400, 0..3),
    ) {
        wait(async {
            let (store, fresh) = (Arc::<Memory>::default(), Arc::<Memory>::default());
            let before = write(&store, ("v1", key), None, &old, &[]).await;
            let beside = write(&store, ("v2", key), Some(&before), &new, &pauses).await;
            let alone = write(&fresh, ("v2", key), None, &new, &[]).await;
            let (beside, alone) = (document(&store, &beside).await, document(&fresh, &alone).await);
            assert_eq!((&beside.blocks, &beside.sha256), (&alone.blocks, &alone.sha256));
            for key in fresh.stored() {
                assert_eq!(store.bytes(&key), fresh.bytes(&key));
            }
        });
    }
}

/// Rows that make many blocks.
fn many() -> Vec<Row> {
    (0..2_000).map(|id| (id, id * 11 + 6)).collect()
}

/// Makes blocks of rows, and returns how many of them were taken over and how many were compressed.
async fn made(store: &Arc<Memory>, before: &Module, rows: Vec<Row>) -> (usize, usize) {
    let known = KnownBlocks::new((store.clone(), ORG), head(), Some(before.clone()), &StoredRows::default().blocks);
    let encoder = BlockEncoder::new(&head().fields, &head().key, BLOCKS);
    let mut blocks = RowBlocks::new(&head(), encoder, known, Handle::current());
    let made = tokio::task::spawn_blocking(move || {
        let (mut taken, mut compressed) = (0, 0);
        let mut count = |ended: Option<EndedBlock>| match ended {
            Some(block) if block.body.is_none() => taken += 1,
            Some(_) => compressed += 1,
            None => {}
        };
        for row in rows {
            if blocks.row(&[Some(&row.0.to_string()), None, name(row).as_deref()]).expect("a row") {
                count(blocks.end().expect("a block"));
            }
        }
        count(blocks.end().expect("a block"));
        (taken, compressed)
    });
    made.await.expect("made")
}

#[test]
fn only_blocks_with_changes_are_compressed() {
    wait(async {
        let store = Arc::<Memory>::default();
        let before = write(&store, ("v1", "id"), None, &many(), &[]).await;
        let all = document(&store, &before).await.blocks.len();
        assert!(all > 14, "{all} blocks");
        assert_eq!(made(&store, &before, many()).await, (all, 0));
        let mut changed = many();
        changed[900].1 = 5;
        let (taken, compressed) = made(&store, &before, changed).await;
        assert!(compressed <= 2 && taken >= all - 2, "{taken} of {all} are taken over, {compressed} compressed");
        let without_the_middle = many().into_iter().filter(|row| !(500..1_200).contains(&row.0)).collect();
        let (taken, compressed) = made(&store, &before, without_the_middle).await;
        assert!(compressed <= 6 && taken > all / 3, "{taken} of {all} are taken over, {compressed} compressed");
        let with_new_ones = (5_000..5_300).map(|id| (id, 6)).chain(many()).collect();
        let (taken, compressed) = made(&store, &before, with_new_ones).await;
        assert!(taken >= all - 5, "{taken} of {all} are taken over, {compressed} compressed");
    });
}

#[test]
fn what_has_not_changed_is_not_written() {
    wait(async {
        let store = Arc::<Memory>::default();
        let before = write(&store, ("v1", "id"), None, &many(), &[]).await;
        store.fail_after(Some(0));
        assert_eq!(write(&store, ("v2", "id"), Some(&before), &many(), &[]).await, before);
    });
}

#[test]
fn damaged_and_lost_blocks_are_stored_again() {
    wait(async {
        let (store, fresh) = (Arc::<Memory>::default(), Arc::<Memory>::default());
        let before = write(&store, ("v1", "id"), None, &many(), &[]).await;
        write(&fresh, ("v1", "id"), None, &many(), &[]).await;
        let blocks = document(&store, &before).await.blocks;
        let key = |at: usize| store.stored().into_iter().find(|key| key.ends_with(&blocks[at].object)).expect("a block");
        store.change(&key(3), |bytes| bytes[700] ^= 1);
        store.change(&key(7), |bytes| bytes.truncate(90));
        store.change(&key(11), |bytes| bytes[0] = 0xFF);
        // Behind the text of the last row.
        let end = blocks[13].bytes as usize - 1;
        store.change(&key(13), |bytes| bytes[end] ^= 1);
        assert_ne!(store.objects(), fresh.objects());
        assert_eq!(write(&store, ("v2", "id"), Some(&before), &many(), &[]).await, before);
        assert_eq!(store.objects(), fresh.objects());
    });
}

#[test]
fn blocks_of_another_key_are_not_taken_over() {
    wait(async {
        let (store, fresh) = (Arc::<Memory>::default(), Arc::<Memory>::default());
        let before = write(&store, ("v1", "id"), None, &many(), &[]).await;
        let after = write(&store, ("v2", "name"), Some(&before), &many(), &[]).await;
        let alone = write(&fresh, ("v2", "name"), None, &many(), &[]).await;
        assert_eq!(document(&store, &after).await.blocks, document(&fresh, &alone).await.blocks);
    });
}
