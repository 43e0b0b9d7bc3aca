//! A CRM's exports are imported completely or not at all.

use std::path::{Path, PathBuf};

use hozon::import::{Encoding, ImportError, ImportOptions, Note, RowFault, SkipReason};
use hozon_tests::{Crm, World, contents, csv, unzip};

fn rows(module: &hozon_tests::ModuleContents) -> Vec<Vec<&str>> {
    module.rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect()
}

#[tokio::test]
async fn a_backup_that_is_imported_elsewhere_is_the_same_crm() {
    let mut world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let (original, copied) = (contents(&world.local.ports, world.org).await, contents(&world.local.ports, copy).await);
    assert_eq!(original.len(), 2);
    assert_eq!(original, copied);
    world.end().await;
}

#[tokio::test]
async fn files_in_other_encodings_are_read_if_the_encoding_is_named() {
    let world = World::start().await;
    let text = "Id,名前\r\n1,株式会社①\r\n";
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let crm = Crm::default().file("取引先.csv", &shift_jis);
    let options = |encoding| ImportOptions { from: crm.inputs(), encoding, ..ImportOptions::default() };
    let refused = world.try_import(options(Encoding::UTF_8)).await.unwrap_err();
    let ImportError::Row { line: 1, fault: RowFault::Encoding { guess, .. }, .. } = &refused else { panic!("{refused:?}") };
    assert_eq!(*guess, Some(Encoding::SHIFT_JIS), "{refused}");
    world.try_import(options(Encoding::SHIFT_JIS)).await.unwrap();
    let western = Crm::default().file("Kunden.csv", b"Id,Stadt\n7,K\xF6ln \x80\n");
    world
        .try_import(ImportOptions { from: western.inputs(), encoding: Encoding::WINDOWS_1252, ..ImportOptions::default() })
        .await
        .unwrap();
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
        let refused = world.try_import(ImportOptions { from: crm.inputs(), ..ImportOptions::default() }).await.unwrap_err();
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
    world.try_import(ImportOptions { from: crm.inputs(), marks, ..ImportOptions::default() }).await.unwrap();
    let zips = world.back_up_well().await;
    let manifest = unzip(&zips[0], "manifest.json");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    let expected = serde_json::json!([
        { "module": "Emails", "field": null, "contents": "mail" },
        { "module": "Leads", "field": "Phone", "contents": "integration" },
    ]);
    let mut listed = manifest["left_out"].as_array().unwrap().clone();
    listed.sort_by_key(|entry| entry["module"].to_string());
    assert_eq!(serde_json::Value::Array(listed), expected);
    let leads = String::from_utf8(unzip(&zips[0], "Leads.csv")).unwrap();
    assert!(leads.starts_with("\u{FEFF}Id,Name\r\n"), "{leads}");
    let paths: Vec<_> = manifest["files"].as_array().unwrap().iter().map(|file| file["path"].clone()).collect();
    assert_eq!(paths, ["Deals.csv", "Leads.csv", "fields/Deals.json", "fields/Leads.json"]);
    world.end().await;
}

#[tokio::test]
async fn an_attachment_of_an_unknown_module_is_named() {
    let world = World::start().await;
    let crm = Crm::small().file("attachments/Cases/1/x.txt", b"x");
    let refused = world.try_import(ImportOptions { from: crm.inputs(), ..ImportOptions::default() }).await.unwrap_err();
    let ImportError::Unknown(skipped) = &refused else { panic!("{refused:?}") };
    assert!(
        matches!(skipped[0].reason, SkipReason::NoSuchModule { .. }) && skipped[0].name.ends_with("Cases/1/x.txt"),
        "{refused}"
    );
    world.end().await;
}

/// Imports, and returns the notes or the error.
async fn notes(world: &World, options: ImportOptions) -> Result<Vec<Note>, ImportError> {
    let imported = hozon::import::import(&world.local.ports, world.org, &options, &mut |_| {}).await;
    imported.map(|imported| imported.notes)
}

/// Counts the attachments of every module.
async fn attachments(world: &World) -> Vec<(String, usize)> {
    let modules = contents(&world.local.ports, world.org).await;
    modules.into_iter().map(|module| (module.api_name, module.attachments.len())).collect()
}

fn of(from: Vec<PathBuf>) -> ImportOptions {
    ImportOptions { from, ..ImportOptions::default() }
}

async fn shell(folder: &Path, script: &str) {
    let status = tokio::process::Command::new("bash").args(["-ec", script]).current_dir(folder).status().await.unwrap();
    assert!(status.success(), "{script}");
}

#[cfg(unix)]
#[tokio::test]
async fn every_file_is_loaded_or_named_and_nothing_hangs() {
    let world = World::start().await;
    let crm = Crm::small()
        .file("Deals.xlsx", b"x")
        .file("ContentVersion/068A0000001", b"x")
        .file(".DS_Store", b"x")
        .file("attachments/Leads/1/Thumbs.db", b"x");
    shell(crm.path(), "mkfifo Pipe.csv; ln -s Leads.csv Linked.csv; ln -s ../Deals.csv attachments/Leads/1/scan.pdf").await;
    let refused = notes(&world, of(crm.inputs())).await.unwrap_err();
    let ImportError::Unknown(skipped) = &refused else { panic!("{refused:?}") };
    let mut named: Vec<_> = skipped.iter().map(|file| (file.name.rsplit('/').next().unwrap(), &file.reason)).collect();
    named.sort_by_key(|(name, _)| *name);
    let expected = [
        ("068A0000001", &SkipReason::OtherType),
        ("Deals.xlsx", &SkipReason::Spreadsheet),
        ("Linked.csv", &SkipReason::Link),
        ("Pipe.csv", &SkipReason::Pipe),
        ("scan.pdf", &SkipReason::Link),
    ];
    assert_eq!(named, expected);
    assert!(contents(&world.local.ports, world.org).await.is_empty());
    let told = notes(&world, ImportOptions { skip_unknown: true, ..of(crm.inputs()) }).await.unwrap();
    let count = |wanted: fn(&Note) -> bool| told.iter().filter(|note| wanted(note)).count();
    assert_eq!(count(|note| matches!(note, Note::Skipped(_))), 5, "{told:?}");
    assert_eq!(count(|note| matches!(note, Note::SystemFile(_))), 2, "{told:?}");
    assert_eq!(attachments(&world).await, [("Deals".to_owned(), 1), ("Leads".to_owned(), 2)]);
    world.end().await;
}

#[tokio::test]
async fn a_wrapped_zip_and_a_folder_of_attachments_beside_a_file_are_understood() {
    let world = World::start().await;
    let crm = Crm::small().file("attachments/Leads/1/prices.csv", b"p\r\n1\r\n");
    shell(
        crm.path(),
        "mkdir -p out/export; cp -r Leads.csv Deals.csv attachments out/export/; (cd out; zip -qr ../w.zip export)",
    )
    .await;
    let folder = crm.path();
    for from in [vec!["w.zip"], vec!["Leads.csv", "Deals.csv", "attachments"], vec!["out"]] {
        notes(&world, of(from.iter().map(|name| folder.join(name)).collect())).await.unwrap();
        assert_eq!(attachments(&world).await, [("Deals".to_owned(), 1), ("Leads".to_owned(), 3)], "{from:?}");
    }
    world.end().await;
}

#[tokio::test]
async fn folders_of_modules_may_differ_in_case_and_composition_and_dates_are_kept() {
    let world = World::start().await;
    let crm = Crm::default()
        .file("Leads.csv", b"Id\n1\n")
        .file("\u{e9}t\u{e9}.csv", b"Id\n2\n")
        .file("attachments/LEADS/1/a.pdf", b"x")
        .file("attachments/e\u{301}te\u{301}/2/b.pdf", b"y");
    shell(crm.path(), "touch -d 2001-02-03T04:05:06Z attachments/LEADS/1/a.pdf").await;
    world.import(crm.inputs()).await;
    let found = attachments(&world).await;
    assert!(found.len() == 2 && found.iter().all(|(_, count)| *count == 1), "{found:?}");
    let zips = world.back_up_well().await;
    let index = String::from_utf8(unzip(&zips[1], "attachments.csv")).unwrap();
    assert!(index.contains("2001-02-03T04:05:06Z"), "{index}");
    world.end().await;
}

#[tokio::test]
async fn two_files_of_one_module_are_refused_and_numbers_that_are_no_parts_belong_to_the_name() {
    let world = World::start().await;
    let twice = Crm::default().file("2025/Leads.csv", b"Id\n1\n").file("2026/Leads.csv", b"Id\n1\n");
    let refused = notes(&world, of(twice.inputs())).await.unwrap_err();
    assert!(matches!(&refused, ImportError::SameModule { module, .. } if module == "Leads"), "{refused:?}");
    let gap = Crm::default().file("Leads_001.csv", b"Id\n1\n").file("Leads_003.csv", b"Id\n3\n");
    let refused = notes(&world, of(gap.inputs())).await.unwrap_err();
    assert!(matches!(&refused, ImportError::MissingNumber { missing: 2, .. }), "{refused:?}");
    let branches = Crm::default().file("Branch_100.csv", b"Id\n1\n").file("Branch_200.csv", b"Id\n1\n");
    world.import(branches.inputs()).await;
    let found = contents(&world.local.ports, world.org).await;
    assert_eq!(found.iter().map(|module| module.api_name.as_str()).collect::<Vec<_>>(), ["Branch_100", "Branch_200"]);
    world.end().await;
}

#[tokio::test]
async fn files_of_our_backups_are_recognised_wherever_their_manifest_is() {
    let mut world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let original = contents(&world.local.ports, world.org).await;
    let zips = world.back_up_well().await;
    let folder = tempfile::tempdir().unwrap();
    let (data, files) = (zips[0].display(), zips[1].display());
    let script = format!(
        "mkdir -p w/d w/a; unzip -q '{data}' -d w/d; unzip -q '{files}' -d w/a; (cd w; zip -qr ../again.zip d a); mv w/a w/attachments"
    );
    shell(folder.path(), &script).await;
    let path = |name: &str| folder.path().join(name);
    for (at, from) in [vec![path("w")], vec![path("again.zip")], vec![path("w/d"), path("w/attachments")]].into_iter().enumerate()
    {
        let copy = world.local.organisation(&format!("Copy {at}"), chrono_tz::UTC, "Own", "JP").await.unwrap();
        hozon::import::import(&world.local.ports, copy, &of(from), &mut |_| {}).await.unwrap();
        assert_eq!(contents(&world.local.ports, copy).await, original, "{at}");
    }
    let copy = world.local.organisation("One file", chrono_tz::UTC, "Own", "JP").await.unwrap();
    hozon::import::import(&world.local.ports, copy, &of(vec![path("w/d/Leads.csv")]), &mut |_| {}).await.unwrap();
    let found = contents(&world.local.ports, copy).await;
    let leads = original.iter().find(|module| module.api_name == "Leads").unwrap();
    assert_eq!((&found[0].rows, &found[0].fields), (&leads.rows, &leads.fields));
    world.end().await;
}

#[tokio::test]
async fn zips_of_different_backups_are_refused_and_a_repeated_zip_is_loaded_once() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let (first, second) = (world.back_up_well().await, world.back_up_well().await);
    let refused = notes(&world, of(vec![first[0].clone(), second[1].clone()])).await.unwrap_err();
    assert!(refused.to_string().contains("different backups"), "{refused}");
    let repeated = vec![first[0].clone(), first[1].clone(), first[0].clone()];
    let told = notes(&world, of(repeated)).await.unwrap();
    assert!(matches!(told.as_slice(), [Note::GivenTwice { .. }]), "{told:?}");
    let told = notes(&world, of(vec![first[0].clone()])).await.unwrap();
    assert!(matches!(told.as_slice(), [Note::NoAttachments(_)]), "{told:?}");
    world.end().await;
}

#[tokio::test]
async fn a_file_of_a_backup_that_was_changed_is_refused_unless_it_was_edited() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let zips = world.back_up_well().await;
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "unzip -q '{}' -d d; unzip -q '{}' -d a; sed -i 's/12.50/12.51/' d/Deals.csv",
        zips[0].display(),
        zips[1].display()
    );
    shell(folder.path(), &script).await;
    let from = vec![folder.path().join("d"), folder.path().join("a")];
    let refused = notes(&world, of(from.clone())).await.unwrap_err();
    assert!(matches!(&refused, ImportError::Changed { file, .. } if file.ends_with("Deals.csv")), "{refused:?}");
    let told = notes(&world, ImportOptions { edited: true, ..of(from.clone()) }).await.unwrap();
    assert!(matches!(told.as_slice(), [Note::Edited(file)] if file.ends_with("Deals.csv")), "{told:?}");
    shell(folder.path(), "printf y >> a/Deals/10/*").await;
    let refused = notes(&world, ImportOptions { edited: true, ..of(from.clone()) }).await.unwrap_err();
    assert!(matches!(&refused, ImportError::Changed { .. }), "attachments have no edited state: {refused:?}");
    shell(folder.path(), "rm d/Leads.csv").await;
    let refused = notes(&world, of(from)).await.unwrap_err();
    assert!(matches!(&refused, ImportError::MissingFile { path, .. } if path == "Leads.csv"), "{refused:?}");
    world.end().await;
}

#[tokio::test]
async fn a_module_that_the_table_cannot_take_is_refused_before_anything_is_loaded() {
    let world = World::start().await;
    world.import(Crm::default().file("AAA.csv", b"Id,Name\n1,old\n").inputs()).await;
    let header: Vec<String> = (0..2000).map(|at| format!("{}{at:05}", "\u{6f22}".repeat(25))).collect();
    let wide = Crm::default().file("AAA.csv", b"Id,Name\n1,new\n").file("Wide.csv", header.join(",").as_bytes());
    let refused = notes(&world, of(wide.inputs())).await.unwrap_err();
    assert!(matches!(&refused, ImportError::TooManyColumns { columns: 2000, .. }), "{refused:?}");
    let found = contents(&world.local.ports, world.org).await;
    assert_eq!(rows(&found[0]), [["1", "old"]]);
    let near: Vec<String> = header.iter().take(1_700).map(|name| name.replace('\u{6f22}', "x")).collect();
    world.import(Crm::default().file("Near.csv", near.join(",").as_bytes()).inputs()).await;
    world.end().await;
}

#[tokio::test]
async fn csv_dialects_are_detected_and_reported() {
    let world = World::start().await;
    let utf_16: Vec<u8> = "\u{FEFF}Id\tName\r\n1\tJos\u{e9}\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (shift_jis, _, _) = encoding_rs::SHIFT_JIS.encode("Id,名\n1,髙橋\n");
    let crm = Crm::default()
        .file("Utf16.csv", &utf_16)
        .file("Semicolons.csv", "Id;Betrag\r\n1;12,50\r\n".as_bytes())
        .file("Named.csv", b"sep=|\r\nId|Name\r\n1|A\r\n")
        .file("Tabs.tsv", b"Id\tName\n1\tA\n")
        .file("Marked.csv", "\u{FEFF}Id,名\n1,高橋\n".as_bytes())
        .file("Old.csv", &shift_jis)
        .file("Dos.csv", b"Id,Name\r\n1,A\r\n\x1a");
    let encodings = vec![("Old.csv".to_owned(), Encoding::SHIFT_JIS)];
    let told = notes(&world, ImportOptions { encodings, encoding: Encoding::WINDOWS_1252, ..of(crm.inputs()) }).await.unwrap();
    assert_eq!(told.iter().filter(|note| matches!(note, Note::Separator { .. })).count(), 4, "{told:?}");
    let found = contents(&world.local.ports, world.org).await;
    let found: Vec<_> = found.iter().map(|module| (module.api_name.as_str(), rows(module))).collect();
    let expected = [
        ("Dos", vec![vec!["1", "A"]]),
        ("Marked", vec![vec!["1", "高橋"]]),
        ("Named", vec![vec!["1", "A"]]),
        ("Old", vec![vec!["1", "髙橋"]]),
        ("Semicolons", vec![vec!["1", "12,50"]]),
        ("Tabs", vec![vec!["1", "A"]]),
        ("Utf16", vec![vec!["1", "Jos\u{e9}"]]),
    ];
    assert_eq!(found, expected);
    world.end().await;
}

#[tokio::test]
async fn a_lenient_import_mends_what_spreadsheets_leave_and_loses_nothing() {
    let world = World::start().await;
    let crm =
        Crm::default().file("Leads.csv", b"Id,Email,Email,\r\n1,a\r\n2,b,c,d,e\r\n3, \"x, y\",z,\r\n").file("Empty.csv", b"");
    notes(&world, of(crm.inputs())).await.unwrap_err();
    let told = notes(&world, ImportOptions { lenient: true, ..of(crm.inputs()) }).await.unwrap();
    let is = |wanted: fn(&Note) -> bool| told.iter().filter(|note| wanted(note)).count();
    assert_eq!(is(|note| matches!(note, Note::Column { .. })), 3, "{told:?}");
    assert_eq!(is(|note| matches!(note, Note::ShortRow { line: 2, .. } | Note::LongRow { line: 3, .. })), 2, "{told:?}");
    assert_eq!(is(|note| matches!(note, Note::EmptyFile(_))), 1, "{told:?}");
    let found = contents(&world.local.ports, world.org).await;
    let names: Vec<_> = found[0].fields.iter().map(|field| field.api_name.as_str()).collect();
    assert_eq!(names, ["Id", "Email", "Email (2)", "Column 4", "Column 5"]);
    assert_eq!(rows(&found[0]), [["1", "a", "", "", ""], ["2", "b", "c", "d", "e"], ["3", "x, y", "z", "", ""]]);
    world.end().await;
}
