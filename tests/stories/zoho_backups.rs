//! Backups of Zoho CRM, compared with what its test server says.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hozon_emulator_zoho::{Fault, SampleSize, State};
use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::domain::source::{Gap, GapKind};
use hozon_tests::{ZohoWorld, compare, unzip};
use serde_json::{Value, json};

use crate::databases::with_plain_csv;

fn well(backup: &Backup) {
    assert!(backup.failure.is_none(), "{:?}", backup.failure);
    assert_eq!(backup.status, BackupStatus::Completed);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_and_file_of_zoho_is_in_the_backup() {
    let place = ZohoWorld::start(State::sample(SampleSize::small())).await;
    with_plain_csv(&place.world).await;
    let zips = place.world.back_up_well().await;
    let (records, files) = compare(place.state(), &zips);
    let usage = place.state().usage();
    println!("{records} records, {files} files; {} calls, {} credits", usage.total_calls(), usage.total_credits());
    assert!(records > 100 && files > 10, "{records} records, {files} files");
    let manifest: Value = serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap();
    assert_eq!(manifest["source"]["kind"], "zoho");
    assert!(manifest["read_from"].as_str() <= manifest["read_until"].as_str());
    let fields: Value = serde_json::from_slice(&unzip(&zips[0], "metadata/users.json")).unwrap();
    assert!(!fields["users"].as_array().unwrap_or(&Vec::new()).is_empty() || fields.is_array(), "{fields}");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_backup_fetches_only_new_files() {
    let place = ZohoWorld::start(State::sample(SampleSize::small())).await;
    with_plain_csv(&place.world).await;
    place.world.back_up_well().await;
    let downloads = |place: &ZohoWorld| {
        let calls = place.state().usage().calls;
        ["download", "photo", "field_file"].iter().map(|kind| calls.get(*kind).copied().unwrap_or_default()).sum::<u64>()
    };
    let first = downloads(&place);
    let lead = place.state().ids("Leads")[0];
    place.state().attach("Leads", lead, "新しい見積書.pdf", b"new".repeat(100));
    assert!(place.state().delete_attachment(place.state().attachments()[0].id));
    place.state().update("Leads", lead, json!({ "Company": "改名商事" }));
    place.state().delete("Contacts", place.state().ids("Contacts")[1]);
    place.state().reset_usage();
    let zips = place.world.back_up_well().await;
    compare(place.state(), &zips);
    let again = downloads(&place);
    println!("{first} downloads at first, {again} at the second backup");
    assert!(again * 20 <= first, "{first}, then {again}");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_writers_change_meanwhile_is_caught_up() {
    let place = ZohoWorld::start(State::sample(SampleSize::small())).await;
    with_plain_csv(&place.world).await;
    place.state().set_options(hozon_emulator_zoho::Options { latency: Duration::from_millis(5), ..place.state().options() });
    let (state, is_over) = (place.state().clone(), Arc::new(AtomicBool::new(false)));
    let writing = {
        let (state, is_over) = (state.clone(), is_over.clone());
        tokio::spawn(async move {
            let mut changes = 0;
            for round in 0..40_u64 {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                for module in ["Leads", "Contacts", "Deals", "Accounts"] {
                    let ids = state.ids(module);
                    let at = |salt: u64| ids[usize::try_from((round * 7 + salt) % ids.len() as u64).unwrap()];
                    state.update(module, at(1), json!({ "Description": format!("round {round}") }));
                    if round % 3 == 0 {
                        state.delete(module, at(2));
                    }
                    let added = state
                        .insert(module, json!({ "Last_Name": "新規", "Company": "新", "Deal_Name": "新", "Account_Name": null }));
                    state.attach(module, added, &format!("{round}.txt"), format!("{round}").into_bytes());
                    changes += 3;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            changes
        })
    };
    let zips = place.world.back_up_well().await;
    is_over.store(true, Ordering::Relaxed);
    let changes = writing.await.unwrap();
    println!("{changes} changes meanwhile");
    assert!(changes > 50);
    // The writers have ended before the last pass began, or the next backup has the rest.
    let zips = if compare_quietly(&state, &zips) { zips } else { place.world.back_up_well().await };
    compare(&state, &zips);
    place.end().await;
}

fn compare_quietly(state: &State, zips: &[std::path::PathBuf]) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| compare(state, zips))).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_of_zoho_ends_well_or_is_named() {
    let passing = [
        Fault::Refuse { kind: None, module: None, status: 429, code: "TOO_MANY_REQUESTS".to_owned(), after: 3, times: 2 },
        Fault::Refuse { kind: None, module: None, status: 401, code: "INVALID_TOKEN".to_owned(), after: 8, times: 1 },
        Fault::Refuse { kind: None, module: None, status: 500, code: "INTERNAL_ERROR".to_owned(), after: 12, times: 2 },
        Fault::BreakConnection { kind: Some("download".to_owned()), after: 2, times: 1 },
    ];
    let each = passing.iter().map(|fault| vec![fault.clone()]);
    for faults in each.chain([passing.to_vec()]) {
        let place = ZohoWorld::start(State::sample(SampleSize::small())).await;
        with_plain_csv(&place.world).await;
        faults.into_iter().for_each(|fault| place.state().inject(fault));
        compare(place.state(), &place.world.back_up_well().await);
        place.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_zoho_does_not_give_makes_a_backup_incomplete() {
    let place = ZohoWorld::start(State::sample(SampleSize::small())).await;
    let file = place.state().attachments().into_iter().find(|file| !file.is_link && file.module == "Deals").unwrap();
    place.state().inject(Fault::AttachmentGone { attachment: file.id, status: 404 });
    place.state().inject(Fault::NoPermission { module: "Quotes".to_owned(), status: 403 });
    place.state().inject(Fault::OmitFromLists { module: "Tasks".to_owned(), every: 7 });
    let backup = place.world.back_up().await;
    well(&backup);
    let losses = backup.losses.unwrap();
    let named: Vec<_> = losses.examples.iter().map(Gap::name).collect();
    assert!(named.iter().any(|name| name.starts_with("Deals (")), "{named:?}");
    assert!(named.iter().any(|name| name == "Quotes"), "{named:?}");
    assert!(losses.examples.contains(&Gap::of("Tasks", GapKind::CountDiffers)), "{losses:?}");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_consent_ends_the_backup_with_what_to_do() {
    let place = ZohoWorld::start(State::sample(SampleSize::small())).await;
    assert!(place.state().revoke(&place.refresh_token));
    let failure = place.world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "SOURCE_CONSENT_REVOKED");
    assert!(failure.message.contains("Connect Zoho CRM again"), "{failure:?}");
    place.end().await;
}
