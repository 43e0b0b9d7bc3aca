use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::words::{SearchWords, WordMatch};
use crate::ports::Clock;
use crate::snapshots::find::{FoundRow, RecordReader, id_of_text, id_text};
use crate::snapshots::search::{RowPlace, SearchHit, SearchLimits};
use crate::snapshots::single_file::extract;

/// A clock that goes on by a second each time it is asked.
#[derive(Default)]
struct Ticking(AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// An id, and a name that may be NULL.
type Row = (Option<String>, Option<String>);

async fn write(store: &Arc<Memory>, key: &[&str], rows: &[Row]) -> StoredModule {
    let head = ModuleHead { key: key.iter().map(|name| (*name).to_owned()).collect(), ..head() };
    let mut writer = ModuleWriter::new((store.stores(), ORG, "v1"), head, StoredPart::default(), None, SMALL);
    for (id, name) in rows {
        writer.row(&[id.as_deref(), Some("left out"), name.as_deref()]).await.expect("a row");
    }
    let module = writer.finish().await.expect("a module");
    document(store, &module).await
}

fn reader(store: &Arc<Memory>) -> RecordReader {
    RecordReader { objects: store.clone(), org: ORG, ranges: Arc::default() }
}

/// Reads pages of `count` rows to the end.
async fn all_pages(reader: &RecordReader, stored: &StoredModule, count: usize) -> Vec<FoundRow> {
    let mut rows: Vec<FoundRow> = Vec::new();
    loop {
        let page = reader.page(stored, rows.last(), count).await.expect("a page");
        assert!(page.len() <= count);
        if page.is_empty() {
            return rows;
        }
        rows.extend(page);
    }
}

/// Rows with shuffled ids, some of them several times or NULL, and names that fill several blocks.
fn some_rows() -> impl Strategy<Value = Vec<Row>> {
    let id = prop_oneof![
        4 => (0u64..100_000).prop_map(|id| Some(id.to_string())),
        1 => (0u64..20).prop_map(|id| Some(format!("{id}"))),
        1 => "[a-c\"',あ]{0,2}".prop_map(Some),
        1 => Just(None),
    ];
    let name = proptest::option::of("[a-z0-9]{0,60}|[あ-ん\"',\r\n]{0,9}");
    proptest::collection::vec((id, name), 0..600)
}

/// The rows by their ids, in the order of ids.
fn model(rows: &[Row]) -> BTreeMap<(usize, String), Vec<Option<String>>> {
    let mut model: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (id, name) in rows {
        let id = id.clone().unwrap_or_default();
        model.entry((id.len(), id)).or_default().push(name.clone());
    }
    model.values_mut().for_each(|names| names.sort());
    model
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_have_every_row_once_in_the_order_of_ids_and_every_id_is_found(rows in some_rows(), count in 1usize..90) {
        wait(async {
            let store = Arc::<Memory>::default();
            let stored = write(&store, &["id"], &rows).await;
            let (reader, expected) = (reader(&store), model(&rows));
            // The ranges of ids are not known at first, and are known later.
            for _ in 0..2 {
                let found = all_pages(&reader, &stored, count).await;
                assert!(found.is_sorted());
                let cells = reader.rows(&stored, &found).await.expect("rows");
                let read: Vec<Row> = cells.into_iter().map(|cells| (cells[0].clone(), cells[1].clone())).collect();
                assert_eq!(model(&read), expected);
                assert_eq!(read.len(), rows.len());
            }
            for ((_, id), names) in expected.iter().take(60) {
                let found = reader.find(&stored, id.as_bytes()).await.expect("reads");
                let cells = reader.rows(&stored, &found).await.expect("rows");
                let mut read: Vec<_> = cells.into_iter().map(|cells| cells[1].clone()).collect();
                read.sort();
                assert_eq!(&read, names);
            }
            assert_eq!(reader.find(&stored, b"absent").await.expect("reads"), []);
        });
    }

    #[test]
    fn rows_without_a_key_are_found_by_their_hashes(rows in some_rows(), count in 1usize..90) {
        wait(async {
            let store = Arc::<Memory>::default();
            let stored = write(&store, &[], &rows).await;
            let reader = reader(&store);
            let found = all_pages(&reader, &stored, count).await;
            let cells = reader.rows(&stored, &found).await.expect("rows");
            let mut read: Vec<Row> = cells.into_iter().map(|cells| (cells[0].clone(), cells[1].clone())).collect();
            let mut expected = rows.clone();
            read.sort();
            expected.sort();
            assert_eq!(read, expected);
            if let Some(first) = found.first() {
                let id = id_of_text(&stored.module, &id_text(&stored.module, &first.id)).expect("an id");
                assert!(reader.find(&stored, &id).await.expect("reads").contains(first));
            }
        });
    }

    #[test]
    fn a_search_finds_what_a_naive_one_finds_however_often_it_stops(
        rows in some_rows(),
        words in prop::sample::select(vec!["a", "1", "あ", "ab", "い う", "\"", "'", "zz", "Ａ", "ば", "12 a"]),
        exact in any::<bool>(),
        most in 1usize..8,
        seconds in prop::sample::select(vec![0i64, 2, 10_000_000]),
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let stored = Arc::new(write(&store, &["id"], &rows).await);
            let matching = if exact { WordMatch::Exact } else { WordMatch::Prefix };
            let words = Arc::new(SearchWords::read(words, matching).expect("words"));
            let mut found: Vec<SearchHit> = Vec::new();
            for block in 0..stored.blocks.len() {
                let mut from = Some(RowPlace { block, row: 0 });
                while let Some(place) = from {
                    let limits = SearchLimits {
                        hits: most,
                        clock: Arc::new(Ticking::default()),
                        until: DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds),
                        is_enough: Arc::new(AtomicBool::new(false)),
                    };
                    let searched = reader(&store).search((stored.clone(), place), words.clone(), limits).await.expect("searches");
                    assert!(searched.rest.is_none_or(|rest| rest > place));
                    found.extend(searched.hits);
                    from = searched.rest;
                }
            }
            let is_hit = |row: &&Row| words.match_record([&row.0, &row.1].into_iter().flatten().map(String::as_str));
            let expected: Vec<Row> = rows.iter().filter(is_hit).cloned().collect();
            let read: Vec<Row> = found.iter().map(|hit| (hit.cells[0].clone(), hit.cells[1].clone())).collect();
            assert_eq!(read, expected);
            let ids = found.iter().map(|hit| hit.id.clone());
            assert!(ids.eq(expected.iter().map(|(id, _)| id.clone().unwrap_or_default().into_bytes())));
        });
    }
}

#[test]
fn a_page_of_known_blocks_reads_only_those_that_it_needs() {
    wait(async {
        let store = Arc::<Memory>::default();
        let name = |id: u64| (1..=12).map(|n| format!("{:x}", (id * n).wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect::<String>();
        let rows: Vec<Row> = (10_000..40_000).map(|id| (Some(id.to_string()), Some(name(id)))).collect();
        let stored = write(&store, &["id"], &rows).await;
        assert!(stored.blocks.len() > 20, "{}", stored.blocks.len());
        let reader = reader(&store);
        reader.page(&stored, None, 5).await.expect("a page");
        let before = store.reads();
        let page = reader.page(&stored, None, 5).await.expect("a page");
        assert_eq!(
            page.iter().map(|row| row.id.as_slice()).collect::<Vec<_>>(),
            [b"10000", b"10001", b"10002", b"10003", b"10004"]
        );
        assert_eq!(reader.find(&stored, b"39999").await.expect("reads").len(), 1);
        assert!(store.reads() - before <= 4, "{}", store.reads() - before);
    });
}

#[test]
fn a_damaged_block_is_noticed_by_a_search() {
    wait(async {
        let store = Arc::<Memory>::default();
        let rows: Vec<Row> = (0..50).map(|id| (Some(id.to_string()), Some("x".to_owned()))).collect();
        let stored = Arc::new(write(&store, &["id"], &rows).await);
        let key = store.stored().into_iter().find(|key| key.ends_with(&stored.blocks[0].object)).expect("a block");
        store.change(&key, |bytes| bytes[9] ^= 0x55);
        let words = Arc::new(SearchWords::read("nothing", WordMatch::Prefix).expect("words"));
        let limits = SearchLimits {
            hits: 1,
            clock: Arc::new(Ticking::default()),
            until: DateTime::<Utc>::MAX_UTC,
            is_enough: Arc::default(),
        };
        let searched = reader(&store).search((stored, RowPlace::default()), words, limits).await;
        assert_eq!(searched.expect_err("damaged").kind, crate::ports::ErrorKind::Corrupt);
    });
}

#[test]
fn every_attachment_of_a_record_is_taken_out_as_it_was() {
    use crate::ports::{ObjectRef, Objects, read_all};
    wait(async {
        let store = Arc::<Memory>::default();
        let text = |size: usize| (0..size).map(|at| b'a' + (at % 7) as u8).collect::<Vec<u8>>();
        let noise =
            |size: usize| (0..size).map(|at| ((at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as u8).collect::<Vec<u8>>();
        let bodies = [text(500), Vec::new(), noise(3_000), text(9 << 20), noise(9 << 20)];
        let mut writer = begin(&store, "v1", None);
        writer.row(&[Some("1"), None, None]).await.expect("a row");
        for (at, body) in bodies.iter().enumerate() {
            let kind = if at % 2 == 0 { "image/png" } else { "text/plain" };
            let new = NewAttachment {
                content_type: kind.to_owned(),
                ..attachment(&at.to_string(), if at == 0 { "2" } else { "1" }, "a")
            };
            writer.attachment(new, crate::snapshots::input::body_of(body.clone())).await.expect("a file");
        }
        let module = writer.finish().await.expect("a module");
        let stored = document(&store, &module).await;
        let found = reader(&store).attachments(&stored, "1").await.expect("reads");
        assert_eq!(found.len(), 4);
        let to = ObjectRef::archives("archives/single/1/2");
        for file in &found {
            assert!(file.can_be_extracted());
            extract(&store.stores(), ORG, file, &to).await.expect("takes it out");
            let at: usize = file.file.attachment.id.parse().expect("a number");
            assert!(read_all(&*store, &to).await.expect("reads") == bodies[at], "{at}");
        }
        assert!((&*store as &dyn Objects).head(&to).await.expect("reads").is_some());
    });
}
