//! Tests of the order in which modules are written.

use proptest::prelude::*;

use super::*;
use crate::domain::crm::Field;
use crate::domain::structure::{Column, Generated, Partition};

/// A foreign key from one module to another, by their positions.
#[derive(Debug, Clone)]
struct Key {
    from: usize,
    to: usize,
    nullable: bool,
}

fn table(name: &str) -> TableName {
    TableName { schema: Some("public".to_owned()), name: name.to_owned() }
}

fn module(name: &str) -> Module {
    Module {
        api_name: name.to_owned(),
        label: name.to_owned(),
        order: 0,
        contents: DataCategory::Crm,
        version: "1".to_owned(),
        fields: Vec::new(),
        key: vec!["id".to_owned()],
        structure: Some(Structure { table: table(name), ..Structure::default() }),
        rows: 0,
        row_bytes: 0,
        attachments: 0,
        attachment_bytes: 0,
    }
}

/// Adds a column, and a foreign key of it.
fn refer(module: &mut Module, column: &str, to: &str, nullable: bool) {
    let structure = module.structure.as_mut().expect("a structure");
    structure.columns.push(Column { name: column.to_owned(), nullable, ..Column::default() });
    structure.constraints.push(Constraint {
        name: format!("{column}_fkey"),
        rule: Rule::ForeignKey {
            columns: vec![column.to_owned()],
            references: table(to),
            referenced_columns: vec!["id".to_owned()],
            checked: Checked::Immediately,
        },
        definition: None,
        is_inherited: false,
    });
    module.fields.push(Field {
        api_name: column.to_owned(),
        label: column.to_owned(),
        data_type: "bigint".to_owned(),
        contents: DataCategory::Crm,
    });
}

fn modules(count: usize, keys: &[Key]) -> Vec<Module> {
    let mut modules: Vec<_> = (0..count).map(|at| module(&format!("m{at}"))).collect();
    for (number, Key { from, to, nullable }) in keys.iter().enumerate() {
        refer(&mut modules[*from], &format!("k{number}"), &format!("m{to}"), *nullable);
    }
    modules
}

fn schema() -> impl Strategy<Value = (usize, Vec<Key>)> {
    (1..9_usize).prop_flat_map(|count| {
        let key = (0..count, 0..count, any::<bool>()).prop_map(|(from, to, nullable)| Key { from, to, nullable });
        (Just(count), proptest::collection::vec(key, 0..16))
    })
}

/// Whether `from` leads to `to` by way of keys that count.
fn leads(keys: &[Key], from: usize, to: usize, counts: impl Fn(&Key) -> bool) -> bool {
    let (mut open, mut seen) = (vec![from], vec![from]);
    while let Some(at) = open.pop() {
        for key in keys.iter().filter(|key| key.from == at && counts(key)) {
            if key.to == to {
                return true;
            }
            if !seen.contains(&key.to) {
                seen.push(key.to);
                open.push(key.to);
            }
        }
    }
    false
}

proptest! {
    #[test]
    fn parents_come_first_unless_a_circle_is_closed_by_a_postponed_or_reported_key((count, keys) in schema()) {
        let found = write_order(&modules(count, &keys));
        let mut sorted = found.order.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..count).collect::<Vec<_>>());
        let place = |module: usize| found.order.iter().position(|at| *at == module);
        for (number, key) in keys.iter().enumerate() {
            let is_postponed = found.postponed[key.from].contains(&format!("k{number}"));
            let is_open = found.open.iter().any(|open| open.module == key.from && open.rule == format!("k{number}_fkey"));
            if key.from == key.to {
                prop_assert_eq!((is_postponed, is_open), (key.nullable, false), "a reference to itself: {:?}", key);
                continue;
            }
            prop_assert_eq!(place(key.to) > place(key.from), is_postponed || is_open, "{:?} in {:?}", key, found);
            prop_assert!(!is_postponed || key.nullable);
            prop_assert!(!is_postponed || leads(&keys, key.to, key.from, |_| true), "only circles are postponed: {:?}", key);
            prop_assert!(
                !is_open || !key.nullable && leads(&keys, key.to, key.from, |key| !key.nullable),
                "only circles without NULL stay open: {:?}", key
            );
        }
    }
}

#[test]
fn modules_without_references_keep_their_order_and_parents_come_before_them() {
    let mut list = [module("deal"), module("note"), module("account")];
    refer(&mut list[0], "account", "account", false);
    refer(&mut list[1], "elsewhere", "gone", false);
    let found = write_order(&list);
    assert_eq!((found.order, found.open), (vec![1, 2, 0], Vec::new()));
    assert!(found.postponed.iter().all(Vec::is_empty));
}

#[test]
fn a_circle_is_opened_where_a_field_may_be_null() {
    let mut list = [module("account"), module("contact")];
    refer(&mut list[0], "main_contact", "contact", true);
    refer(&mut list[0], "parent", "account", true);
    refer(&mut list[1], "account", "account", false);
    let found = write_order(&list);
    assert_eq!(found.order, [0, 1]);
    assert_eq!(found.postponed, [vec!["main_contact".to_owned(), "parent".to_owned()], Vec::new()]);
}

#[test]
fn a_circle_without_null_is_reported_with_whether_it_can_be_deferred() {
    let mut list = [module("a"), module("b")];
    refer(&mut list[0], "b", "b", false);
    refer(&mut list[1], "a", "a", false);
    let rule = &mut list[0].structure.as_mut().expect("a structure").constraints[0].rule;
    if let Rule::ForeignKey { checked, .. } = rule {
        *checked = Checked::ImmediatelyUnlessDeferred;
    }
    let found = write_order(&list);
    assert_eq!(found.order, [0, 1]);
    assert_eq!(found.open, [OpenReference { module: 0, rule: "b_fkey".to_owned(), is_deferrable: true }]);
}

#[test]
fn fields_that_cannot_be_null_or_are_not_contained_are_not_postponed() {
    // A generated column, a foreign key that wants all of its columns, and a field that backups leave out.
    let mut list = [module("a"), module("b")];
    refer(&mut list[0], "computed", "b", true);
    refer(&mut list[1], "a", "a", true);
    let structure = list[0].structure.as_mut().expect("a structure");
    structure.columns[0].generated = Some(Generated::Stored { expression: "1".to_owned() });
    let found = write_order(&list);
    assert_eq!((found.order, found.postponed), (vec![1, 0], vec![Vec::new(), vec!["a".to_owned()]]));

    let mut list = [module("a"), module("b")];
    refer(&mut list[0], "b", "b", true);
    refer(&mut list[1], "a", "a", false);
    let structure = list[0].structure.as_mut().expect("a structure");
    structure.columns.push(Column { name: "kind".to_owned(), ..Column::default() });
    structure.constraints[0].definition = Some("FOREIGN KEY (kind, b) REFERENCES b(kind, id) MATCH FULL".to_owned());
    if let Rule::ForeignKey { columns, .. } = &mut structure.constraints[0].rule {
        columns.insert(0, "kind".to_owned());
    }
    let kind = Field { api_name: "kind".to_owned(), ..list[0].fields[0].clone() };
    list[0].fields.push(kind);
    assert_eq!(write_order(&list).open.len(), 1);
    list[0].fields[1].contents = DataCategory::Mail;
    let found = write_order(&list);
    assert_eq!((found.order, found.open), (vec![0, 1], Vec::new()));
}

#[test]
fn a_reference_to_a_partition_or_without_a_schema_leads_to_the_table() {
    let mut list = [module("deal"), module("log")];
    refer(&mut list[0], "log", "log_2026", false);
    let structure = list[1].structure.as_mut().expect("a structure");
    structure.partitions.push(Partition {
        table: table("log_2026"),
        bounds: "DEFAULT".to_owned(),
        of: None,
        partitioned_by: None,
    });
    assert_eq!(write_order(&list).order, [1, 0]);
    let mut list = [module("deal"), module("log")];
    refer(&mut list[0], "log", "log", false);
    list[1].structure.as_mut().expect("a structure").table.schema = None;
    assert_eq!(write_order(&list).order, [1, 0]);
}

#[test]
fn references_that_no_structure_names_order_modules_too() {
    let mut list = ["note", "contact", "account"].map(module);
    for (module, field) in [(0, "of"), (1, "account"), (2, "parent")] {
        list[module].structure = None;
        list[module].fields.push(Field {
            api_name: field.to_owned(),
            label: field.to_owned(),
            data_type: "lookup".to_owned(),
            contents: DataCategory::Crm,
        });
    }
    let refers = |module: &str, field: &str, to: &str, may_be_empty| FieldReference {
        module: module.to_owned(),
        to: to.to_owned(),
        fields: vec![field.to_owned()],
        may_be_empty,
    };
    let known = [
        refers("note", "of", "contact", false),
        refers("note", "of", "account", false),
        refers("contact", "account", "account", true),
        refers("account", "parent", "account", true),
        refers("account", "gone", "contact", true),
    ];
    let found = write_order_with(&list, &known);
    assert_eq!((found.order, found.open), (vec![2, 1, 0], vec![]));
    assert_eq!(found.postponed, [vec![], vec![], vec!["parent".to_owned()]]);
}
