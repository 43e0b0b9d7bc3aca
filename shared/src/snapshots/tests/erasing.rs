//! Erasures against a model: afterwards every reader reads exactly the other rows and files, nothing of the erased is stored, and an erasure
//! that was killed at any point goes on to the same end.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::TryStreamExt;
use proptest::prelude::*;

use super::*;
use crate::domain::erasure::RecordRef;
use crate::domain::id::BackupId;
use crate::domain::snapshot::FileRun;
use crate::ports::{Catalogue, Clock, ObjectRef, Objects, PortError, read_all};
use crate::snapshots::erase::{Exclusion, Found, Looking, Rewriting, WantedRecords};
use crate::snapshots::find::{IdRanges, RecordReader, id_text};
use crate::snapshots::input::body_of;
use crate::snapshots::of_backup::record;
use crate::snapshots::reader::{files, rows};
use crate::snapshots::row_ids::RowIds;
use crate::snapshots::single_file::extract;
use crate::snapshots::stores::stored_object;

/// Size of a large attachment: it is an object of its own.
const LARGE: usize = 9 << 20;

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

/// What a reader finds in a version: its rows by their ids, and the bytes of its attachments by their records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Contents {
    rows: Vec<(String, Vec<Option<String>>)>,
    files: Vec<(String, String, Vec<u8>)>,
}

impl Contents {
    fn without(&self, ids: &BTreeSet<String>) -> Self {
        let (mut rows, mut files) = (self.rows.clone(), self.files.clone());
        rows.retain(|(id, _)| !ids.contains(id));
        files.retain(|(record, ..)| !ids.contains(record));
        Self { rows, files }
    }
}

/// One backup of the model: its rows, of which each has a number and a state, and the records with an attachment.
#[derive(Debug, Clone)]
struct Day {
    rows: Vec<(u64, u8)>,
    files: Vec<u64>,
}

fn text(number: u64, state: u8) -> String {
    format!("secret, \"{number:05}\"\r\n in state {state} {}", "long ".repeat(30))
}

async fn version(store: &Arc<Memory>, day: usize, contents: &Day, has_key: bool, before: Option<&Module>) -> Module {
    let mut head = head();
    if !has_key {
        head.key.clear();
    }
    let stores = (store.stores(), ORG, format!("{day:020}"));
    let stores = (stores.0, stores.1, stores.2.as_str());
    let mut writer = ModuleWriter::new(stores, head, StoredPart::default(), before.cloned(), SMALL);
    for (number, state) in &contents.rows {
        let (id, name) = (format!("id-{number:05}"), text(*number, *state));
        writer
            .row(&[Some(&id), Some("left out"), Some(&name).filter(|_| *state > 0).map(|name| name.as_str())])
            .await
            .expect("a row");
    }
    for number in &contents.files {
        let (id, record) = (format!("file-{number}"), format!("id-{number:05}"));
        let size = if *number == 33 { LARGE } else { 700 };
        let body: Vec<u8> = format!("attached to {record} ").into_bytes().into_iter().cycle().take(size).collect();
        writer.attachment(attachment(&id, &record, &format!("{record}.bin")), body_of(body)).await.expect("a file");
    }
    writer.finish().await.expect("a module")
}

async fn read(store: &Arc<Memory>, module: &Module) -> Contents {
    let stored = document(store, module).await;
    let (mut found, mut ids) = (Contents::default(), RowIds::new(&stored.module));
    let mut pages = rows(store.clone(), ORG, &stored.module, stored.blocks.clone());
    while let Some(page) = pages.try_next().await.expect("a page") {
        page.for_each(|cells| {
            let id = id_text(&stored.module, ids.of(cells));
            found.rows.push((id, cells.iter().map(|cell| cell.map(str::to_owned)).collect()));
            Ok::<_, PortError>(())
        })
        .expect("rows");
    }
    assert_eq!(stored.module.rows, found.rows.len() as u64);
    let reader = RecordReader { objects: store.clone(), org: ORG, ranges: Arc::new(IdRanges::default()) };
    for run in &stored.files {
        for file in files(&**store, ORG, run).await.expect("a list") {
            let record = file.attachment.record_id.clone();
            let of_record = reader.attachments(&stored, &record).await.expect("attachments");
            let one = of_record.iter().find(|one| one.file.attachment.id == file.attachment.id).expect("the attachment");
            let to = ObjectRef::crm("taken-out");
            extract(&store.stores(), ORG, one, &to).await.expect("is taken out");
            let bytes = read_all(&**store, &to).await.expect("bytes").to_vec();
            store.delete(&to).await.expect("deletes");
            found.files.push((record, file.attachment.name, bytes));
        }
    }
    assert_eq!(stored.module.attachments, found.files.len() as u64);
    assert_eq!(stored.module.attachment_bytes, found.files.iter().map(|(.., bytes)| bytes.len() as u64).sum::<u64>());
    assert_eq!(stored.module.row_bytes, stored.blocks.iter().map(|block| block.text_bytes).sum::<u64>());
    found
}

async fn erase(store: &Arc<Memory>, wanted: &WantedRecords) -> Result<(), PortError> {
    let clock = Arc::new(At(DateTime::UNIX_EPOCH));
    // A killed process leaves its announcement, which ends by itself.
    crate::snapshots::leases::end_all(&**store, ORG).await?;
    let mut exclusion = Exclusion::begin(store.ports(), ORG, clock).await?.expect("nobody writes");
    Rewriting::new(&store.ports(), ORG, wanted, &mut exclusion).rewrite_all().await?;
    exclusion.sweep().await?;
    exclusion.end().await
}

async fn look(store: &Arc<Memory>, wanted: &WantedRecords) -> Found {
    Looking::new(&store.ports(), ORG, wanted).look().await.expect("looks")
}

/// A store with a backup of each day, and what readers find in each.
async fn filled(days: &[Day], has_key: bool) -> (Arc<Memory>, Vec<(Module, Contents)>) {
    let store = Arc::new(Memory::default());
    let mut versions: Vec<(Module, Contents)> = Vec::new();
    for (day, contents) in days.iter().enumerate() {
        let module = version(&store, day, contents, has_key, versions.last().map(|(module, _)| module)).await;
        let taken = DateTime::UNIX_EPOCH + TimeDelta::days(day as i64);
        record(&*store, (ORG, BackupId(day as u64 + 1)), taken, std::slice::from_ref(&module)).await.expect("a snapshot");
        store.publish(ORG, std::slice::from_ref(&module)).await.expect("publishes");
        let found = read(&store, &module).await;
        versions.push((module, found));
    }
    (store, versions)
}

/// Objects that documents of versions refer to.
async fn referred(store: &Arc<Memory>, versions: &[(Module, Contents)]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for (module, _) in versions {
        let stored = document(store, module).await;
        let blocks = stored.blocks.iter().map(|block| block.object.as_str());
        keys.extend(blocks.chain(stored.files.iter().map(FileRun::object)).map(|object| stored_object(ORG, object).key));
    }
    keys
}

async fn play(days: Vec<Day>, picked: Vec<prop::sample::Index>, has_key: bool) -> Result<(), TestCaseError> {
    let (store, versions) = filled(&days, has_key).await;
    let all: Vec<String> = versions
        .iter()
        .flat_map(|(_, contents)| contents.rows.iter().map(|(id, _)| id.clone()))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let erased: BTreeSet<String> = picked.iter().filter(|_| !all.is_empty()).map(|at| all[at.index(all.len())].clone()).collect();
    let wanted: WantedRecords = erased.iter().map(|id| RecordRef { module: "Leads".to_owned(), id: id.clone() }).collect();
    let found = look(&store, &wanted).await;
    let known = found.modules.get("Leads").map(|module| module.records.clone()).unwrap_or_default();
    prop_assert_eq!(&known, &erased);
    for (day, (_, contents)) in versions.iter().enumerate() {
        let is_concerned = *contents != contents.without(&erased);
        prop_assert_eq!(found.concerned.contains(&BackupId(day as u64 + 1)), is_concerned);
    }
    erase(&store, &wanted).await.expect("erases");
    for (module, before) in &versions {
        prop_assert_eq!(read(&store, module).await, before.without(&erased));
    }
    prop_assert_eq!(look(&store, &wanted).await.modules, BTreeMap::default(), "no index and no list has one of them");
    let stored: BTreeSet<String> = store.stored().into_iter().collect();
    prop_assert_eq!(stored, referred(&store, &versions).await, "what they replaced is gone");
    for id in erased.iter().filter(|_| has_key) {
        for (key, bytes) in store.objects() {
            let is_there = memchr::memmem::find(&bytes, id.as_bytes()).is_some();
            prop_assert!(!is_there, "{} names {}", key, id);
        }
    }
    let current = store.modules(ORG).await.expect("modules");
    prop_assert_eq!(current[0].rows, read(&store, &current[0]).await.rows.len() as u64, "the catalogue counts anew");
    let once = store.objects();
    erase(&store, &wanted).await.expect("erases again");
    prop_assert!(store.objects() == once, "nothing is left to do");
    Ok(())
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    let rows = prop::collection::btree_map(0u64..120, 0u8..3, 0..90).prop_map(|rows| rows.into_iter().collect());
    let files = prop::collection::btree_set(0u64..60, 0..12).prop_map(|files| files.into_iter().collect());
    prop::collection::vec((rows, files).prop_map(|(rows, files)| Day { rows, files }), 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_reader_reads_exactly_the_other_rows_and_files(
        days in days(), picked in prop::collection::vec(any::<prop::sample::Index>(), 0..12), has_key in any::<bool>(),
    ) {
        wait(play(days, picked, has_key))?;
    }
}

fn some_days() -> Vec<Day> {
    let rows = |from: u64, state: u8| (from..from + 80).map(|number| (number, state)).collect();
    vec![
        Day { rows: rows(0, 1), files: vec![3, 4, 16, 33] },
        Day { rows: rows(5, 1), files: vec![4, 16, 50] },
        Day { rows: rows(5, 2), files: vec![16, 50] },
    ]
}

#[test]
fn one_that_was_killed_at_any_point_goes_on_to_the_same_end() {
    wait(async {
        let ids = ["id-00004", "id-00016", "id-00033", "id-00079"];
        let wanted: WantedRecords = ids.iter().map(|id| RecordRef { module: "Leads".to_owned(), id: (*id).to_owned() }).collect();
        let (whole, _) = filled(&some_days(), true).await;
        erase(&whole, &wanted).await.expect("erases");
        let mut kills = 0;
        loop {
            let (store, versions) = filled(&some_days(), true).await;
            store.fail_after(Some(kills));
            let is_whole = erase(&store, &wanted).await.is_ok();
            store.fail_after(None);
            let erased = ids.map(str::to_owned).into();
            for (module, before) in &versions {
                let (found, after) = (read(&store, module).await, before.without(&erased));
                assert!(found == *before || found == after, "each version is as it was, or as it will be; {kills}");
            }
            erase(&store, &wanted).await.expect("goes on");
            assert!(store.objects() == whole.objects(), "the same end after {kills} changes");
            if is_whole {
                break;
            }
            kills += 1;
        }
        assert!(kills > 10, "{kills}");
    });
}

#[test]
fn nobody_erases_while_somebody_writes() {
    wait(async {
        let (store, _) = filled(&some_days(), true).await;
        let clock = Arc::new(At(DateTime::UNIX_EPOCH));
        let change =
            |leases: crate::domain::lease::Leases| leases.take("run", DateTime::UNIX_EPOCH + TimeDelta::hours(1), clock.now());
        crate::snapshots::leases::change(&*store, ORG, change).await.expect("changes").expect("a lease");
        assert!(Exclusion::begin(store.ports(), ORG, clock.clone()).await.expect("asks").is_none());
    });
}

#[test]
fn an_equal_block_of_another_module_stays() {
    wait(async {
        let (store, versions) = filled(&some_days()[..1], true).await;
        let mut other = head();
        other.api_name = "Contacts".to_owned();
        let mut writer = ModuleWriter::new((store.stores(), ORG, "9"), other, StoredPart::default(), None, SMALL);
        for (number, state) in &some_days()[0].rows {
            let (id, name) = (format!("id-{number:05}"), text(*number, *state));
            writer.row(&[Some(&id), Some("left out"), Some(&name)]).await.expect("a row");
        }
        let other = writer.finish().await.expect("a module");
        store.publish(ORG, &[versions[0].0.clone(), other.clone()]).await.expect("publishes");
        let before = read(&store, &other).await;
        let wanted = [RecordRef { module: "Leads".to_owned(), id: "id-00004".to_owned() }].into_iter().collect();
        erase(&store, &wanted).await.expect("erases");
        assert_eq!(read(&store, &other).await, before);
        assert_ne!(read(&store, &versions[0].0).await, versions[0].1);
    });
}

#[test]
fn rows_are_told_by_the_index_where_their_key_is_left_out() {
    wait(async {
        let store = Arc::new(Memory::default());
        let mut head = head();
        head.key = vec!["mail".to_owned()];
        let mut writer = ModuleWriter::new((store.stores(), ORG, "1"), head, StoredPart::default(), None, SMALL);
        for number in 0..50 {
            // Two rows have the same text.
            let (mail, name) = (format!("{number}@example.com"), format!("name {}", number / 2));
            writer.row(&[Some("1"), Some(&mail), Some(&name)]).await.expect("a row");
        }
        let module = writer.finish().await.expect("a module");
        store.publish(ORG, std::slice::from_ref(&module)).await.expect("publishes");
        let wanted = [RecordRef { module: "Leads".to_owned(), id: "11@example.com".to_owned() }].into_iter().collect();
        erase(&store, &wanted).await.expect("erases");
        let stored = document(&store, &module).await;
        let mut names: BTreeMap<String, u32> = BTreeMap::new();
        let mut pages = rows(store.clone(), ORG, &stored.module, stored.blocks);
        while let Some(page) = pages.try_next().await.expect("a page") {
            page.for_each(|cells| {
                *names.entry(cells[1].unwrap_or_default().to_owned()).or_default() += 1;
                Ok::<_, PortError>(())
            })
            .expect("rows");
        }
        let others = names.iter().filter(|(_, count)| **count != 2).map(|(name, count)| (name.as_str(), *count));
        assert_eq!(others.collect::<Vec<_>>(), [("name 5", 1)]);
        assert_eq!(look(&store, &wanted).await.records(), 0);
    });
}
