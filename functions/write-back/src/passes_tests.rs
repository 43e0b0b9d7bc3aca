//! Turns of a module whose records refer to one another, against a table in memory that takes no reference to nobody.

use std::collections::BTreeMap;

use super::*;
use hozon_shared::domain::crm::{DataCategory, Field};

const PHASES: [WritePhase; 5] = [WritePhase::Write, WritePhase::Tie, WritePhase::Untie, WritePhase::Delete, WritePhase::Retie];

/// A module with an id, a name, and the id of another of its records.
fn module() -> Module {
    let field = |name: &str| Field {
        api_name: name.to_owned(),
        label: name.to_owned(),
        data_type: "text".to_owned(),
        contents: DataCategory::Crm,
    };
    Module {
        api_name: "person".to_owned(),
        label: "Person".to_owned(),
        order: 1,
        contents: DataCategory::Crm,
        version: "1".to_owned(),
        fields: ["id", "name", "manager"].map(field).to_vec(),
        key: vec!["id".to_owned()],
        structure: None,
        rows: 0,
        row_bytes: 0,
        attachments: 0,
        attachment_bytes: 0,
    }
}

fn cells(text: &str) -> Cells {
    text.split(' ').map(|cell| (cell != "-").then(|| cell.to_owned())).collect()
}

fn record(action: PlannedAction, now: &str, wanted: &str) -> PlannedRecord {
    let of = |text: &str| (!text.is_empty()).then(|| cells(text));
    let id = of(now).or(of(wanted)).expect("a record")[0].clone().expect("an id").into_bytes();
    PlannedRecord { id, action, reason: None, now: of(now), wanted: of(wanted) }
}

type Table = BTreeMap<String, Cells>;

fn table(rows: &[&str]) -> Table {
    rows.iter().map(|row| (cells(row)[0].clone().expect("an id"), cells(row))).collect()
}

/// Writes what a turn says, each write alone. Nobody may refer to a record that is not there.
fn carry_out(table: &mut Table, turns: &Turns, phase: WritePhase, write: &RecordWrite) {
    let columns: Vec<usize> = match phase {
        WritePhase::Tie | WritePhase::Retie => turns.columns.clone(),
        _ => (0..3).collect(),
    };
    let id = write.seen.as_ref().or(write.wanted.as_ref()).expect("a record")[0].clone().expect("an id");
    let found = table.get(&id).map(|row| columns.iter().map(|at| row[*at].clone()).collect::<Cells>());
    assert_eq!(found, write.seen, "{phase:?} {id}");
    match &write.wanted {
        None => drop(table.remove(&id)),
        Some(wanted) => {
            let row = table.entry(id).or_insert_with(|| vec![None; 3]);
            columns.iter().zip(wanted).for_each(|(at, cell)| row[*at] = cell.clone());
        }
    }
    let missing = table.values().filter_map(|row| row[2].as_ref()).find(|manager| !table.contains_key(*manager));
    assert_eq!(missing, None, "{phase:?}");
}

/// Carries out all turns, and returns how often a record's own outcome was given.
fn all_turns(rows: &mut Table, records: &[PlannedRecord]) -> usize {
    let turns = Turns::new(module(), &["manager".to_owned()]);
    let mut own = 0;
    for phase in PHASES.into_iter().filter(|phase| *phase != WritePhase::Retie) {
        for record in records {
            assert!(turns.write(phase, record).is_none() || turns.concerns(phase, record.action), "{phase:?}");
            if let Some(TurnWrite { write, is_main }) = turns.write(phase, record) {
                carry_out(rows, &turns, phase, &write);
                own += usize::from(is_main);
            }
        }
    }
    own
}

#[test]
fn records_that_refer_to_one_another_are_created_changed_and_deleted() {
    use PlannedAction::{Change, Create, Delete};
    let before = ["3 c 3", "4 d 3", "5 e -", "8 h 9", "9 i 8"];
    let after = ["1 a 2", "2 b 1", "3 C 1", "4 d 2", "5 E -"];
    let forth = [
        record(Create, "", "1 a 2"),
        record(Create, "", "2 b 1"),
        record(Change, "3 c 3", "3 C 1"),
        record(Change, "4 d 3", "4 d 2"),
        record(Change, "5 e -", "5 E -"),
        record(Delete, "8 h 9", ""),
        record(Delete, "9 i 8", ""),
    ];
    let mut rows = table(&before);
    assert_eq!(all_turns(&mut rows, &forth), forth.len(), "each record has one outcome of its own");
    assert_eq!(rows, table(&after));
    let back = forth.map(|record| PlannedRecord {
        action: match record.action {
            Create => Delete,
            Delete => Create,
            other => other,
        },
        now: record.wanted,
        wanted: record.now,
        ..record
    });
    assert_eq!(all_turns(&mut rows, &back), back.len());
    assert_eq!(rows, table(&before), "undone");
}

#[test]
fn a_record_that_could_not_be_deleted_gets_its_reference_back() {
    let turns = Turns::new(module(), &["manager".to_owned()]);
    let mut rows = table(&["8 h 9", "9 i -"]);
    let record = record(PlannedAction::Delete, "8 h 9", "");
    for phase in [WritePhase::Untie, WritePhase::Retie] {
        let TurnWrite { write, is_main } = turns.write(phase, &record).expect("a write");
        assert!(!is_main);
        carry_out(&mut rows, &turns, phase, &write);
    }
    assert_eq!(rows, table(&["8 h 9", "9 i -"]));
}

#[test]
fn a_module_without_references_needs_no_further_turn() {
    let turns = Turns::new(module(), &[]);
    for phase in [WritePhase::Tie, WritePhase::Untie, WritePhase::Retie, WritePhase::Finish] {
        assert!(
            ![PlannedAction::Create, PlannedAction::Change, PlannedAction::Delete]
                .into_iter()
                .any(|action| turns.concerns(phase, action))
        );
    }
    assert!(
        !turns.concerns(WritePhase::Write, PlannedAction::Leave)
            && !turns.concerns(WritePhase::Delete, PlannedAction::Impossible)
    );
}
