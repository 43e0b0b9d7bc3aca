//! Backups in the layout of Zoho CRM's own ones, read back.

use std::path::{Path, PathBuf};

use hozon::import::{ImportOptions, Note, ZohoNote};
use hozon_shared::domain::archive_options::ArchiveLayout;
use hozon_tests::{Crm, ModuleContents, World, ZOHO_ID, ZOHO_ZIPS, ZohoZips, contents, require_equal};

/// Has backups written in Zoho's layout.
async fn want_zoho(world: &World) {
    want(world, serde_json::json!({ "layout": "zoho" })).await;
}

async fn want(world: &World, settings: serde_json::Value) {
    let read = world.administrator().get("/backup/settings").await;
    let body = serde_json::json!({ "settings": settings }).to_string();
    let headers = [("if-match", read.etag.as_deref().unwrap())];
    let saved = world.administrator().send_with(reqwest::Method::PUT, "/crm/bulk/v8/backup/settings", &body, &headers).await;
    assert_eq!((saved.status, &saved.body["settings"]["layout"]), (reqwest::StatusCode::OK, &"zoho".into()));
}

/// Backs up in Zoho's layout, and returns the zips.
async fn zoho_zips(world: &World) -> Vec<PathBuf> {
    let backup = world.back_up().await;
    assert!(backup.failure.is_none(), "{:?}", backup.failure);
    backup.files.iter().map(|file| world.local.archive_path(&file.key)).collect()
}

fn names_in(zip: &Path) -> Vec<String> {
    let output = std::process::Command::new("unzip").arg("-Z1").arg(zip).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_sample_crm_in_the_layout_of_zoho_comes_back_the_same() {
    let mut world = World::start().await;
    hozon::sample::generate(&world.local.ports, world.org, hozon::sample::Size::Small, &mut |_| {}).await.unwrap();
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    let names = names_in(&zips[0]);
    let expected = ["Data/Leads_001.csv", "Data/Attachments_001.csv", "Metadata/Fields_001.csv", "Metadata/Modules_001.csv"];
    assert!(expected.iter().all(|name| names.iter().any(|found| found == name)), "{names:?}");
    assert!(names.iter().chain(&names_in(&zips[1])).all(|name| name != "manifest.json"), "{names:?}");
    let index = String::from_utf8(hozon_tests::unzip(&zips[0], "Data/Attachments_001.csv")).unwrap();
    let first = index.lines().nth(1).unwrap().split(',').next().unwrap();
    assert!(names_in(&zips[1]).iter().any(|name| name.starts_with(&format!("{first}_"))), "{first}");
    let leads = String::from_utf8(hozon_tests::unzip(&zips[0], "Data/Leads_001.csv")).unwrap();
    let labels = original[0].fields.iter().skip(1).map(|field| field.label.as_str());
    let labels: Vec<_> = std::iter::once("Record Id").chain(labels).collect();
    assert_eq!(leads.lines().next().unwrap(), labels.join(","));
    assert!(!leads.contains(",'"), "marked cells");
    for zip in &zips {
        let told = hozon::verify::verify(zip, &mut |_, _| {}).await.unwrap_err();
        assert!(matches!(told.what, hozon::verify::DifferenceKind::ZohoLayout), "{told}");
    }
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let copied = contents(&world.local.ports, copy).await;
    assert_eq!(copied.last().unwrap().api_name, "Zoho_Backup");
    require_equal(&copied[..copied.len() - 1], &original);
    world.end().await;
}

#[tokio::test]
async fn a_backup_of_zoho_goes_out_as_it_came_in() {
    let mut world = World::start().await;
    let given = ZohoZips::sample()
        .file("Data_001/RecordImages/org_logo.png", "logo")
        .file(&format!("Attachments_002/{ZOHO_ID}000203_unlisted.txt"), "alone")
        .pack()
        .await;
    world.import(given.zips(&ZOHO_ZIPS)).await;
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    let mut names = [names_in(&zips[0]), names_in(&zips[1])].concat();
    names.sort();
    let expected = [
        format!("{ZOHO_ID}000101_offer, final.pdf"),
        format!("{ZOHO_ID}000102_見積.csv"),
        format!("{ZOHO_ID}000203_unlisted.txt"),
        "Data/AppEvents_C_001.csv".to_owned(),
        "Data/Attachments_001.csv".to_owned(),
        "Data/Leads_001.csv".to_owned(),
        "Data/Leads_RecordAccess_001.csv".to_owned(),
        "Data/Users_001.csv".to_owned(),
        "Metadata/Fields_001.csv".to_owned(),
        "Metadata/Modules_001.csv".to_owned(),
        format!("RecordImages/{ZOHO_ID}000002.png"),
        "RecordImages/org_logo.png".to_owned(),
    ];
    assert_eq!(names, expected);
    let copy = world.local.organisation("Copy", chrono_tz::Africa::Johannesburg, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let mut copied = contents(&world.local.ports, copy).await;
    // The index is made anew.
    let kept_index = |modules: &mut Vec<ModuleContents>| modules.last_mut().unwrap().attachments.retain(|file| file.1 != "Index");
    let mut original = original;
    kept_index(&mut copied);
    kept_index(&mut original);
    require_equal(&copied, &original);
    world.end().await;
}

#[tokio::test]
async fn ids_that_repeat_hostile_names_and_long_modules_come_back() {
    let mut world = World::start().await;
    let rows: String = (1..=100_001).map(|number| format!("{number},=1+{number}\r\n")).collect();
    let crm = Crm::default()
        .file("Leads.csv", format!("Id,Name\r\n{rows}").as_bytes())
        .file("My Things.csv", "Id,Record Id,a/b,A B,\u{e9}\r\n1,,\"\",'x,\"l\r\nm\"\r\n".as_bytes())
        .file("Attachments.csv", b"Id\r\n1\r\n")
        .file("No Ids.csv", b"Name\r\nx\r\n")
        .file("attachments/Leads/1/same.txt", b"of leads")
        .file("attachments/My Things/1/same.txt", b"of things")
        .file("attachments/Attachments/1/same.txt", b"of attachments")
        .file("attachments/No Ids/x/same.txt", b"of no ids")
        .file(&format!("attachments/Leads/2/{}.txt", "\u{3042}".repeat(70)), b"long");
    world.import(crm.inputs()).await;
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    let second = String::from_utf8(hozon_tests::unzip(&zips[0], "Data/Leads_002.csv")).unwrap();
    assert_eq!(second, "Record Id,Name\r\n100001,=1+100001\r\n");
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    let notes = hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap().notes;
    assert_eq!(notes, [Note::Zoho(ZohoNote::Metadata { files: 2 })]);
    let copied = contents(&world.local.ports, copy).await;
    require_equal(&copied[..copied.len() - 1], &original);
    world.end().await;
}

/// A CSV file of about 11 MiB that hardly deflates.
fn long_file(seed: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let row = |number: usize| {
        format!("{number},{}\r\n", std::iter::repeat_with(|| random.alphanumeric()).take(1_000).collect::<String>())
    };
    format!("Id,Text\r\n{}", (0..11_500).map(row).collect::<String>())
}

#[tokio::test]
async fn zips_that_are_split_are_read_together() {
    let mut world = World::start().await;
    let noise = |seed| {
        let mut bytes = vec![0; 9 << 20];
        fastrand::Rng::with_seed(seed).fill(&mut bytes);
        bytes
    };
    let crm = Crm::default()
        .file("Leads.csv", long_file(1).as_bytes())
        .file("Deals.csv", long_file(2).as_bytes())
        .file("attachments/Leads/1/a.mp4", &noise(3))
        .file("attachments/Leads/2/b.mp4", &noise(4));
    world.import(crm.inputs()).await;
    let original = contents(&world.local.ports, world.org).await;
    want(&world, serde_json::json!({ "layout": "zoho", "max_part_bytes": 16 << 20 })).await;
    let zips = zoho_zips(&world).await;
    let entries: Vec<Vec<String>> = zips.iter().map(|zip| names_in(zip)).collect();
    let data = [
        vec!["Data/Deals_001.csv", "Metadata/Modules_001.csv", "Metadata/Fields_001.csv"],
        vec!["Data/Leads_001.csv", "Data/Attachments_001.csv"],
    ];
    assert_eq!(entries[..2], data);
    assert_eq!(entries[2..].iter().map(Vec::len).collect::<Vec<_>>(), [1, 1]);
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let copied = contents(&world.local.ports, copy).await;
    require_equal(&copied[..copied.len() - 1], &original);
    world.end().await;
}

#[tokio::test]
async fn a_crm_without_files_has_an_empty_zip_of_them() {
    let mut world = World::start().await;
    world.import(Crm::default().file("Leads.csv", b"Id\r\n1\r\n").file("Empty.csv", b"Id\r\n").inputs()).await;
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    for zip in &zips {
        let told = hozon::verify::verify(zip, &mut |_, _| {}).await.unwrap_err();
        assert!(matches!(told.what, hozon::verify::DifferenceKind::ZohoLayout), "{told}");
    }
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let copied = contents(&world.local.ports, copy).await;
    require_equal(&copied[..copied.len() - 1], &original);
    world.end().await;
}

#[tokio::test]
async fn a_backup_now_may_have_a_layout_of_its_own() {
    let world = World::start().await;
    world.import(Crm::default().file("Leads.csv", b"Id\r\n1\r\n").inputs()).await;
    let administrator = world.administrator();
    let refused = async |body: &str| {
        let answer = administrator.post("/backup", body).await;
        assert_eq!(answer.status, reqwest::StatusCode::BAD_REQUEST, "{body}");
        (answer.code().to_owned(), answer.body["backup"]["details"]["api_name"].clone())
    };
    for body in
        [r#"{"backup":{"layout":"other"}}"#, r#"{"backup":{"layout":"zoho","rrule":"RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO"}}"#]
    {
        assert_eq!(refused(body).await, ("INVALID_DATA".to_owned(), "layout".into()));
    }
    let names = async |body: &str| {
        let asked = administrator.post("/backup", body).await;
        assert_eq!(asked.status, reqwest::StatusCode::CREATED, "{asked:?}");
        world.local.wait_until_idle().await;
        let id = asked.body["backup"]["details"]["id"].as_str().unwrap().parse().unwrap();
        let backup = world.local.ports.store.backup(world.org, id).await.unwrap().unwrap();
        assert!(backup.failure.is_none(), "{:?}", backup.failure);
        (backup.layout, names_in(&world.local.archive_path(&backup.files[0].key)))
    };
    let (layout, found) = names(r#"{"backup":{"layout":"zoho"}}"#).await;
    assert_eq!((layout, found[0].as_str()), (Some(ArchiveLayout::Zoho), "Data/Leads_001.csv"));
    // The setting stays as it was.
    let (layout, found) = names("").await;
    assert!(layout.is_none() && found.iter().any(|name| name == "Leads.csv") && found.iter().any(|name| name == "manifest.json"));
    drop(administrator);
    world.end().await;
}
