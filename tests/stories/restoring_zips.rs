//! `hozon restore`: a backup into a database, from its zips or from what the data folder keeps of it. PostgreSQL's and MariaDB's own dumps say
//! whether the database is the one that was backed up.

mod mariadb;
mod schema;

use std::path::{Path, PathBuf};

use hozon_tests::{Crm, PostgresServer, World};
use tempfile::TempDir;

use crate::command::noise;
use crate::databases::connect;
use crate::terminal::command;
use schema::{CRM, LARGE};

/// Result of `hozon restore`.
#[derive(Debug)]
struct Restored {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn restore(data: &Path, arguments: &[&str]) -> Restored {
    let output = command(data, &[&["restore"], arguments].concat(), "C").output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let restored = Restored { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) };
    assert!(!format!("{restored:?}").contains("secret"), "a password is printed: {restored:?}");
    restored
}

/// Restores zips into a database.
async fn from_zips(zips: &[PathBuf], into: &str, more: &[&str]) -> Restored {
    let folder = TempDir::new().unwrap();
    let zips: Vec<&str> = zips.iter().map(|zip| zip.to_str().unwrap()).collect();
    restore(folder.path(), &[&zips[..], &["--into", into], more].concat()).await
}

/// Lines of a dump in order: the order of rows in a file says nothing.
fn sorted(dump: &str) -> Vec<&str> {
    // Newer versions of PostgreSQL write a key there that is another one each time.
    let is_kept = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    let mut lines: Vec<&str> = dump.lines().filter(is_kept).collect();
    lines.sort_unstable();
    lines
}

fn require_equal(found: &str, expected: &str) {
    let (found, expected) = (sorted(found), sorted(expected));
    let only = |a: &[&str], b: &[&str]| -> Vec<String> {
        a.iter().filter(|line| b.binary_search(line).is_err()).take(10).map(|line| (*line).to_owned()).collect()
    };
    assert!(found == expected, "found: {:#?}\nexpected: {:#?}", only(&found, &expected), only(&expected, &found));
}

/// Backs up a database into several zips.
async fn backed_up(server: &PostgresServer) -> (World, Vec<PathBuf>) {
    let world =
        World::start_with(|options| (options.limits.max_zip_bytes, options.limits.rows_per_file) = (Some(100_000), 500)).await;
    connect(&world, server).await;
    let zips = world.back_up_well().await;
    assert!(zips.len() > 2, "the backup is split: {zips:?}");
    (world, zips)
}

/// A dump without sequences that belong to no table, which are made only from zips, and set only where they are made.
fn without_own(dump: &str) -> String {
    let is_kept = |line: &&str| !["alone", "unused"].iter().any(|name| line.contains(name)) && !matches!(*line, "--" | "");
    dump.lines().filter(is_kept).collect::<Vec<_>>().join("\n")
}

fn rows(dump: &str) -> usize {
    dump.lines().filter(|line| line.contains('\t')).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_database_of_postgresql_is_made_again_from_the_zips_of_its_backup() {
    let (server, empty) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""));
    server.sql(CRM).await;
    server.sql(LARGE).await;
    let (world, zips) = backed_up(&server).await;
    let address = empty.address("postgres", "secret");
    let nothing = empty.dump(&[]);

    let refused = from_zips(&zips, &address, &["--yes"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.err.contains("--create") && refused.err.contains("deal"), "{}", refused.err);
    let tried = from_zips(&zips, &address, &["--create", "--dry-run"]).await;
    assert_eq!(tried.code, Some(0), "{tried:?}");
    assert!(tried.out.contains("Nothing was changed") && tried.out.contains("to create"), "{}", tried.out);
    require_equal(&empty.dump(&[]), &nothing);
    let unconfirmed = from_zips(&zips, &address, &["--create"]).await;
    assert!(unconfirmed.code == Some(2) && unconfirmed.err.contains("--yes"), "{unconfirmed:?}");
    require_equal(&empty.dump(&[]), &nothing);

    let restored = from_zips(&zips, &address, &["--create", "--yes"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    let (found, expected) = (empty.dump(&["--data-only"]), server.dump(&["--data-only"]));
    require_equal(&found, &expected);
    require_equal(&empty.dump(&["--schema-only"]), &server.dump(&["--schema-only"]));
    let again = from_zips(&zips, &address, &["--create", "--yes", "--change"]).await;
    assert!(again.code == Some(0) && again.out.contains("nothing to write"), "{again:?}");
    println!("{} zips, {} rows: pg_dump of data and of the schema are equal", zips.len(), rows(&expected));
    // New records get ids that no record has.
    empty.sql("insert into deal (year, \"No\") values (2030, 1); insert into \"Sales & Co\".person (firm, name) select min(\"Id\"), 'new' from \"Firm \"\"A\"\"\"").await;
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_without_rows_are_filled_in_the_order_of_their_foreign_keys() {
    let (server, empty) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""));
    server.sql(CRM).await;
    server.sql(LARGE).await;
    let (world, zips) = backed_up(&server).await;
    empty
        .sql(&server.dump(&["--schema-only"]).lines().filter(|line| !line.starts_with('\\')).collect::<Vec<_>>().join("\n"))
        .await;
    let address = empty.address("postgres", "secret");
    let before = empty.dump(&["--data-only"]);
    let tried = from_zips(&zips, &address, &["--dry-run"]).await;
    assert!(tried.code == Some(1) && tried.out.contains("  create ") && tried.out.contains("3 impossible"), "{tried:?}");
    require_equal(&empty.dump(&["--data-only"]), &before);
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("report.csv");
    let restored = from_zips(&zips, &address, &["--yes", "--report", report.to_str().unwrap()]).await;
    assert!(restored.code == Some(1) && restored.out.contains("no key: nothing identifies its records"), "{restored:?}");
    let filled = from_zips(&zips, &address, &["--yes", "--create"]).await;
    assert!(filled.code == Some(0) && filled.out.contains("no key: 3 rows written"), "{filled:?}");
    let expected = server.dump(&["--data-only"]);
    require_equal(&without_own(&empty.dump(&["--data-only"])), &without_own(&expected));
    let report = std::fs::read_to_string(report).unwrap();
    assert_eq!(report.lines().count(), 1 + rows(&expected) - 3, "{}", report.lines().take(5).collect::<Vec<_>>().join("\n"));
    assert!(report.lines().skip(1).all(|line| line.contains(",create,written")), "{report}");
    world.end().await;
}

/// Changes and deletions are made only if they are asked for, and left records say so.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_says_what_becomes_of_changed_and_newer_records() {
    let server = PostgresServer::start("").await;
    server
        .sql("create table deal (id int primary key, name text); insert into deal select n, 'Deal ' || n from generate_series(1, 200) n")
        .await;
    let world = World::start().await;
    connect(&world, &server).await;
    let zips = world.back_up_well().await;
    let then = server.dump(&["--data-only"]);
    server.sql("update deal set name = 'garbled' where id <= 20; delete from deal where id > 190; insert into deal values (1000, 'newer')").await;
    let address = server.address("postgres", "secret");
    let created = from_zips(&zips, &address, &["--yes"]).await;
    assert!(created.code == Some(0) && created.out.contains("records: 10 written"), "{created:?}");
    assert!(created.out.contains("--change changes it back") && created.out.contains("21 left"), "{}", created.out);
    let deleting = ["--yes", "--change", "--delete"];
    for (more, text) in [(&[][..], "--yes-delete 1"), (&["--yes-delete", "2"], "--yes-delete says 2")] {
        let refused = from_zips(&zips, &address, &[&deleting, more].concat()).await;
        assert!(refused.code == Some(2) && refused.err.contains(text), "{refused:?}");
    }
    let restored = from_zips(&zips, &address, &[&deleting[..], &["--yes-delete", "1", "--modules", "deal"]].concat()).await;
    assert!(restored.code == Some(0) && restored.out.contains("\"garbled\" -> \"Deal 1\""), "{restored:?}");
    require_equal(&server.dump(&["--data-only"]), &then);
    let unknown = from_zips(&zips, &address, &["--yes", "--modules", "deals"]).await;
    assert!(unknown.code == Some(2) && unknown.err.contains("it has deal"), "{unknown:?}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_named_and_leaves_nothing_behind() {
    let (server, empty) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""));
    server
        .sql(
            "create function next_code() returns text language sql as 'select ''x''::text';
             create table early (id int primary key); create table firm (id int primary key, code text default next_code()); insert into firm values (1)",
        )
        .await;
    let world = World::start().await;
    connect(&world, &server).await;
    let zips = world.back_up_well().await;
    let (address, before) = (empty.address("postgres", "secret"), empty.dump(&[]));
    let refused = from_zips(&zips, &address, &["--create", "--yes"]).await;
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.out.contains("public.firm") && refused.out.contains("lacks a function") && refused.out.contains("42883"),
        "{refused:?}"
    );
    require_equal(&empty.dump(&[]), &before);
    let wrong = from_zips(&zips, &empty.address("postgres", "wrong"), &["--create", "--yes"]).await;
    assert!(wrong.code == Some(2) && wrong.err.contains("SOURCE_PASSWORD") && !wrong.err.contains("wrong@"), "{wrong:?}");
    // Once the function is there, all is.
    empty.sql("create function next_code() returns text language sql as 'select ''x''::text'").await;
    let restored = from_zips(&zips, &address, &["--create", "--yes"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    require_equal(&empty.dump(&["--data-only"]), &server.dump(&["--data-only"]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_data_folder_keeps_is_restored_without_zips() {
    let (server, empty) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""));
    server.sql(CRM).await;
    let world = World::start().await;
    connect(&world, &server).await;
    let backup = world.back_up().await.id.to_string();
    let then = server.dump(&["--data-only"]);
    server
        .sql(
            "update deal set firm = null; update \"Sales & Co\".person set chief = null where id > 50;
             delete from \"Sales & Co\".person where id > 50 and not exists (select from \"Firm \"\"A\"\"\" where boss = id)",
        )
        .await;
    let (org, data) = ("桜商事", world.cut_short().await);
    let damaged = server.dump(&["--data-only"]);
    let tried = restore(data.path(), &["--org", org, "--change", "--dry-run"]).await;
    assert!(tried.code == Some(0) && tried.out.contains("to change"), "{tried:?}");
    require_equal(&server.dump(&["--data-only"]), &damaged);
    let restored = restore(data.path(), &["--org", org, "--backup", &backup, "--change", "--yes"]).await;
    assert_eq!(restored.code, Some(0), "{restored:?}");
    require_equal(&server.dump(&["--data-only"]), &then);
    // Into another database, which is no restore of the organisation's.
    let address = empty.address("postgres", "secret");
    let elsewhere = restore(data.path(), &["--org", org, "--into", &address, "--create", "--yes"]).await;
    assert_eq!(elsewhere.code, Some(0), "{elsewhere:?}");
    require_equal(&without_own(&empty.dump(&["--data-only"])), &without_own(&then));
    let unknown = restore(data.path(), &["--org", org, "--backup", "1", "--yes"]).await;
    assert!(unknown.code == Some(2) && unknown.err.contains("not kept"), "{unknown:?}");
    let world = World::start_on(data, |_| {}).await;
    let restores = world.administrator().get("/restores").await.body;
    let listed = restores["restores"].as_array().unwrap();
    assert_eq!((listed.len(), &listed[0]["status"]), (1, &serde_json::json!("COMPLETED")), "{restores}");
    world.end().await;
}

/// Other programs read the files: cells as the CRM holds them, and the same bytes.
#[tokio::test(flavor = "multi_thread")]
async fn files_for_other_crms_have_bare_cells_and_the_attachments_with_their_index() {
    let world = World::start().await;
    let formula = "=1+1";
    let crm = Crm::small().file("Notes.csv", &format!("Id,Text\r\n0007,{formula}\r\n8,\r\n9,\"two\r\nlines\"\r\n").into_bytes());
    let crm = crm.file("attachments/Notes/0007/offer.pdf", &noise(300_000, 1));
    world.import(crm.inputs()).await;
    let zips = world.back_up_well().await;
    let folder = TempDir::new().unwrap();
    let files = folder.path().join("files");
    let written = from_zips(&zips, files.to_str().unwrap(), &["--modules", "Notes", "--rows-per-file", "2"]).await;
    assert_eq!(written.code, Some(0), "{written:?}");
    let read = |name: &str| std::fs::read_to_string(files.join(name)).unwrap();
    assert_eq!(read("Notes_001.csv"), "Id,Text\r\n0007,=1+1\r\n8,\r\n");
    assert_eq!(read("Notes_002.csv"), "Id,Text\r\n9,\"two\r\nlines\"\r\n");
    assert_eq!(std::fs::read(files.join("attachments/Notes/0007/offer.pdf")).unwrap(), noise(300_000, 1));
    let index = read("attachments.csv");
    assert!(
        index.lines().nth(1).unwrap().starts_with("Notes,0007,") && index.contains("attachments/Notes/0007/offer.pdf"),
        "{index}"
    );
    assert!(read("README.md").contains("| 1 | Notes_001.csv, Notes_002.csv | 3 |"), "{}", read("README.md"));
    let again = from_zips(&zips, files.to_str().unwrap(), &[]).await;
    assert!(again.code == Some(2) && again.err.contains("not empty"), "{again:?}");
    world.end().await;
}
