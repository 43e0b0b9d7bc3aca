//! The operating system provides no more space or no more files: the failing operation says so, and everything else
//! continues without a restart. A limit on file sizes makes it reject the store's writes like a full disk.

use std::time::Duration;

use hozon_shared::domain::organisation::Role;
use hozon_tests::{Crm, World};
use reqwest::{Client, Method, StatusCode};
use tokio::process::Command;

use super::command::{hozon_under, noise};
use super::program::{Program, prepared};

const SOON: Duration = Duration::from_secs(90);
/// Number of counts of open files after the smallest one.
const COUNTS: usize = 20;
/// Limit of open files that is never reached.
const PLENTY: usize = 512;
/// Number of backups with too few files of which one must fail.
const ATTEMPTS: usize = 20;
/// Factor by which waits between attempts are shortened.
const FAST: &str = "--speed 20";
/// Ignores the signal that would end the program, and limits each file to 6 MB.
const LIMITED: &str = "trap '' XFSZ; ulimit -S -f 6000";

/// Number of files that a running program has open when it does nothing: the smallest of many counts. What it does after its start may
/// last, so that counting goes on until no smaller count has come for a while.
async fn open_files_at_rest(id: &str) -> usize {
    let (mut smallest, mut equal) = (usize::MAX, 0);
    while equal < COUNTS {
        let open = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count();
        equal = if open < smallest { 0 } else { equal + 1 };
        smallest = smallest.min(open);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    smallest
}

async fn limit_open_files_to(program: &Program, files: usize) {
    let id = program.process.id().unwrap().to_string();
    let status = Command::new("prlimit").args(["--pid", &id, &format!("--nofile={files}:")]).status().await.unwrap();
    assert!(status.success());
}

async fn limit_files_to(program: &Program, bytes: &str) {
    let id = program.process.id().unwrap().to_string();
    let status = Command::new("prlimit").args(["--pid", &id, &format!("--fsize={bytes}:")]).status().await.unwrap();
    assert!(status.success());
}

#[tokio::test]
async fn a_backup_on_a_full_disk_names_the_reason_and_the_next_succeeds_without_a_restart() {
    let (folder, token) = prepared(3_000_000).await;
    let (program, http) = (Program::start_under(LIMITED, folder.path(), FAST).await, Client::new());
    assert_eq!(program.ask(&http, &token, Method::POST).await.0, StatusCode::CREATED);
    let failed = program.last_backup(&http, &token, SOON).await;
    assert_eq!(failed["status"], "FAILED", "{failed}");
    let failure = program.failure(&http, &token).await;
    assert_eq!(failure["code"], "STORAGE_FULL", "{failure}");
    assert!(failure["message"].as_str().unwrap().contains("disk"), "{failure}");
    limit_files_to(&program, "unlimited").await;
    assert_eq!(program.ask(&http, &token, Method::POST).await.0, StatusCode::CREATED);
    assert_eq!(program.last_backup(&http, &token, SOON).await["status"], "COMPLETED");
    program.kill().await;
}

#[tokio::test]
async fn a_backup_whose_end_cannot_be_written_ends_by_itself_once_there_is_room() {
    let (folder, token) = prepared(3_000_000).await;
    let (program, http) = (Program::start_under(LIMITED, folder.path(), FAST).await, Client::new());
    assert_eq!(program.ask(&http, &token, Method::POST).await.0, StatusCode::CREATED);
    // Not even the table can be written now.
    limit_files_to(&program, "4096").await;
    for _ in 0..200 {
        program.ask(&http, &token, Method::GET).await;
    }
    limit_files_to(&program, "unlimited").await;
    program.last_backup(&http, &token, SOON).await;
    assert_eq!(program.ask(&http, &token, Method::POST).await.0, StatusCode::CREATED);
    assert_eq!(program.last_backup(&http, &token, SOON).await["status"], "COMPLETED");
    program.kill().await;
}

#[tokio::test]
async fn too_few_open_files_are_named() {
    let world = World::start().await;
    let mut crm = Crm::small();
    for file in 0..60u64 {
        crm = crm.file(&format!("attachments/Leads/1/{file}.bin"), &noise(500_000, file));
    }
    world.import(crm.inputs()).await;
    let token = world.local.token(world.org, Role::Administrator).unwrap();
    let folder = world.cut_short().await;
    let (program, http) = (Program::start_under(":", folder.path(), FAST).await, Client::new());
    program.ask(&http, &token, Method::GET).await;
    let id = program.process.id().unwrap().to_string();
    // Enough for a request and a row, but too few for packs, several of which are copied concurrently; on a busy machine they may be copied one
    // after the other, and the backup succeeds.
    for _ in 0..ATTEMPTS {
        limit_open_files_to(&program, PLENTY).await;
        limit_open_files_to(&program, open_files_at_rest(&id).await + 2).await;
        let asked = program.ask(&http, &token, Method::POST).await.0;
        let ended = program.last_backup(&http, &token, SOON).await;
        limit_open_files_to(&program, PLENTY).await;
        if asked == StatusCode::CREATED && ended["status"] == "FAILED" {
            let failure = program.failure(&http, &token).await;
            assert_eq!(failure["code"], "OPEN_FILES_LIMIT", "{failure}");
            return program.kill().await;
        }
    }
    panic!("{ATTEMPTS} backups succeeded with too few files");
}

#[tokio::test]
async fn an_import_onto_a_full_disk_names_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("Leads.csv");
    let rows: String = (0..200_000u64).map(|row| format!("{row},{}\n", row.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
    std::fs::write(&file, format!("Id,Name\n{rows}")).unwrap();
    let data = folder.path().join("data");
    let failed = hozon_under("trap '' XFSZ; ulimit -f 2000", &data, &["import", "--org", "Full", file.to_str().unwrap()]).await;
    assert!(!failed.ok, "{}", failed.out);
    assert!(failed.err.contains("the disk of") && failed.err.contains("has no room left"), "{}", failed.err);
}
