//! Backups that take over the ones that Zoho CRM makes of itself.

use std::path::Path;

use chrono::Duration;
use hozon_emulator_zoho::{FULL_SCOPE, Fault, SampleSize, State};
use hozon_shared::connecting::ConnectingPorts;
use hozon_shared::domain::id::UserId;
use hozon_shared::domain::organisation::Person;
use hozon_shared::domain::zoho::BackupChoice;
use hozon_shared::ports::SourceSecret;
use hozon_tests::{ModuleContents, ZOHO_ZIPS, ZohoWorld, ZohoZips, captured_contents, contents, require_equal, unzip};
use serde_json::Value;

type Zips = Vec<(String, Vec<u8>)>;

/// How long Zoho takes for a backup, by its own clock, which tests move ahead.
const HOURS: Duration = Duration::hours(2);

async fn zips_of(zips: ZohoZips) -> (ZohoZips, Zips) {
    let packed = zips.pack().await;
    let read = |path: &Path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap());
    let mut found: Zips = std::fs::read_dir(packed.path()).unwrap().map(|entry| read(&entry.unwrap().path())).collect();
    found.sort();
    (packed, found)
}

async fn sample() -> Zips {
    zips_of(ZohoZips::sample()).await.1
}

/// A Zoho with a backup that is ready, and one that takes its backups over.
async fn ready(choice: BackupChoice, zips: Zips) -> ZohoWorld {
    let place = ZohoWorld::taking_over(State::sample(SampleSize::small()), choice).await;
    place.state().set_backup_zips(zips, Duration::zero());
    place.state().make_backup();
    place
}

async fn captured(place: &ZohoWorld) -> Vec<ModuleContents> {
    captured_contents(&place.world.local.ports, place.world.org).await
}

fn calls(place: &ZohoWorld, kind: &str) -> u64 {
    place.state().usage().calls.get(kind).copied().unwrap_or_default()
}

/// Ends the backup that Zoho is making after so many looks at it.
async fn end_after_looks(state: State, looks: u64) {
    while state.usage().calls.get("backup_status").copied().unwrap_or_default() < looks {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    state.advance(HOURS);
}

fn refuse(kind: &str, status: u16, code: &str) -> Fault {
    let (kind, code) = (Some(kind.to_owned()), code.to_owned());
    Fault::Refuse { kind, module: None, status, code, after: 0, times: 1_000 }
}

async fn require_failure(place: ZohoWorld, code: &str, words: &str) {
    let failure = place.world.back_up().await.failure.expect(code);
    assert_eq!(failure.code, code, "{failure:?}");
    assert!(failure.message.contains(words), "{failure:?}");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_zoho_is_captured_as_its_zips_are_imported() {
    let (files, zips) = zips_of(ZohoZips::sample()).await;
    let mut place = ready(BackupChoice::Newest, zips).await;
    let data = place.world.back_up_well().await.remove(0);
    let found = captured(&place).await;
    let copy = place.world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = hozon::import::ImportOptions { from: files.zips(&ZOHO_ZIPS), ..Default::default() };
    hozon::import::import(&place.world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    require_equal(&found, &contents(&place.world.local.ports, copy).await);
    let leads = &found[0];
    assert_eq!((leads.api_name.as_str(), leads.rows.len(), leads.attachments.len()), ("Leads", 3, 2));
    let manifest: Value = serde_json::from_slice(&unzip(&data, "manifest.json")).unwrap();
    assert_eq!(manifest["source"]["kind"], "zoho_backup");
    assert!(manifest["source"]["consistency"].as_str().unwrap().starts_with("Zoho CRM's own backup"), "{manifest}");
    let described: Value = serde_json::from_slice(&unzip(&data, "metadata/zoho_backup.json")).unwrap();
    assert_eq!(described["files"].as_array().unwrap().len(), 4, "{described}");
    assert_eq!(calls(&place, "backup_ask"), 0);
    // Attachments never change: the second time none is stored anew.
    place.world.back_up_well().await;
    require_equal(&captured(&place).await, &found);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_asked_for_once_and_awaited() {
    for choice in [BackupChoice::Newest, BackupChoice::New] {
        let place = ZohoWorld::taking_over(State::sample(SampleSize::small()), choice).await;
        place.state().set_backup_zips(sample().await, HOURS);
        let ending = tokio::spawn(end_after_looks(place.state().clone(), 3));
        place.world.back_up_well().await;
        ending.await.unwrap();
        assert_eq!(calls(&place, "backup_ask"), 1);
        assert!(calls(&place, "backup_status") >= 3, "{:?}", place.state().usage());
        assert_eq!(captured(&place).await[0].rows.len(), 3);
        place.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_backup_is_taken_where_one_is_wanted_and_the_ready_one_where_not() {
    for (choice, expected) in [(BackupChoice::Newest, 3), (BackupChoice::New, 4)] {
        let place = ready(choice, sample().await).await;
        let leads = "\u{FEFF}Record Id,Lead Owner.id,Lead Owner,Last Name,Status,Status,Created Time,Email Opt Out\r\n";
        let row = "zcrm_5361160000000004,,,New,,,,\r\n";
        let (_, more) = zips_of(ZohoZips::sample().file("Data_002/Data/Leads_003.csv", &format!("{leads}{row}"))).await;
        place.state().set_backup_zips(more, HOURS);
        let ending = tokio::spawn(end_after_looks(place.state().clone(), if choice == BackupChoice::New { 2 } else { 0 }));
        place.world.back_up_well().await;
        ending.await.unwrap();
        assert_eq!(captured(&place).await[0].rows.len(), expected, "{choice:?}");
        place.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_zoho_is_making_already_is_awaited() {
    let place = ZohoWorld::taking_over(State::sample(SampleSize::small()), BackupChoice::New).await;
    place.state().set_backup_zips(sample().await, HOURS);
    place.state().make_backup();
    let ending = tokio::spawn(end_after_looks(place.state().clone(), 3));
    place.world.back_up_well().await;
    ending.await.unwrap();
    assert_eq!((calls(&place, "backup_ask"), captured(&place).await[0].rows.len()), (0, 3));
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_that_break_off_go_on() {
    let place = ready(BackupChoice::Newest, sample().await).await;
    let kind = Some("backup_download".to_owned());
    place.state().inject(Fault::BreakConnection { kind: kind.clone(), after: 0, times: 3 });
    place.state().inject(Fault::Refuse { kind, module: None, status: 503, code: "INTERNAL_ERROR".into(), after: 2, times: 2 });
    let wrong = |status| Fault::Refuse {
        kind: Some("backup_urls".into()),
        module: None,
        status,
        code: "INVALID_TOKEN".into(),
        after: 0,
        times: 1,
    };
    place.state().inject(wrong(401));
    place.world.back_up_well().await;
    assert_eq!(captured(&place).await[0].rows.len(), 3);
    assert!(calls(&place, "backup_download") >= 7, "{:?}", place.state().usage());
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_zoho_refuses_is_said_with_what_to_do() {
    for (is_scheduled, code) in [(false, "SOURCE_BACKUP_LIMIT"), (true, "SOURCE_BACKUP_SCHEDULED")] {
        let place = ZohoWorld::taking_over(State::sample(SampleSize::small()), BackupChoice::Newest).await;
        place.state().limit_backups(0, is_scheduled);
        require_failure(place, code, if is_scheduled { "schedule" } else { "wait for the next period" }).await;
    }
    for (fault, code, words) in [
        (refuse("backup_urls", 403, "NO_PERMISSION"), "SOURCE_BACKUP_PERMISSION", "administrator"),
        (refuse("backup_download", 404, "RESOURCE_NOT_FOUND"), "SOURCE_BACKUP_PART", "Data_001.zip"),
        (refuse("backup_download", 403, "LINK_EXPIRED"), "SOURCE_BACKUP_EXPIRED", "seven days"),
        (refuse("backup_download", 401, "OAUTH_SCOPE_MISMATCH"), "SOURCE_SCOPE", "accept all"),
    ] {
        let place = ready(BackupChoice::Newest, sample().await).await;
        place.state().inject(fault);
        require_failure(place, code, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn zips_that_are_not_whole_or_not_zohos_are_named() {
    let mut without_part = sample().await;
    without_part.retain(|(name, _)| name != "Attachments_001.zip");
    let mut cut = sample().await;
    cut[2].1.truncate(200);
    let mut changed = sample().await;
    // In the compressed bytes of the first entry of the first zip of data.
    let at = changed[2].1.windows(4).position(|bytes| bytes == b"Data").unwrap() + 60;
    changed[2].1[at] ^= 0xff;
    let (_, foreign) = zips_of(ZohoZips::default().file("Data_001/notes/readme.txt", "not a backup")).await;
    for (zips, code, words) in [
        (without_part, "SOURCE_BACKUP_PART", "Attachments_001.zip"),
        (cut, "SOURCE_BACKUP_DAMAGED", "Data_001.zip"),
        (changed, "SOURCE_BACKUP_DAMAGED", "Data_001.zip"),
        (foreign, "SOURCE_BACKUP_LAYOUT", "laid out"),
    ] {
        require_failure(ready(BackupChoice::Newest, zips).await, code, words).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_the_index_lists_and_the_zips_lack_make_a_backup_incomplete() {
    let index = "Record Id,File Name,Size,Parent Id.id,Parent Id,Created Time,Link URL\r\n";
    let lost = "zcrm_5361160000000199,lost.pdf,5,zcrm_5361160000000001,x,2026-07-28 12:00:00,\r\n";
    let zips = ZohoZips::sample().file("Data_002/Data/Attachments_002.csv", &format!("{index}{lost}"));
    let place = ready(BackupChoice::Newest, zips_of(zips).await.1).await;
    let backup = place.world.back_up().await;
    let named: Vec<_> = backup.losses.expect("losses").examples.iter().map(|gap| gap.name()).collect();
    assert_eq!(named, ["Attachments (5361160000000199_lost.pdf)"]);
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_for_the_api_does_not_cover_backups() {
    let place = ready(BackupChoice::Newest, sample().await).await;
    let token = place.state().new_refresh_token(&FULL_SCOPE.replace("ZohoCRM.bulk.READ", "ZohoCRM.bulk.read.READ"));
    let ports = ConnectingPorts::from(&place.world.local.ports);
    let present = ports.connections.connection(place.world.org).await.unwrap().unwrap();
    let by = Person { id: UserId(1), name: "Hanako".to_owned(), zuid: UserId(1) };
    let secret = SourceSecret { refresh_token: Some(token), ..SourceSecret::default() };
    let source = (present.source.clone(), &secret);
    ports.connect(place.world.org, source, present.selection.clone(), &by, Some(&present)).await.unwrap();
    require_failure(place, "SOURCE_SCOPE", "Connect Zoho CRM again").await;
}
