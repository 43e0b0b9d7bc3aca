//! Tests of which files belong to which module.

use super::*;
use crate::domain::crm::{DataCategory, Field};
use crate::domain::locale::Locale;
use crate::domain::selection::{Omission, without_omissions};
use crate::domain::source::{GapKind, SourceModule};

const FILES: &str = r#"
name = "shop"
title = "Shop CRM"
versions = "1"
recognised_by = ["deal"]
module = [
  { table = "deal", label = { en = "Deals" }, known_as = "crm.deal" },
  { table = "letter", label = { en = "Letters" }, category = "mail", known_as = "crm.letter" },
  { table = "later", label = { en = "Later" }, known_as = "crm.later", optional = true },
  { table = "file", label = { en = "Files" } },
]
[[files]]
table = "file"
id = "id"
bytes = { column = "data" }
"#;

fn module(name: &str, contents: DataCategory, fields: &[&str]) -> SourceModule {
    let field = |name: &&str| Field {
        api_name: (*name).to_owned(),
        label: String::new(),
        data_type: String::new(),
        contents: DataCategory::Crm,
    };
    SourceModule {
        api_name: name.to_owned(),
        label: name.to_owned(),
        contents,
        fields: fields.iter().map(field).collect(),
        key: Vec::new(),
        structure: None,
        estimated_rows: None,
        bytes: None,
    }
}

fn found() -> Vec<SourceModule> {
    vec![
        module("deal", DataCategory::Crm, &["id"]),
        module("file", DataCategory::Crm, &["id", "data", "kind", "owner", "reference", "deal_id"]),
        module("letter", DataCategory::Crm, &["id"]),
    ]
}

/// Record and last condition of the files of a table.
fn of(record: &str, table: &str) -> Option<(RecordId, Option<RowCondition>)> {
    let profile = Profile::parse("shop.toml", &format!("{FILES}{record}")).expect("a profile");
    let shaped = shape(&found(), &[], Some(&profile), Locale::En);
    let module = shaped.modules.iter().find(|module| module.api_name == table).expect(table);
    let mut sources = profile.files_of(module, &found());
    assert!(sources.len() <= 1);
    let mut source = sources.pop()?;
    Some((source.record, source.conditions.pop()))
}

fn is(column: &str, value: &str) -> RowCondition {
    RowCondition::Is { column: column.to_owned(), value: value.to_owned() }
}

/// The condition that rows meet and that name a record.
fn of_record(condition: RowCondition, record: RecordId) -> RowCondition {
    RowCondition::All(vec![condition, RowCondition::HasRecord(record)])
}

#[test]
fn files_belong_to_the_record_that_kind_and_id_name_and_otherwise_to_their_own_row() {
    let record = "record = { kind = \"kind\", id = \"owner\" }";
    let owner = RecordId::Column("owner".to_owned());
    let claim = |kind: &str| of_record(is("kind", kind), owner.clone());
    assert_eq!(of(record, "deal"), Some((owner.clone(), Some(claim("crm.deal")))));
    // The files of mails are left out with them; those of a table that is not there belong to nobody else.
    let claimed = vec![claim("crm.deal"), claim("crm.letter")];
    let rest = (RecordId::Column("id".to_owned()), Some(RowCondition::Neither(claimed)));
    assert_eq!((of(record, "file"), of(record, "letter")), (Some(rest), None));
}

#[test]
fn files_belong_to_the_record_that_a_reference_or_a_column_names() {
    let after = RecordId::AfterComma("reference".to_owned());
    let starts = RowCondition::StartsWith { column: "reference".to_owned(), text: "crm.deal,".to_owned() };
    let reference = (after.clone(), Some(of_record(starts, after)));
    assert_eq!(of("record = { reference = \"reference\" }", "deal"), Some(reference));
    let id = RecordId::Column("deal_id".to_owned());
    let column = (id.clone(), Some(of_record(RowCondition::Filled("deal_id".to_owned()), id)));
    assert_eq!(of("record = { columns = { deal = \"deal_id\" } }", "deal"), Some(column));
    assert_eq!((of("", "deal"), of("", "file")), (None, Some((RecordId::Column("id".to_owned()), None))));
}

#[test]
fn bytes_of_files_are_no_cells_and_files_that_the_table_cannot_have_are_not_read() {
    let profile = Profile::parse("shop.toml", FILES).expect("a profile");
    let shaped = shape(&found(), &[], Some(&profile), Locale::En);
    let file = shaped.modules.iter().find(|module| module.api_name == "file").expect("files");
    assert!(file.fields.iter().all(|field| field.api_name != "data"), "{:?}", file.fields);
    let gaps: Vec<_> = shaped.gaps.iter().map(|gap| (gap.name(), gap.kind)).collect();
    assert_eq!(gaps, [("file.data".to_owned(), GapKind::AsFiles)]);
    let other = Profile::parse("shop.toml", &FILES.replace("\"data\"", "\"gone\"")).expect("a profile");
    let shaped = shape(&found(), &[], Some(&other), Locale::En);
    let gaps: Vec<_> = shaped.gaps.iter().map(|gap| (gap.name(), gap.kind)).collect();
    assert_eq!(gaps, [("file.gone".to_owned(), GapKind::Missing)]);
    assert!(other.files_of(&shaped.modules[1], &found()).is_empty());
}

#[test]
fn what_an_administrator_leaves_out_has_no_files() {
    let profile = Profile::parse("shop.toml", FILES).expect("a profile");
    let of_file = |module: &str, field: Option<&str>| {
        let omitted = [Omission { module: module.to_owned(), field: field.map(str::to_owned) }];
        let source = profile.files_of(&found()[1], &found()).pop().expect("files");
        source.without_omissions("file", &omitted).is_some()
    };
    assert!(of_file("deal", None) && of_file("file", Some("kind")));
    assert!(!of_file("file", None) && !of_file("file", Some("data")));
    let shaped = shape(&found(), &[], Some(&profile), Locale::En);
    let omitted = [Omission { module: "file".to_owned(), field: Some("data".to_owned()) }];
    let (_, gaps) = without_omissions(&shaped.modules, &shaped.gaps, &omitted);
    assert_eq!(gaps.iter().map(|gap| (gap.name(), gap.kind)).collect::<Vec<_>>(), [("file.data".to_owned(), GapKind::Omitted)]);
}

#[test]
fn files_may_lie_in_a_folder_if_the_source_has_the_table_and_the_columns_of_the_path() {
    let in_folder = |path: &str| {
        let text = FILES.replace("column = \"data\"", &format!("path = \"{path}\""));
        Profile::parse("shop.toml", &text).expect("a profile").has_files_in_folder(&found())
    };
    assert!(in_folder("files/{id}") && !in_folder("files/{gone}"));
    assert!(!Profile::parse("shop.toml", FILES).expect("a profile").has_files_in_folder(&found()));
}
