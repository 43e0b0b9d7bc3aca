//! Tokens and credits, which all workers of a connection share.

use chrono::TimeDelta;
use futures_util::TryStreamExt;
use hozon_emulator_zoho::SampleSize;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::ports::Connector;

use crate::support::{Rows, World, add, assert_rows, crm, files, module, read_all};

#[tokio::test]
async fn workers_share_one_token_and_one_renewal() {
    let world = World::small().await;
    let first = world.hold().await;
    let second = world.zoho().join(&first.token().unwrap()).await.unwrap();
    let leads = module(&*first, "Leads");
    read_all(&*second, &leads).await.unwrap();
    assert_eq!(*world.shared.renewed.lock().unwrap(), 1);
    world.state.expire_access_tokens();
    read_all(&*first, &leads).await.unwrap();
    read_all(&*second, &leads).await.unwrap();
    assert_eq!(*world.shared.renewed.lock().unwrap(), 2, "the second worker has found the first one's token");
    // A token ends five minutes early.
    world.state.advance(TimeDelta::minutes(56));
    read_all(&*first, &leads).await.unwrap();
    assert_eq!(*world.shared.renewed.lock().unwrap(), 3);
    assert_eq!(world.state.usage().calls["token"], 3);
}

#[tokio::test]
async fn a_revoked_consent_ends_a_backup() {
    let world = World::small().await;
    let state = world.hold().await;
    world.state.revoke(&world.refresh_token);
    let failed = read_all(&*state, &module(&*state, "Leads")).await.unwrap_err();
    assert_eq!(failed.kind, SourceErrorKind::ConsentRevoked);
}

#[tokio::test]
async fn used_up_credits_make_a_backup_wait_and_it_goes_on_where_it_was() {
    let mut size = SampleSize::small();
    size.records = vec![("Notes", 40_000), ("Leads", 10)];
    let mut world = World::of(size).await;
    world.state.set_options(hozon_emulator_zoho::Options { edition: "Free".to_owned(), ..world.state.options() });
    world.settings.credit_share = 3;
    let state = world.hold().await;
    let notes = module(&*state, "Notes");
    let (mut rows, mut behind, mut waits) = (Rows::new(), None, 0);
    let mut reading = state.read(&notes, None).await.unwrap().rows;
    loop {
        match reading.try_next().await {
            Ok(Some(page)) => {
                add(&mut rows, &page.rows);
                behind = page.behind;
            }
            Ok(None) => break,
            Err(error) => {
                let SourceErrorKind::Throttled(seconds) = error.kind else { panic!("{:?}", error.kind) };
                assert!((60..=3600).contains(&seconds));
                waits += 1;
                world.state.advance(TimeDelta::seconds(i64::try_from(seconds).unwrap()));
                reading = state.read(&notes, behind.as_ref()).await.unwrap().rows;
            }
        }
    }
    assert!(waits >= 20, "{waits}");
    assert_rows(&world.state, &notes, &rows);
}

#[tokio::test]
async fn few_more_credits_are_used_than_necessary() {
    let world = World::small().await;
    let state = world.hold().await;
    let modules = crm(&*state);
    for module in &modules {
        read_all(&*state, module).await.unwrap();
        files(&*state, module).await.unwrap();
    }
    let (usage, reported) = (world.state.usage(), *world.shared.reports.lock().unwrap());
    // For each module: its number, its fields, its layouts, and its records in pages of 200; Leads have more fields than one call gives.
    let pages = |name: &str| world.state.count(name).div_ceil(200);
    let rows: u64 = modules.iter().map(|module| pages(&module.api_name)).sum::<u64>() + pages("Leads");
    let subforms: u64 = ["Quoted_Items", "Findings"].iter().map(|name| 2 + pages(name)).sum();
    let downloads: u64 =
        ["download", "photo", "field_file"].iter().map(|kind| usage.calls.get(*kind).copied().unwrap_or(0)).sum();
    let listed = (world.state.attachments().len() as u64).div_ceil(200);
    let least = 7 + 3 * modules.len() as u64 + rows + subforms + listed + downloads;
    println!("credits: {} used, {least} at least; {reported} reports; {usage:?}", usage.total_credits());
    assert!(usage.total_credits() * 10 <= least * 11, "{} used, {least} at least", usage.total_credits());
    assert!(u64::from(reported) <= usage.total_credits() / 10, "{reported} reports");
}

#[tokio::test]
async fn a_check_says_what_backups_cost() {
    let world = World::small().await;
    let report = world.zoho().check().await.unwrap();
    let cost = report.cost.unwrap();
    assert_eq!(report.server, "Zoho CRM enterprise");
    assert_eq!(cost.daily, 27_000);
    world.state.reset_usage();
    let state = world.hold().await;
    for module in &crm(&*state) {
        read_all(&*state, module).await.unwrap();
        files(&*state, module).await.unwrap();
    }
    // Zoho does not say how many photos and files in fields there are.
    let usage = world.state.usage();
    let used = usage.total_credits() - usage.calls["photo"] - usage.calls["field_file"];
    println!("a first backup: {used} credits, {cost:?} expected");
    assert!(cost.first * 10 >= used * 9 && cost.first * 8 <= used * 10, "{used}, {cost:?}");
    assert!(cost.repeated < cost.first / 2);
}

#[tokio::test]
async fn few_more_credits_are_used_for_large_modules() {
    let mut size = SampleSize::small();
    size.records = vec![("Contacts", 30_000), ("Deals", 30_000), ("Accounts", 10_000), ("Notes", 4_000), ("Attachments", 3_000)];
    let world = World::of(size).await;
    world.state.set_options(hozon_emulator_zoho::Options { bulk_rows: 20_000, ..world.state.options() });
    let state = world.hold().await;
    world.state.reset_usage();
    for name in ["Contacts", "Deals", "Accounts", "Notes"] {
        let rows = read_all(&*state, &module(&*state, name)).await.unwrap();
        assert_eq!(rows.len() as u64, world.state.count(name));
    }
    let usage = world.state.usage();
    // Two jobs of 20,000 rows for each of the first two, each with two looks, a download and one comparison; then pages.
    let least = 4 * 53 + 10_000 / 200 + 4_000 / 200;
    println!("credits of large modules: {} used, {least} at least; {usage:?}", usage.total_credits());
    assert!(usage.total_credits() * 10 <= least * 11, "{} used, {least} at least", usage.total_credits());
}

#[tokio::test]
async fn credits_that_others_have_used_up_make_a_backup_wait() {
    let world = World::small().await;
    let state = world.hold().await;
    let used = world.state.usage().total_credits();
    world.state.set_options(hozon_emulator_zoho::Options { credits: Some(used + 1), ..world.state.options() });
    let failed = read_all(&*state, &module(&*state, "Contacts")).await.unwrap_err();
    let SourceErrorKind::Throttled(seconds) = failed.kind else { panic!("{:?}", failed.kind) };
    assert!((60..=3600).contains(&seconds));
}
