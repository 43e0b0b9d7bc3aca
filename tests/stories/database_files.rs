//! Files that a CRM keeps in its database or its folder: each is in the backup with every byte, tied to its record.

use std::collections::BTreeSet;
use std::path::Path;

use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_tests::{MariadbServer, PostgresServer, World, unzip};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::databases::with_plain_csv;
use crate::terminal::command;

/// A CRM that keeps files in every way that a profile can describe.
const PROFILE: &str = r#"
name = "files"
title = "CRM with files"
versions = "1"
recognised_by = ["person", "attachment"]
module = [
  { table = "person", label = { en = "People" }, known_as = "crm.person" },
  { table = "deal", label = { en = "Deals" }, known_as = "crm.deal" },
  { table = "letter", label = { en = "Letters" }, category = "mail", known_as = "crm.letter" },
  { table = "attachment", label = { en = "Attachments" } },
]

[[files]]
table = "attachment"
id = "id"
name = "name"
media_type = "media_type"
created = "created"
only = [{ column = "kind", is = "file" }]
bytes = { column = "data", LARGE_OBJECT path = "{place[0..2]}/{place}", folder = "the folder of the CRM" }
record = { kind = "owner_kind", id = "owner_id" }

[[files]]
table = "person"
id = "id"
bytes = { column = "photo" }
"#;

const TABLES: &str = "
create table person (id int primary key, name varchar(100), photo BYTES);
create table deal (id int primary key);
create table letter (id int primary key);
create table attachment (id int primary key, name varchar(100), media_type varchar(100), created TIME, kind varchar(10),
    data BYTES, object OBJECT, place varchar(200), owner_kind varchar(100), owner_id int);
insert into deal values (1), (2);
insert into letter values (1)";

/// Expected attachments: module, record and name with their bytes, for each file one.
type Expected = Vec<((&'static str, &'static str, &'static str), Vec<u8>)>;

/// Bytes that neither repeat nor compress.
fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// Files in columns: nothing, 1 MB, 20 MB, two of one name at one record, Japanese names, one of an unknown record.
fn in_columns() -> Vec<(i32, &'static str, &'static str, i32, Vec<u8>)> {
    vec![
        (1, "空.txt", "crm.deal", 1, Vec::new()),
        (2, "見積書.pdf", "crm.deal", 1, noise(1_000_000, 2)),
        (3, "見積書.pdf", "crm.deal", 1, noise(1000, 3)),
        (4, "映像.mp4", "crm.deal", 2, noise(20_000_000, 4)),
        (5, "'; drop table deal; --\\.txt", "crm.person", 1, b"quoted".to_vec()),
        (6, "left out.eml", "crm.letter", 1, b"mail".to_vec()),
        (7, "unknown.bin", "crm.gone", 9, b"of nobody".to_vec()),
    ]
}

/// What the attachments zip must hold, apart from what lies in large objects and the folder.
fn expected() -> Expected {
    let mut expected: Expected = in_columns()
        .into_iter()
        .filter(|file| file.2 != "crm.letter")
        .map(|(id, name, kind, record, bytes)| {
            let (module, record) = match kind {
                "crm.deal" => ("deal", if record == 1 { "1" } else { "2" }),
                "crm.person" => ("person", "1"),
                _ => ("attachment", if id == 7 { "7" } else { "?" }),
            };
            ((module, record, name), bytes)
        })
        .collect();
    expected.push((("person", "1", "1"), noise(5000, 7)));
    expected.push((("deal", "2", "folder.bin"), noise(3_000_000, 8)));
    // It names a kind of record, and no record.
    expected.push((("attachment", "26", "nobody.bin"), noise(3_000_000, 8)));
    expected
}

/// The CRM's folder: one file that is there, a link out of it, and a secret beside it.
fn folder() -> TempDir {
    let outside = TempDir::new().unwrap();
    let root = outside.path().join("media");
    std::fs::create_dir_all(root.join("at")).unwrap();
    std::fs::write(root.join("at/attached.bin"), noise(3_000_000, 8)).unwrap();
    std::fs::write(outside.path().join("secret"), "secret of another organisation").unwrap();
    std::os::unix::fs::symlink(outside.path().join("secret"), root.join("at/attached.link")).unwrap();
    outside
}

/// Rows whose files lie in the folder: one is there, the others are gone, or lead out of it.
const IN_FOLDER: &str = "
insert into attachment (id, name, kind, place, owner_kind, owner_id) values
    (20, 'folder.bin', 'file', 'attached.bin', 'crm.deal', 2), (21, 'gone.pdf', 'file', 'attached.gone', 'crm.deal', 2),
    (22, 'link.pdf', 'file', 'attached.link', 'crm.deal', 2), (23, 'out.pdf', 'file', '../../secret', 'crm.deal', 1),
    (24, 'a link, no file', 'url', null, 'crm.deal', 1), (25, 'without bytes', 'file', null, 'crm.deal', 1),
    (26, 'nobody.bin', 'file', 'attached.bin', 'crm.deal', null)";

/// What the manifest says of the columns of bytes, and of the files that cannot be read.
fn gaps(missing: &[&str]) -> Value {
    let files = json!({ "count": missing.len(), "examples": missing });
    json!([
        { "module": "attachment", "field": "data", "kind": "as_files" },
        { "module": "person", "field": "photo", "kind": "as_files" },
        { "module": "deal", "kind": "missing_files", "files": files },
    ])
}

/// Connects with the profile and the folder as an operator does, and backs up.
async fn back_up(address: &str, profile: &str) -> (World, Backup) {
    let (profiles, media) = (TempDir::new().unwrap(), folder());
    std::fs::write(profiles.path().join("files.toml"), profile).unwrap();
    let data = World::start().await.end().await;
    let (folder, files) = (profiles.path().to_str().unwrap(), media.path().join("media"));
    let connect = ["--profiles", folder, "connect", address, "--org", "桜商事", "--profile", "files"];
    let told = output(&data, &connect).await;
    assert!(told.contains("attachment.data  is contained as attached files, not in the CSV file"), "{told}");
    assert!(told.contains("only with --files DIR"), "{told}");
    let told = output(&data, &[&connect[..], &["--files", files.to_str().unwrap()]].concat()).await;
    assert!(!told.contains("--files"), "{told}");
    let known = hozon_shared::settings::profiles_with(profiles.path()).unwrap();
    let world = World::start_on(data, |options| options.profiles = known.into()).await;
    with_plain_csv(&world).await;
    let backup = world.back_up().await;
    let stored = contents(&world).await;
    world.back_up().await;
    assert_eq!(contents(&world).await, stored, "nothing has changed, and something was stored");
    (world, backup)
}

/// What the program prints.
async fn output(data: &TempDir, arguments: &[&str]) -> String {
    output_with(data, arguments, &[]).await
}

async fn output_with(data: &TempDir, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let done = command(data.path(), arguments, "C").envs(environment.iter().copied()).output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// Keys of all that the organisation has stored, without the list of snapshots.
async fn contents(world: &World) -> BTreeSet<String> {
    let keys = world.local.ports.objects.list(Bucket::Crm, &format!("org/{}/", world.org)).await.unwrap();
    assert!(keys.iter().all(|key| !key.contains("/%staged/")), "{keys:?}");
    keys.into_iter().filter(|key| !key.contains("/%snapshots/")).collect()
}

/// Module, record and name of an attachment, with its bytes.
type Attached = ((String, String, String), Vec<u8>);

/// The attachments of a zip, as its index lists them. Those in columns have a time, the others none.
fn attached(zip: &Path) -> Vec<Attached> {
    let index = String::from_utf8(unzip(zip, "attachments.csv")).unwrap();
    let header: Vec<_> = index.lines().next().unwrap().trim_start_matches('\u{feff}').split(',').collect();
    let at = |name: &str| header.iter().position(|column| *column == name).unwrap_or_else(|| panic!("{name}: {header:?}"));
    let with_time: Vec<_> = in_columns().into_iter().map(|file| file.1).collect();
    let mut found = Vec::new();
    for line in index.lines().skip(1) {
        let cells: Vec<_> = line.split(',').map(|cell| cell.trim_matches('"')).collect();
        let cell = |name: &str| cells[at(name)].to_owned();
        assert_eq!(cell("created").starts_with("2026-01-0"), with_time.contains(&&*cell("original_name")), "{line}");
        found.push(((cell("module"), cell("record_id"), cell("original_name")), unzip(zip, &cell("path"))));
    }
    found.sort();
    found
}

/// Compares every byte of the attachments zip with what was put into the CRM.
fn compare(world: &World, backup: &Backup, expected: Expected, missing: &[&str]) {
    assert_eq!(backup.status, BackupStatus::Completed, "{:?}", backup.failure);
    let zips: Vec<_> = backup.files.iter().map(|file| world.local.archive_path(&file.key)).collect();
    let named = |((module, record, name), bytes): ((&str, &str, &str), Vec<u8>)| {
        ((module.to_owned(), record.to_owned(), name.to_owned()), bytes)
    };
    let (found, mut wanted) = (attached(&zips[1]), expected.into_iter().map(named).collect::<Vec<Attached>>());
    wanted.sort();
    let names = |files: &[Attached]| -> Vec<_> { files.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect() };
    assert_eq!(names(&found), names(&wanted));
    assert!(found == wanted, "bytes differ");
    let manifest: Value = serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap();
    assert_eq!(manifest["gaps"], gaps(missing));
    assert_eq!(unzip(&zips[0], "person.csv"), "id,name\r\n1,山田\r\n2,\r\n".as_bytes(), "without the bytes of photos");
    assert_eq!(backup.losses.as_ref().map(|losses| losses.named()).as_deref(), Some(&*format!("deal ({})", missing.join(", "))));
}

/// A user who may read all tables, and of the large objects all but one.
const READER: &str = "
create role reader login password 'only'; grant select on all tables in schema public to reader;
do $$ declare id oid; begin
    for id in select object from attachment join pg_largeobject_metadata on oid = object where attachment.name <> 'forbidden.bin' loop
        execute format('grant select on large object %s to reader', id);
    end loop;
end $$";

#[tokio::test(flavor = "multi_thread")]
async fn every_file_of_a_postgresql_crm_is_in_the_backup_with_every_byte() {
    let server = PostgresServer::start("").await;
    let tables = TABLES.replace("BYTES", "bytea").replace("OBJECT", "oid").replace("TIME", "timestamptz");
    server.sql(&tables).await;
    let client = server.client().await;
    for (id, name, kind, record, bytes) in in_columns() {
        let sql = "insert into attachment (id, name, media_type, created, kind, data, owner_kind, owner_id)
            values ($1, $2, 'application/pdf', '2026-01-02 03:04:05+09', 'file', $3, $4, $5)";
        client.execute(sql, &[&id, &name, &bytes, &kind, &record]).await.unwrap();
    }
    let photo = noise(5000, 7);
    client.execute("insert into person values (1, '山田', $1), (2, null, null)", &[&photo]).await.unwrap();
    // Of the large objects, one is empty, one is larger than a piece, and one is gone.
    let large = noise(9_000_000, 9);
    let sql = "insert into attachment (id, name, kind, object, owner_kind, owner_id) values
        (10, 'large.bin', 'file', lo_from_bytea(0, $1), 'crm.deal', 2), (11, 'empty.bin', 'file', lo_create(0), 'crm.deal', 2),
        (12, 'lost.bin', 'file', 4000000000, 'crm.deal', 2), (13, 'forbidden.bin', 'file', lo_from_bytea(0, 'x'), 'crm.deal', 2),
        (14, 'no object', 'file', 0, 'crm.deal', 2)";
    client.execute(sql, &[&large]).await.unwrap();
    server.sql(IN_FOLDER).await;
    server.sql(READER).await;
    let address = format!("postgres://reader:only@127.0.0.1:{}/crm", server.port());
    let (world, backup) = back_up(&address, &PROFILE.replace("LARGE_OBJECT", "large_object = \"object\",")).await;
    let mut wanted = expected();
    wanted.extend([(("deal", "2", "large.bin"), large), (("deal", "2", "empty.bin"), Vec::new())]);
    compare(&world, &backup, wanted, &["out.pdf", "lost.bin", "forbidden.bin", "gone.pdf", "link.pdf"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_of_a_mariadb_crm_is_in_the_backup_with_every_byte() {
    let server = MariadbServer::start(&["--max-allowed-packet=64M"]).await;
    let tables = TABLES.replace("BYTES", "longblob").replace("OBJECT", "int").replace("TIME", "datetime");
    server.sql("alter database crm character set utf8mb4").await;
    server.sql(&tables).await;
    for (id, name, kind, record, bytes) in in_columns() {
        let (name, bytes) = (hex::encode(name), hex::encode(bytes));
        let sql = format!(
            "insert into attachment (id, name, media_type, created, kind, data, owner_kind, owner_id)
             values ({id}, x'{name}', 'application/pdf', '2026-01-02 03:04:05', 'file', x'{bytes}', '{kind}', {record})"
        );
        server.sql(&sql).await;
    }
    server.sql(&format!("insert into person values (1, '山田', x'{}'), (2, null, null)", hex::encode(noise(5000, 7)))).await;
    server.sql(IN_FOLDER).await;
    let address = format!("mysql://root:secret@127.0.0.1:{}/crm", server.port());
    let (world, backup) = back_up(&address, &PROFILE.replace("LARGE_OBJECT", "")).await;
    compare(&world, &backup, expected(), &["out.pdf", "gone.pdf", "link.pdf"]);
    world.end().await;
}

/// The CRM's bucket is in the S3 of another program.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_a_crm_keeps_in_a_bucket_are_in_the_backup() {
    let (server, other) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql(&TABLES.replace("BYTES", "bytea").replace("OBJECT", "oid").replace("TIME", "timestamptz")).await;
    server.sql(IN_FOLDER).await;
    let file = ObjectRef::crm("media/at/attached.bin");
    other.local.ports.objects.put(&file, noise(3_000_000, 8).into(), "application/octet-stream").await.unwrap();
    let (settings, profiles) = (&other.local.settings, TempDir::new().unwrap());
    let key = settings.credentials.as_ref().unwrap();
    let environment = [
        ("AWS_ENDPOINT_URL_S3", settings.endpoints.s3.as_deref().unwrap()),
        ("AWS_ACCESS_KEY_ID", &key.id),
        ("AWS_SECRET_ACCESS_KEY", &key.secret),
        ("AWS_REGION", "us-east-1"),
    ];
    std::fs::write(profiles.path().join("files.toml"), PROFILE.replace("LARGE_OBJECT", "")).unwrap();
    let (address, place) = (server.address("postgres", "secret"), format!("s3://{}/media", settings.crm_bucket));
    let options = ["--profiles", profiles.path().to_str().unwrap()];
    let connect = ["connect", &address, "--org", "桜商事", "--profile", "files", "--files", &place];
    let data = World::start().await.end().await;
    output(&data, &[&options[..], &connect].concat()).await;
    output_with(&data, &[&options[..], &["backup", "--org", "桜商事"]].concat(), &environment).await;
    let world = World::start_on(data, |_| {}).await;
    let backup = world.local.ports.store.backups(world.org, 1).await.unwrap().remove(0);
    let zips: Vec<_> = backup.files.iter().map(|file| world.local.archive_path(&file.key)).collect();
    let found = attached(&zips[1]);
    let names: Vec<_> = found.iter().map(|((module, record, name), _)| (&**module, &**record, &**name)).collect();
    assert_eq!(names, [("attachment", "26", "nobody.bin"), ("deal", "2", "folder.bin")]);
    assert!(found.iter().all(|(_, bytes)| *bytes == noise(3_000_000, 8)), "bytes differ");
    assert_eq!(backup.losses.unwrap().named(), "deal (out.pdf, gone.pdf, link.pdf)");
    world.end().await;
    other.end().await;
}
