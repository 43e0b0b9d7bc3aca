//! What a CRM exports is loaded whole or not at all.

use hozon::import::{Encoding, ImportError, Options, RowFault};
use hozon_tests::{Crm, World, contents, csv};

fn rows(module: &hozon_tests::ModuleContents) -> Vec<Vec<&str>> {
    module.rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect()
}

#[tokio::test]
async fn a_backup_that_is_imported_elsewhere_is_the_same_crm() {
    let mut world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = Options { from: zips, ..Options::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let (original, copied) = (contents(&world.local.ports, world.org).await, contents(&world.local.ports, copy).await);
    assert_eq!(original.len(), 2);
    assert_eq!(original, copied);
    world.end().await;
}

#[tokio::test]
async fn files_in_other_encodings_are_read_when_told() {
    let world = World::start().await;
    let text = "Id,名前\r\n1,株式会社①\r\n";
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let crm = Crm::default().file("取引先.csv", &shift_jis);
    let options = |encoding| Options { from: crm.inputs(), encoding, ..Options::default() };
    let refused = world.try_import(options(Encoding::Utf8)).await.unwrap_err();
    assert!(matches!(refused, ImportError::Row { line: 1, fault: RowFault::Encoding, .. }), "{refused:?}");
    world.try_import(options(Encoding::ShiftJis)).await.unwrap();
    let western = Crm::default().file("Kunden.csv", b"Id,Stadt\n7,K\xF6ln \x80\n");
    world.try_import(Options { from: western.inputs(), encoding: Encoding::Windows1252, ..Options::default() }).await.unwrap();
    let found = contents(&world.local.ports, world.org).await;
    let found: Vec<_> = found.iter().map(|module| (module.api_name.as_str(), rows(module))).collect();
    assert!(found.contains(&("取引先", vec![vec!["1", "株式会社①"]])), "{found:?}");
    assert!(found.contains(&("Kunden", vec![vec!["7", "Köln €"]])), "{found:?}");
    world.end().await;
}

#[tokio::test]
async fn quoted_line_ends_a_byte_order_mark_and_numbered_files_are_understood() {
    let world = World::start().await;
    let crm = Crm::default()
        .file("Leads_001.csv", "\u{FEFF}Id,Note\n1,\"a\r\nb\n\"\"c\"\"\"\n".as_bytes())
        .file("Leads_002.csv", b"Id,Note\r\n2,'=kept\r\n");
    world.import(crm.inputs()).await;
    let found = contents(&world.local.ports, world.org).await;
    assert_eq!(found.len(), 1);
    assert_eq!(rows(&found[0]), [["1", "a\r\nb\n\"c\""], ["2", "'=kept"]]);
    world.end().await;
}

#[tokio::test]
async fn a_malformed_row_is_named_and_nothing_is_loaded() {
    let world = World::start().await;
    let good = csv(&[&["Id"], &["1"]]);
    let cases: [(&[u8], u64); 6] = [
        (b"Id,Name\n1,a\n2\n", 3),
        (b"Id,Name\n1,\"a\nb\"\n2,b,c\n", 4),
        (b"Id,Name\n1,\"a\n2,b\n", 2),
        (b"Id,Name\n1,\"a\"b\n", 2),
        (b"Id,Id\n1,2\n", 1),
        (b"", 1),
    ];
    for (bytes, expected) in cases {
        let crm = Crm::default().file("Accounts.csv", &good).file("Leads.csv", bytes);
        let refused = world.try_import(Options { from: crm.inputs(), ..Options::default() }).await.unwrap_err();
        let ImportError::Row { file, line, .. } = &refused else { panic!("{refused:?}") };
        assert!(file.ends_with("Leads.csv"), "{refused}");
        assert_eq!(*line, expected, "{refused}");
    }
    assert!(contents(&world.local.ports, world.org).await.is_empty());
    let left = world.local.ports.objects.list(hozon_shared::ports::Bucket::Crm, "").await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    world.end().await;
}

#[tokio::test]
async fn a_new_import_of_a_module_replaces_it_and_leaves_the_others() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.import(Crm::default().file("Deals.csv", &csv(&[&["Id"], &["11"], &["12"]])).inputs()).await;
    let found = contents(&world.local.ports, world.org).await;
    let deals = found.iter().find(|module| module.api_name == "Deals").unwrap();
    assert_eq!((rows(deals), deals.attachments.len()), (vec![vec!["11"], vec!["12"]], 0));
    assert_eq!(found.iter().find(|module| module.api_name == "Leads").unwrap().attachments.len(), 2);
    world.end().await;
}

#[tokio::test]
async fn marked_modules_and_fields_are_left_out_and_listed() {
    let world = World::start().await;
    let crm = Crm::small().file("Emails.csv", &csv(&[&["Id", "Body"], &["1", "secret"]]));
    let marks = ["Emails=mail", "Leads.Phone=integration"].map(|mark| mark.parse().unwrap()).to_vec();
    world.try_import(Options { from: crm.inputs(), marks, ..Options::default() }).await.unwrap();
    let zips = world.back_up_well().await;
    let manifest = entry(&zips[0], "manifest.json").await;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let expected = serde_json::json!([
        { "module": "Emails", "field": null, "contents": "mail" },
        { "module": "Leads", "field": "Phone", "contents": "integration" },
    ]);
    let mut listed = manifest["left_out"].as_array().unwrap().clone();
    listed.sort_by_key(|entry| entry["module"].to_string());
    assert_eq!(serde_json::Value::Array(listed), expected);
    let leads = String::from_utf8(entry(&zips[0], "Leads.csv").await).unwrap();
    assert!(leads.starts_with("\u{FEFF}Id,Name\r\n"), "{leads}");
    let paths: Vec<_> = manifest["files"].as_array().unwrap().iter().map(|file| file["path"].clone()).collect();
    assert_eq!(paths, ["Deals.csv", "Leads.csv", "fields/Deals.json", "fields/Leads.json"]);
    world.end().await;
}

#[tokio::test]
async fn an_attachment_of_an_unknown_module_is_an_error() {
    let world = World::start().await;
    let crm = Crm::small().file("attachments/Cases/1/x.txt", b"x");
    let refused = world.try_import(Options { from: crm.inputs(), ..Options::default() }).await.unwrap_err();
    assert!(matches!(&refused, ImportError::UnknownModule { module, .. } if module == "Cases"), "{refused:?}");
    world.end().await;
}

/// One entry of a zip, by unzip.
async fn entry(zip: &std::path::Path, name: &str) -> Vec<u8> {
    let output = tokio::process::Command::new("unzip").arg("-p").arg(zip).arg(name).output().await.unwrap();
    assert!(output.status.success(), "{name} is not in {}", zip.display());
    output.stdout
}
