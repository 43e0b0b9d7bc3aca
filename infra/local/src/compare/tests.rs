use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

type Cells = Vec<Option<String>>;
type Rows = BTreeMap<u32, Cells>;

const FIELDS: [&str; 3] = ["Name", "Status", "Note"];

/// Writes a CSV file: NULL as nothing, the empty text in quotes.
fn write(folder: &Path, header: &[&str], rows: &[Cells]) {
    let line = |cells: Vec<Option<&str>>| {
        let cell = |cell: Option<&str>| cell.map_or(String::new(), |text| format!("\"{}\"", text.replace('"', "\"\"")));
        cells.into_iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
    };
    let mut text = line(header.iter().map(|name| Some(*name)).collect());
    for row in rows {
        text += &line(row.iter().map(Option::as_deref).collect());
    }
    std::fs::write(folder.join("Leads.csv"), text).expect("writes");
}

async fn compared([before, after]: [(&[&str], &[Cells]); 2], memory: usize) -> (Comparison, Vec<BackupDifference>) {
    let folders = [TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
    write(folders[0].path(), before.0, before.1);
    write(folders[1].path(), after.0, after.1);
    let paths = folders.each_ref().map(|folder| vec![folder.path().to_owned()]);
    let [before, after] = paths;
    let options = CompareOptions { memory, ..CompareOptions::new(before, after) };
    let mut found = Vec::new();
    let mut report = |_: &str, difference: &BackupDifference| {
        found.push(difference.clone());
        Ok(())
    };
    let comparison = compare(&options, &mut report).await.expect("compares");
    (comparison, found)
}

/// The differences that two states have.
fn expected(before: &Rows, after: &Rows) -> HashSet<BackupDifference> {
    let ids = before.keys().chain(after.keys());
    ids.filter_map(|id| {
        let values = |rows: &Rows| rows.get(id).cloned();
        let (edit, was, is) = match (values(before), values(after)) {
            (Some(was), Some(is)) if was == is => return None,
            (Some(was), Some(is)) => (RecordEdit::Changed, was, is),
            (Some(was), None) => (RecordEdit::Deleted, was, vec![None; 3]),
            (None, is) => (RecordEdit::Added, vec![None; 3], is.unwrap_or_default()),
        };
        let pairs = was.into_iter().zip(is).zip(FIELDS).filter(|((was, is), _)| was != is);
        let cells = pairs.map(|((before, after), field)| EditedCell { field: field.to_owned(), before, after });
        Some(BackupDifference::Record { record: id.to_string(), edit, cells: cells.collect() })
    })
    .collect()
}

fn listed(rows: &Rows, seed: u64) -> Vec<Cells> {
    let mut rows: Vec<Cells> =
        rows.iter().map(|(id, cells)| std::iter::once(Some(id.to_string())).chain(cells.clone()).collect()).collect();
    if seed > 0 {
        fastrand::Rng::with_seed(seed).shuffle(&mut rows);
    }
    rows
}

fn cell() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        Just(Some(String::new())),
        prop::sample::select(vec!["A", "B", "=1+1", "'x", "a,b", "\"q\"", "two\r\nlines", "日本", "007"])
            .prop_map(|text| Some(text.to_owned())),
    ]
}

fn rows() -> impl Strategy<Value = Rows> {
    prop::collection::btree_map(0_u32..60, prop::collection::vec(cell(), 3), 0..50)
}

/// Two states of which the second comes from the first by edits.
fn states() -> impl Strategy<Value = (Rows, Rows)> {
    let edits = prop::collection::vec((0_u32..60, prop::option::of(prop::collection::vec(cell(), 3))), 0..12);
    (rows(), edits).prop_map(|(before, edits)| {
        let mut after = before.clone();
        for (id, cells) in edits {
            match cells {
                Some(cells) => drop(after.insert(id, cells)),
                None => drop(after.remove(&id)),
            }
        }
        (before, after)
    })
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(work)
}

const HEADER: [&str; 4] = ["Id", "Name", "Status", "Note"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn exactly_the_edits_are_reported_in_any_order_and_with_any_memory(
        (before, after) in states(),
        seeds in (0_u64..4, 0_u64..4),
        memory in prop::sample::select(vec![300_usize, 2_000, 1 << 20]),
    ) {
        let sides = [(&HEADER[..], &listed(&before, seeds.0)[..]), (&HEADER[..], &listed(&after, seeds.1)[..])];
        let (comparison, found) = block_on(compared(sides, memory));
        let expected = expected(&before, &after);
        prop_assert_eq!(found.len(), expected.len());
        prop_assert_eq!(found.into_iter().collect::<HashSet<_>>(), expected.clone());
        prop_assert_eq!(comparison.is_equal(), expected.is_empty());
        prop_assert_eq!(comparison.modules[0].rows_before as usize, before.len());
        prop_assert_eq!(comparison.modules[0].rows_after as usize, after.len());
    }

    #[test]
    fn rows_without_ids_are_compared_as_they_are(before in rows(), after in rows(), memory in prop::sample::select(vec![300_usize, 1 << 20])) {
        let cells = |rows: &Rows| rows.values().cloned().collect::<Vec<_>>();
        let (before, after) = (cells(&before), cells(&after));
        let (comparison, _) = block_on(compared([(&FIELDS, &before), (&FIELDS, &after)], memory));
        let mut left = after.clone();
        let deleted = before.iter().filter(|row| match left.iter().position(|other| other == *row) {
            Some(at) => { left.remove(at); false }
            None => true,
        }).count();
        let counts = comparison.modules[0].records;
        prop_assert_eq!((counts.deleted as usize, counts.added as usize, counts.changed), (deleted, left.len(), 0));
    }
}

fn text(cells: &[&str]) -> Cells {
    cells.iter().map(|cell| Some((*cell).to_owned())).collect()
}

#[tokio::test]
async fn fields_of_one_backup_are_reported_once_and_their_order_does_not_matter() {
    let before = [text(&["1", "A", "old"]), text(&["2", "B", "old"])];
    let after = [text(&["new", "B", "2"]), text(&["new", "C", "1"])];
    let sides = [(&["Id", "Name", "Fax"][..], &before[..]), (&["Score", "Name", "Id"][..], &after[..])];
    let (_, found) = compared(sides, 1 << 20).await;
    let cells = vec![EditedCell { field: "Name".into(), before: Some("A".into()), after: Some("C".into()) }];
    let changed = BackupDifference::Record { record: "1".into(), edit: RecordEdit::Changed, cells };
    assert_eq!(found, [BackupDifference::FieldDeleted("Fax".into()), BackupDifference::FieldAdded("Score".into()), changed]);
}

#[tokio::test]
async fn a_key_that_many_rows_share_needs_no_memory_for_all_of_them() {
    let row = |id: &str, number: u32| text(&[id, &format!("{number:0>200}"), "x", "y"]);
    let before: Vec<Cells> = (0..400).map(|number| row("7", number)).collect();
    let after: Vec<Cells> = (0..400).rev().map(|number| row("7", number + 1)).collect();
    for memory in [2_000, 1 << 20] {
        let (comparison, found) = compared([(&HEADER, &before), (&HEADER, &after)], memory).await;
        let counts = comparison.modules[0].records;
        assert_eq!((counts.added, counts.deleted), (counts.deleted, counts.added), "{memory}");
        assert!(counts.added + counts.changed == 1 && found.len() <= 2, "{memory}: {counts:?}");
    }
}

#[tokio::test]
async fn differences_as_csv_tell_null_from_the_empty_text() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("differences.csv");
    let mut report = CsvReport::create(&file).expect("begins");
    let cell = |before: Option<&str>, after: Option<&str>| EditedCell {
        field: "Name".into(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    let cells = vec![cell(None, Some("")), cell(Some("=1+1"), Some("a,b"))];
    let changed = BackupDifference::Record { record: "4876876000000000001".into(), edit: RecordEdit::Changed, cells };
    report.write("Leads", &changed).expect("writes");
    report.write("Leads", &BackupDifference::FieldAdded("Score".into())).expect("writes");
    assert!(!file.exists());
    report.finish().expect("completes");
    let expected = "\u{FEFF}module,record,change,field,before,after\r\n\
        Leads,'4876876000000000001,changed,Name,,\"\"\r\n\
        Leads,'4876876000000000001,changed,Name,'=1+1,\"a,b\"\r\n\
        Leads,,field_added,Score,,\r\n";
    assert_eq!(std::fs::read_to_string(&file).expect("reads"), expected);
}
