//! Tests of profiles: the format, applying one, and comparing one with a database.

use super::*;
use crate::domain::crm::{DataCategory, Field};
use crate::domain::locale::Locale;
use crate::domain::source::{Gap, GapKind, SourceModule};

const SHOP: &str = r#"
name = "shop"
title = "Shop CRM"
versions = "1"
recognised_by = ["deal", "person"]
module = [
  { table = "person", api_name = "People", label = { en = "People", ja = "人" }, labels = { born = { en = "Birthday", ja = "誕生日" } } },
  { table = "deal", label = { en = "Deals" }, categories = { mail = "mail" } },
  { table = "letter", label = { en = "Letters" }, category = "mail" },
  { table = "extra", label = { en = "Extras" }, optional = true },
]
omit = [{ table = "session", reason = "sessions of users" }]
"#;

fn shop() -> Profile {
    Profile::parse("shop.toml", SHOP).expect("a profile")
}

fn module(name: &str, fields: &[&str]) -> SourceModule {
    let field = |name: &&str| Field {
        api_name: (*name).to_owned(),
        label: (*name).to_owned(),
        data_type: "text".to_owned(),
        contents: DataCategory::Crm,
    };
    SourceModule {
        api_name: name.to_owned(),
        label: name.to_owned(),
        contents: DataCategory::Crm,
        fields: fields.iter().map(field).collect(),
        key: Vec::new(),
        structure: None,
        estimated_rows: None,
        bytes: None,
    }
}

fn gap(module: &str, kind: GapKind) -> Gap {
    Gap::of(module, kind)
}

fn database() -> Vec<SourceModule> {
    vec![
        module("account", &["id"]),
        module("deal", &["id", "mail"]),
        module("letter", &["text"]),
        module("person", &["id", "born"]),
        module("session", &["key"]),
    ]
}

#[test]
fn a_profile_names_orders_and_categorises_and_leaves_the_rest_as_it_is() {
    let gaps = [gap("person", GapKind::Inconsistent), gap("other", GapKind::Foreign)];
    let shaped = shape(&database(), &gaps, Some(&shop()), Locale::Ja);
    let shown: Vec<_> =
        shaped.modules.iter().map(|module| (module.api_name.as_str(), module.label.as_str(), module.contents)).collect();
    assert_eq!(
        shown,
        [
            ("People", "人", DataCategory::Crm),
            ("deal", "Deals", DataCategory::Crm),
            ("letter", "Letters", DataCategory::Mail),
            ("account", "account", DataCategory::Crm),
        ]
    );
    assert_eq!(
        (shaped.modules[0].fields[1].label.as_str(), shaped.modules[1].fields[1].contents),
        ("誕生日", DataCategory::Mail)
    );
    let wanted = [gap("People", GapKind::Inconsistent), gap("other", GapKind::Foreign), gap("session", GapKind::Omitted)];
    assert_eq!(shaped.gaps, wanted);
    assert_eq!(shaped.as_found(&shaped.modules[0]).api_name, "person");
    assert_eq!(shaped.as_found(&shaped.modules[1]), shaped.modules[1]);
    assert_eq!(shape(&database(), &[], Some(&shop()), Locale::En).modules[0].label, "People");
}

#[test]
fn without_a_profile_everything_stays_as_it_is() {
    let shaped = shape(&database(), &[gap("other", GapKind::Foreign)], None, Locale::En);
    assert_eq!((shaped.modules, shaped.gaps), (database(), vec![gap("other", GapKind::Foreign)]));
}

#[test]
fn a_name_that_another_table_has_is_not_given_twice() {
    let modules = [module("person", &["id"]), module("people", &["id"])];
    let shaped = shape(&modules, &[], Some(&shop()), Locale::En);
    let names: Vec<_> = shaped.modules.iter().map(|module| module.api_name.as_str()).collect();
    assert_eq!(names, ["person", "people"]);
}

#[test]
fn comparing_names_what_the_database_lacks_and_what_the_profile_does_not_know() {
    let whole = fit(&shop(), &database(), &[]);
    assert_eq!((whole.fitting, whole.missing.len(), whole.is_whole()), (3, 0, true));
    assert_eq!((whole.not_installed, whole.unknown), (vec!["extra".to_owned()], vec!["account".to_owned()]));
    // The columns of a table that cannot be read are not known.
    let few = [module("person", &["id"]), module("account", &["id"])];
    let lacking = fit(&shop(), &few, &[gap("deal", GapKind::NoPermission)]);
    assert_eq!(lacking.missing, ["letter", "person.born"]);
}

#[test]
fn a_database_is_recognised_by_its_tables_even_if_they_cannot_be_read() {
    let profiles = Profiles::default().with(&[("shop.toml".to_owned(), SHOP.to_owned())]).expect("profiles");
    let name = |modules: &[SourceModule], gaps: &[Gap]| profiles.recognise(modules, gaps).map(|profile| profile.name.clone());
    assert_eq!(name(&database(), &[]).as_deref(), Some("shop"));
    assert_eq!(name(&[module("person", &["id"])], &[gap("deal", GapKind::RowSecurity)]).as_deref(), Some("shop"));
    assert_eq!(name(&[module("person", &["id"])], &[]), None);
}

#[test]
fn an_operators_profile_replaces_one_of_its_name_and_none_is_given_twice() {
    let own = SHOP.replace("\"shop\"", "\"creme\"");
    let files = [("a.toml".to_owned(), own.clone())];
    let profiles = Profiles::default().with(&files).expect("profiles");
    assert_eq!(profiles.find("creme").expect("creme").title, "Shop CRM");
    assert_eq!(profiles.iter().count(), Profiles::default().iter().count());
    let twice = [("a.toml".to_owned(), own.clone()), ("b.toml".to_owned(), own)];
    let refused = Profiles::default().with(&twice).expect_err("is refused").to_string();
    assert_eq!(refused, "b.toml: there is already a profile named creme");
    let unknown = profiles.find("nothing").expect_err("is unknown").to_string();
    assert!(unknown.starts_with("There is no profile \"nothing\". Give one of bottlecrm, creme, "), "{unknown}");
}

#[test]
fn a_bad_profile_names_its_file_table_and_key() {
    for (from, to, wanted) in [
        ("\"shop\"", "\"Shop CRM\"", "shop.toml: name of the profile: use lower-case letters, digits and hyphens"),
        ("[\"deal\", \"person\"]", "[]", "shop.toml: recognised_by of the profile: name tables that every installation has"),
        ("table = \"letter\"", "table = \"Deal\"", "shop.toml: table of Deal: every table and API name is named once"),
        ("en = \"Deals\"", "en = \" \"", "shop.toml: label of deal: give the name that users see"),
        ("sessions of users", "", "shop.toml: reason of session: say why backups leave it out"),
        ("table = \"session\"", "table = \"deal\"", "shop.toml: omit of deal: the table is named twice"),
        ("optional = true", "known = true", "shop.toml: the profile cannot be read: unknown field `known`"),
        ("category = \"mail\" }", "category = \"post\" }", "shop.toml: the profile cannot be read: unknown variant `post`"),
    ] {
        let refused = Profile::parse("shop.toml", &SHOP.replacen(from, to, 1)).expect_err(wanted).to_string();
        assert!(refused.starts_with(wanted), "{refused}");
    }
    for (files, wanted) in [
        ("bytes = {}", "bytes of deal: give column, large_object or path"),
        ("bytes = { path = \"upload\" }", "bytes.path of deal: write columns in braces, such as upload/{id}"),
        ("bytes = { column = \"a\" }\nrecord = { kind = \"b\" }", "record of deal: give kind and id, or reference, or columns"),
        ("bytes = { column = \"a\" }\nrecord = {}", "record of deal: give kind and id, or reference, or columns"),
    ] {
        let text = format!("{SHOP}[[files]]\ntable = \"deal\"\nid = \"id\"\n{files}\n");
        let refused = Profile::parse("shop.toml", &text).expect_err(wanted).to_string();
        assert_eq!(refused, format!("shop.toml: {wanted}"));
    }
}

#[test]
fn the_profiles_of_the_product_are_read_and_their_names_are_those_of_their_files() {
    let names: Vec<_> = Profiles::default().iter().map(|profile| profile.name.clone()).collect();
    assert_eq!(names, ["bottlecrm", "creme", "dolibarr", "espocrm", "odoo", "suitecrm", "tryton", "twenty"]);
}
