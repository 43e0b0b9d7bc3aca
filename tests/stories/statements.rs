//! Signed statements about backups: what they say, how a stranger checks them, and that a repeated run makes one.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hozon_tests::{Crm, World};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use super::command::hozon;
use super::repeats::{batches, requested, task};

/// The page with the commands that a reader types.
const PAGE: &str = include_str!("../../docs/statements.md");

/// A backup with its statement, as an administrator has downloaded them.
struct Downloaded {
    folder: TempDir,
    zips: Vec<PathBuf>,
}

impl Downloaded {
    async fn from(world: &World) -> Self {
        let made = world.back_up_well().await;
        let backups = world.administrator().get("/backup/backups").await.body;
        let id = backups["backups"][0]["id"].as_str().unwrap().to_owned();
        let folder = TempDir::new().unwrap();
        let statement = world.administrator().get(&format!("/backup/backups/{id}/statement")).await.body["statement"].clone();
        let key = world.administrator().get("/backup/statements/key").await.body["statement_key"].clone();
        let chain = world.administrator().get("/backup/statements?per_page=100").await.body;
        let text = |value: &Value| value.as_str().unwrap().as_bytes().to_vec();
        let files = [
            ("statement.json", text(&statement["text"])),
            ("statement.sig", STANDARD.decode(text(&statement["signature"])).unwrap()),
            ("zips.json", text(&statement["zips"])),
            ("public.pem", text(&key["pem"])),
            ("statements.json", chain.to_string().into_bytes()),
        ];
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        let copied = made.iter().map(|zip| {
            let to = folder.path().join(zip.file_name().unwrap());
            std::fs::copy(zip, &to).unwrap();
            to
        });
        let zips = copied.collect();
        Self { folder, zips }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs `hozon verify` with the key on all zips. Returns whether it succeeded, and what it printed.
    async fn verify(&self, more: &[&str]) -> (bool, String) {
        let mut command = Command::new(hozon());
        command.arg("verify").args(&self.zips).arg("--key").arg(self.path("public.pem")).args(more);
        printed(command).await
    }

    fn change(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = std::fs::read(self.path(name)).unwrap();
        change(&mut bytes);
        std::fs::write(self.path(name), bytes).unwrap();
    }
}

async fn printed(mut command: Command) -> (bool, String) {
    let output = command.env("LANG", "C.UTF-8").output().await.unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(text).unwrap())
}

/// The commands of the documentation for a key of Ed25519, between two marks.
fn documented(section: &str) -> String {
    let (_, rest) = PAGE.split_once(&format!("<!-- {section} -->\n```sh\n")).expect("the section");
    rest.split_once("```").expect("its end").0.to_owned()
}

async fn run_documented(section: &str, folder: &Path) -> (bool, String) {
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", &documented(section)]).current_dir(folder);
    printed(command).await
}

#[tokio::test]
async fn a_finished_backup_has_a_statement_that_its_zips_are_compared_with() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let downloaded = Downloaded::from(&world).await;
    let text = std::fs::read_to_string(downloaded.path("statement.json")).unwrap();
    assert!(text.len() < 4_096, "{}", text.len());
    let statement: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&statement["number"], &statement["previous"], &statement["zips"]), (&json!(1), &Value::Null, &json!(2)));
    let (ok, shown) = downloaded.verify(&[]).await;
    assert!(ok && shown.matches("as statement 1 says").count() == 2, "{shown}");
    downloaded.change("Data_001.zip", |bytes| bytes.push(0));
    assert!(!downloaded.verify(&[]).await.0);
    world.end().await;
}

#[tokio::test]
async fn a_zip_that_was_made_again_with_other_rows_is_noticed_only_with_the_statement() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let downloaded = Downloaded::from(&world).await;
    world.import(Crm::default().file("Leads.csv", b"Id,Name\n1,forged\n").inputs()).await;
    let forged = Downloaded::from(&world).await;
    for zip in &forged.zips {
        std::fs::copy(zip, downloaded.path(zip.file_name().unwrap().to_str().unwrap())).unwrap();
    }
    let mut command = Command::new(hozon());
    command.arg("verify").args(&downloaded.zips);
    assert!(printed(command).await.0, "the zips agree with their own manifests");
    let (ok, shown) = downloaded.verify(&[]).await;
    assert!(!ok && shown.contains("belongs to the backup"), "{shown}");
    world.end().await;
}

#[tokio::test]
async fn any_changed_part_of_a_statement_is_noticed() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let downloaded = Downloaded::from(&world).await;
    for name in ["statement.json", "statement.sig", "zips.json", "public.pem"] {
        let good = std::fs::read(downloaded.path(name)).unwrap();
        downloaded.change(name, |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
        });
        let (ok, shown) = downloaded.verify(&[]).await;
        assert!(!ok, "{name}: {shown}");
        std::fs::write(downloaded.path(name), good).unwrap();
    }
    assert!(downloaded.verify(&[]).await.0);
    world.end().await;
}

#[tokio::test]
async fn the_documented_commands_check_a_backup_without_this_program() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let downloaded = Downloaded::from(&world).await;
    for section in ["check-ed25519", "check-list", "check-manifests"] {
        let (ok, shown) = run_documented(section, downloaded.folder.path()).await;
        assert!(ok, "{section}: {shown}");
    }
    for (section, name) in [("check-ed25519", "statement.json"), ("check-list", "zips.json"), ("check-manifests", "Data_001.zip")]
    {
        let good = std::fs::read(downloaded.path(name)).unwrap();
        if name == "Data_001.zip" {
            std::fs::copy(downloaded.path("Attachments_001.zip"), downloaded.path(name)).unwrap();
        } else {
            downloaded.change(name, |bytes| bytes[20] ^= 1);
        }
        assert!(!run_documented(section, downloaded.folder.path()).await.0, "{section}");
        std::fs::write(downloaded.path(name), good).unwrap();
    }
    world.end().await;
}

#[tokio::test]
async fn statements_form_a_chain_and_a_broken_one_is_a_warning() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    Downloaded::from(&world).await;
    let downloaded = Downloaded::from(&world).await;
    let chain = downloaded.path("statements.json");
    let arguments = ["--chain", chain.to_str().unwrap()];
    let (ok, shown) = downloaded.verify(&arguments).await;
    assert!(ok && shown.contains("each of 2 statements"), "{shown}");
    let mut listed: Value = serde_json::from_slice(&std::fs::read(&chain).unwrap()).unwrap();
    let linked: Vec<bool> = listed["statements"].as_array().unwrap().iter().map(|one| one["is_linked"] == true).collect();
    assert_eq!(linked, [true, true]);
    let first = listed["statements"][1]["text"].as_str().unwrap().replace("\"zips\":2", "\"zips\":3");
    listed["statements"][1]["text"] = json!(first);
    std::fs::write(&chain, listed.to_string()).unwrap();
    let (ok, shown) = downloaded.verify(&arguments).await;
    assert!(ok, "a warning is no failure: {shown}");
    assert!(shown.contains("statement 2 does not follow") && shown.contains("statement 1 is not signed"), "{shown}");
    world.end().await;
}

#[tokio::test]
async fn a_repeated_finish_makes_no_second_statement() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    task(&world, &backup, "begin", json!({})).await.unwrap();
    let planned = task(&world, &backup, "plan", json!({})).await.unwrap();
    for batch in batches(&world, &planned).await {
        task(&world, &backup, "pack", json!({ "batch": batch })).await.unwrap();
    }
    task(&world, &backup, "assemble", json!({})).await.unwrap();
    let at_once = tokio::join!(task(&world, &backup, "finish", json!({})), task(&world, &backup, "finish", json!({})));
    assert!(at_once.0.is_ok() || at_once.1.is_ok(), "{at_once:?}");
    for _ in 0..2 {
        task(&world, &backup, "finish", json!({})).await.unwrap();
    }
    let statements = world.local.ports.statements.statements(world.org, 10).await.unwrap();
    assert_eq!(statements.len(), 1);
    let stored = world.local.ports.store.backup(world.org, backup.id).await.unwrap().unwrap();
    assert_eq!((stored.statement, statements[0].backup), (Some(1), Some(backup.id)));
    world.end().await;
}

#[tokio::test]
async fn the_key_is_made_once_and_only_its_owner_can_read_it() {
    let world = World::start().await;
    let secrets = world.data_folder().join("secrets.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&secrets).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let key = async |world: &World| world.administrator().get("/backup/statements/key").await.body;
    let first = key(&world).await;
    assert_eq!(world.user().get("/backup/statements/key").await.status, 403);
    let data = world.end().await;
    let world = World::start_on(data, |_| {}).await;
    assert_eq!(key(&world).await, first);
    world.end().await;
}

#[tokio::test]
async fn a_backup_without_a_statement_says_so() {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let backup = requested(&world).await;
    let answer = world.administrator().get(&format!("/backup/backups/{}/statement", backup.id)).await;
    assert_eq!(answer.status, 204);
    assert_eq!(world.administrator().get("/backup/backups/7/statement").await.code(), "RESOURCE_NOT_FOUND");
    task(&world, &backup, "fail", json!({ "error": { "Error": "States.Timeout" } })).await.unwrap();
    world.end().await;
}
