//! A large Zoho CRM, backed up whole while others write to it: everything is there, for hardly more credits than it must cost.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hozon_emulator_zoho::{Options, SampleSize, State, Usage};
use hozon_tests::{ZohoWorld, compare};
use serde_json::json;

use crate::databases::with_plain_csv;

/// Records of each module. As many leads, contacts or accounts would cost a call for each photo and file in a field: more than the credits
/// of a day, and the backup would wait for the next one.
const RECORDS: [(&str, u64); 12] = [
    ("Leads", 4_000),
    ("Accounts", 5_000),
    ("Contacts", 5_000),
    ("Deals", 250_000),
    ("Tasks", 250_000),
    ("Events", 5_000),
    ("Calls", 5_000),
    ("Products", 500),
    ("Quotes", 2_000),
    ("Inspections", 500),
    ("Notes", 10_000),
    ("Attachments", 3_000),
];
/// Kinds of calls that fetch a file.
const FILES: [&str; 3] = ["download", "photo", "field_file"];
/// Kinds of calls about attachments.
const ATTACHMENTS: [&str; 3] = ["download", "attachments", "attachment"];

fn of_kinds(counts: &BTreeMap<String, u64>, kinds: &[&str]) -> u64 {
    kinds.iter().map(|kind| counts.get(*kind).copied().unwrap_or_default()).sum()
}

/// Changes, adds and deletes records until the catch-up has begun. Returns the number of changes.
async fn write(state: State, is_over: Arc<AtomicBool>) -> u64 {
    let (mut changes, mut round) = (0, 0_u64);
    let ids: BTreeMap<&str, Vec<u64>> = ["Leads", "Contacts", "Deals", "Accounts"].map(|name| (name, state.ids(name))).into();
    while !is_over.load(Ordering::Relaxed) && of_kinds(&state.usage().calls, &["deleted"]) == 0 {
        for (module, ids) in &ids {
            let at = |salt: u64| ids[usize::try_from((round * 7 + salt) % ids.len() as u64).unwrap()];
            state.update(module, at(1), json!({ "Description": format!("round {round}") }));
            state.delete(module, at(2));
            let added =
                state.insert(module, json!({ "Last_Name": "新規", "Company": "新", "Deal_Name": "新", "Account_Name": null }));
            if round % 5 == 0 {
                state.attach(module, added, &format!("{round}.txt"), format!("{round}").into_bytes());
            }
            changes += 3;
        }
        round += 1;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    changes
}

/// The fewest credits that a first backup may cost: by Bulk Read 200,000 records for 53 (job, look, result, comparison), otherwise 200 for
/// one; and with `passes` of the catch-up.
fn least(state: &State, usage: &Usage, passes: u64) -> u64 {
    let modules = state.modules();
    let pages = |name: &str| state.count(name).div_ceil(200).max(1);
    let rows = |name: &str| match name {
        // More fields than one call gives.
        "Leads" => 2 * pages(name),
        _ => pages(name).min(53 * state.count(name).div_ceil(200_000).max(1)),
    };
    let described = 7 + 3 * modules.len() as u64;
    let subforms: u64 = ["Quoted_Items", "Findings"].iter().map(|name| 2 + pages(name)).sum();
    let listed = (state.attachments().len() as u64).div_ceil(200);
    let caught_up = passes * 3 * modules.len() as u64;
    described
        + modules.iter().map(|name| rows(name)).sum::<u64>()
        + subforms
        + listed
        + of_kinds(&usage.calls, &FILES)
        + caught_up
}

/// Changes one in a hundred: records and attachments.
fn change_few(state: &State) -> u64 {
    let mut changed = 0;
    for module in ["Leads", "Contacts", "Deals", "Accounts", "Tasks", "Notes"] {
        for id in state.ids(module).into_iter().step_by(100) {
            changed += u64::from(state.update(module, id, json!({ "Description": "changed" })));
        }
    }
    for (number, file) in state.attachments().into_iter().step_by(100).enumerate() {
        state.attach(&file.module, file.record, &format!("new {number}.txt"), vec![b'x'; 500]);
        state.delete_attachment(file.id);
    }
    changed
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes; `tests/run --all` runs it"]
async fn a_large_zoho_is_backed_up_whole_for_hardly_more_credits_than_it_must_cost() {
    let state = State::sample(SampleSize { records: RECORDS.to_vec() });
    let place = ZohoWorld::start_with(state.clone(), |options| options.speed = 600.0).await;
    state.set_options(Options { edition: "Ultimate".to_owned(), ..state.options() });
    with_plain_csv(&place.world).await;
    let is_over = Arc::new(AtomicBool::new(false));
    let writing = tokio::spawn(write(state.clone(), is_over.clone()));
    let began = Instant::now();
    let zips = place.world.back_up_well().await;
    let took = began.elapsed();
    is_over.store(true, Ordering::Relaxed);
    let changes = writing.await.unwrap();
    let first = state.usage();
    let (records, files) = compare(&state, &zips);
    // What changes while it is read takes a second pass.
    let least = least(&state, &first, 2);
    println!("{records} records and {files} files are equal, after {changes} changes meanwhile; {} s", took.as_secs());
    println!(
        "first backup: {} calls, {} credits; {least} credits at least; {first:?}",
        first.total_calls(),
        first.total_credits()
    );
    assert!(changes > 20 && records > 500_000 && files > 3_000, "{changes} changes, {records} records, {files} files");
    assert!(first.total_credits() * 10 <= least * 11, "{} credits, {least} at least", first.total_credits());

    let changed = change_few(&state);
    state.reset_usage();
    let zips = place.world.back_up_well().await;
    compare(&state, &zips);
    let again = state.usage();
    let of_files = |usage: &Usage| (of_kinds(&usage.calls, &ATTACHMENTS), of_kinds(&usage.credits, &ATTACHMENTS));
    let (before, after) = (of_files(&first), of_files(&again));
    println!(
        "second backup after {changed} changed records: {} calls, {} credits; {again:?}",
        again.total_calls(),
        again.total_credits()
    );
    println!("attachments: {before:?} calls and credits at first, {after:?} then");
    assert!(after.0 * 20 <= before.0 && after.1 * 20 <= before.1, "{before:?}, then {after:?}");
    place.end().await;
}
