//! The program is stopped and started again: data persists, and interrupted work resumes.

use hozon_shared::domain::backup::BackupStatus;
use hozon_tests::{Crm, World};
use reqwest::StatusCode;

#[tokio::test]
async fn data_persists_across_restarts() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    world.back_up_well().await;
    let urls = world.administrator().get("/backup/urls").await;
    let link = urls.body["urls"]["data_links"][0].as_str().unwrap().to_owned();
    let (_, before) = world.download(&link).await;
    let token = world.local.token(world.org, hozon_shared::domain::organisation::Role::Administrator).unwrap();
    let org = world.org;
    let folder = world.end().await;

    let world = World::start_on(folder, |_| {}).await;
    assert_eq!(world.org, org);
    assert_eq!(world.bearer(&token).get("/backup").await.body["backup"]["status"], "COMPLETED");
    let history = world.administrator().get("/backup/history").await.body["history"].clone();
    assert_eq!(history.as_array().unwrap().len(), 3, "started, ready and downloaded: {history}");
    let (status, after) = world.download(&link).await;
    assert_eq!((status, after), (StatusCode::OK, before), "a link that was given out goes on working");
    world.back_up_well().await;
    world.end().await;
}

#[tokio::test]
async fn an_interrupted_run_resumes_at_the_next_start() {
    let world = World::start().await;
    let text = "0123456789".repeat(200_000);
    let mut crm = Crm::small();
    for file in 0..20 {
        crm = crm.file(&format!("attachments/Leads/1/{file}.txt"), text.as_bytes());
    }
    world.import(crm.inputs()).await;
    assert_eq!(world.administrator().post("/backup", "").await.status, StatusCode::CREATED);
    let folder = world.cut_short().await;

    let world = World::start_on(folder, |_| {}).await;
    world.local.wait_until_idle().await;
    let backups = world.local.ports.store.backups(world.org, 10).await.unwrap();
    assert_eq!((backups.len(), backups[0].status), (1, BackupStatus::Completed));
    world.end().await;
}

/// Whoever writes waits for the end of a sweep, and a sweep for the end of whoever writes.
#[tokio::test]
async fn what_the_last_process_held_is_free_after_a_restart() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let (leases, now) = (world.local.ports.leases.clone(), world.local.ports.clock.now());
    let before = leases.leases(world.org).await.unwrap();
    let (revision, until) = (before.revision, now + chrono::TimeDelta::days(1));
    leases.replace_leases(world.org, &before.begin_sweep(until, now).unwrap(), revision).await.unwrap();
    let world = World::start_on(world.cut_short().await, |_| {}).await;
    let after = world.local.ports.leases.leases(world.org).await.unwrap();
    assert!(after.clone().take("import", until, now).is_ok() && after.begin_sweep(until, now).is_ok());
    world.import(Crm::small().inputs()).await;
    world.end().await;
}

/// A run that begins meanwhile would be taken for an interrupted one, and run twice.
#[tokio::test]
async fn clients_wait_until_interrupted_work_has_resumed() {
    let mut world = World::start().await;
    for number in 0..50 {
        world.local.organisation(&format!("Organisation {number}"), chrono_tz::Asia::Tokyo, "Own", "JP").await.unwrap();
    }
    let url = world.local.url.clone();
    let folder = world.cut_short().await;
    let mut options = hozon::LocalOptions::new(folder.path().to_owned()).unwrap();
    options.port = Some(0);
    let answered = async {
        while reqwest::get(&url).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = answered => panic!("the program answered before it had started"),
        local = hozon::Local::start(options) => local.unwrap().stop().await.unwrap(),
    }
}

#[tokio::test]
async fn two_programs_do_not_share_a_folder() {
    let world = World::start().await;
    let folder = world.cut_short().await;
    let first = World::start_on(folder, |_| {}).await;
    let mut options = hozon::LocalOptions::new(first.data_folder()).unwrap();
    options.port = Some(0);
    let refused = hozon::Local::start(options).await.err().unwrap();
    assert!(refused.to_string().contains("another hozon uses the data folder"), "{refused}");
    first.end().await;
}
