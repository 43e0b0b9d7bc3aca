//! The program is killed at any moment, as by a power failure, and no backup stays in progress forever.
//! `HOZON_KILLS=160,40` sets the number of kills at random times and shortly after a request.

use std::time::{Duration, Instant};

use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_tests::World;
use reqwest::{Client, Method, StatusCode};
use tokio::process::Command;

use super::program::{ORGANISATION, Program, prepared};

/// Number of kills at random times, and shortly after a request.
const USUAL: (usize, usize) = (4, 4);
/// A backup that takes longer after the last kill is stuck.
const DEADLINE: Duration = Duration::from_secs(300);

fn kills() -> (usize, usize) {
    let Ok(text) = std::env::var("HOZON_KILLS") else { return USUAL };
    let (random, soon) = text.split_once(',').expect("two numbers");
    (random.parse().expect("a number"), soon.parse().expect("a number"))
}

#[tokio::test]
async fn after_any_kill_every_backup_ends() {
    let (random, soon) = kills();
    let (folder, token) = prepared(2_000).await;
    let (http, mut asked) = (Client::new(), 0);
    for at in 0..random + soon {
        let program = Program::start(folder.path()).await;
        let is_soon = at >= random;
        // Every second random kill happens while the program starts.
        if is_soon {
            // No backup is in progress, so the request is accepted.
            program.last_backup(&http, &token, DEADLINE).await;
        } else if at % 2 == 0 {
            program.ask(&http, &token, Method::GET).await;
        }
        let wait = Duration::from_micros(fastrand::u64(0..if is_soon { 80_000 } else { 2_000_000 }));
        // The request continues while the program is killed.
        let killing = tokio::time::sleep(wait);
        tokio::pin!(killing);
        tokio::select! {
            () = &mut killing => {}
            (status, _) = program.ask(&http, &token, Method::POST) => {
                asked += usize::from(status == StatusCode::CREATED);
                killing.await;
            }
        }
        program.kill().await;
    }
    let last = Program::start(folder.path()).await;
    let begun = Instant::now();
    last.last_backup(&http, &token, DEADLINE).await;
    assert_eq!(last.ask(&http, &token, Method::POST).await.0, StatusCode::CREATED);
    last.last_backup(&http, &token, DEADLINE).await;
    last.kill().await;
    let world = World::start_on(folder, |_| {}).await;
    let org = world.local.find_organisation(ORGANISATION).unwrap();
    let backups = world.local.ports.store.backups(org, 1000).await.unwrap();
    let bad: Vec<_> = backups.iter().filter(|backup| backup.status != BackupStatus::Completed).collect();
    println!("{} kills, {asked} answered, {} backups, all ended after {:?}", random + soon, backups.len(), begun.elapsed());
    assert!(bad.is_empty() && !backups.is_empty(), "{bad:?}");
    delete_work(&world).await;
    world.end().await;
}

#[cfg(unix)]
/// A run that is killed between its end and its cleanup leaves work objects, which the bucket's lifecycle rule deletes
/// two days later.
async fn delete_work(world: &World) {
    let objects = &world.local.ports.objects;
    for key in objects.list(Bucket::Archives, "work/").await.unwrap() {
        objects.delete(&ObjectRef::archives(key)).await.unwrap();
    }
}

#[tokio::test]
async fn the_systems_request_to_end_is_followed_at_once() {
    let (folder, token) = prepared(200_000).await;
    let mut program = Program::start(folder.path()).await;
    program.ask(&Client::new(), &token, Method::GET).await;
    let id = program.process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(20), program.process.wait()).await.unwrap().unwrap();
    assert!(ended.success(), "{ended}");
}
