//! Attached files are restored with their records: in columns, in large objects and in the CRM's folder.

use std::collections::BTreeMap;
use std::path::Path;

use hozon_tests::{PostgresServer, World};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{confirmed, get, path, planned};
use crate::terminal::command;

const PROFILE: &str = r#"
name = "files"
title = "CRM with files"
versions = "1"
recognised_by = ["deal", "attachment"]
module = [
  { table = "deal", label = { en = "Deals" }, known_as = "crm.deal" },
  { table = "attachment", label = { en = "Attachments" } },
]

[[files]]
table = "attachment"
id = "id"
name = "name"
bytes = { column = "data", large_object = "object", path = "at/{place}", folder = "the folder of the CRM" }
record = { kind = "owner_kind", id = "owner_id" }
"#;

const TABLES: &str = "
create table deal (id int primary key, title text);
create table attachment (id int primary key, name text, data bytea, object oid, place text, owner_kind text, owner_id int);
insert into deal select n, 'Deal ' || n from generate_series(1, 10) n";

/// Ids of further files begin behind this one. Their last digit says where they lie: 1 to 3 in columns, 4 to 6 in large objects, 7 to 9 in the
/// folder.
const FURTHER: i32 = 1000;

/// Files in columns, in large objects and in the folder, each with a record of the same last digit.
const IN_COLUMNS: std::ops::RangeInclusive<i32> = 1..=9;
const IN_OBJECTS: std::ops::RangeInclusive<i32> = 11..=19;
const IN_FOLDER: std::ops::RangeInclusive<i32> = 21..=29;

/// Bytes of a file by its id: two are large, of which one can be compressed, and one is empty.
fn bytes(id: i32) -> Vec<u8> {
    match id {
        8 => Vec::new(),
        18 => b"0123456789".repeat(1_000_000),
        28 => {
            let mut random = fastrand::Rng::with_seed(28);
            std::iter::repeat_with(|| random.u8(..)).take(9_000_000).collect()
        }
        id if id > FURTHER => format!("file {id} ").repeat((id % 7) as usize * 3000 + 1).into_bytes(),
        id => format!("file {id} ").repeat(id as usize * 500).into_bytes(),
    }
}

/// Bytes by the ids of files; `None` where there are none.
pub type Files = BTreeMap<i32, Option<Vec<u8>>>;

/// Where a file lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Column,
    Object,
    Folder,
}

/// A CRM with files.
pub struct Crm {
    pub server: PostgresServer,
    media: TempDir,
}

impl Crm {
    pub async fn start() -> Self {
        let crm = Self { server: PostgresServer::start("").await, media: TempDir::new().unwrap() };
        std::fs::create_dir(crm.media.path().join("at")).unwrap();
        crm.server.sql(TABLES).await;
        for id in IN_COLUMNS.chain(IN_OBJECTS).chain(IN_FOLDER) {
            let place = match id {
                id if IN_COLUMNS.contains(&id) => Place::Column,
                id if IN_OBJECTS.contains(&id) => Place::Object,
                _ => Place::Folder,
            };
            crm.add(id, place).await;
        }
        crm
    }

    /// Adds so many tens of files.
    pub async fn add_further(&self, tens: i32) {
        for id in (0..tens * 10).filter(|id| id % 10 > 0).map(|id| FURTHER + id) {
            let place = match id % 10 {
                1..=3 => Place::Column,
                4..=6 => Place::Object,
                _ => Place::Folder,
            };
            self.add(id, place).await;
        }
    }

    async fn add(&self, id: i32, place: Place) {
        let (client, bytes) = (self.server.client().await, bytes(id));
        let row = "insert into attachment (id, name, place, owner_kind, owner_id) values ($1, $2, $3, 'crm.deal', $4)";
        let in_folder = (place == Place::Folder).then(|| format!("{id}.bin"));
        client.execute(row, &[&id, &format!("file {id}"), &in_folder, &(id % 10)]).await.unwrap();
        let sql = match place {
            Place::Column => "update attachment set data = $2 where id = $1",
            Place::Object => "update attachment set object = lo_from_bytea(0, $2) where id = $1",
            Place::Folder => return self.put(id, &bytes),
        };
        client.execute(sql, &[&id, &bytes]).await.unwrap();
    }

    /// Deletes and garbles further files, and records of them: of each ten files, four are gone or garbled in each place.
    pub async fn damage_further(&self) {
        let of = |tens: &str, digits: &str| format!("id > {FURTHER} and id / 10 % 3 {tens} and id % 10 in ({digits})");
        let sql = format!(
            "update attachment set data = null where {};
             update attachment set data = 'garbled' where {};
             select lo_unlink(object) from attachment where {};
             select lo_put(object, 0, 'garbled'), lo_truncate64(lo_open(object, x'60000'::int), 7) from attachment where {};
             delete from attachment where {}",
            of("= 0", "1, 2"),
            of("= 1", "1, 2, 3"),
            of("= 0", "4, 5"),
            of("= 1", "4, 5, 6"),
            of("= 2", "1"),
        );
        self.server.sql(&sql).await;
        let places = self.server.psql(&format!("select id from attachment where {}", of("< 2", "7, 8")));
        for id in places.lines().map(|id| id.parse::<i32>().unwrap()) {
            if id / 10 % 3 == 0 { self.remove(id) } else { self.put(id, b"garbled") }
        }
    }

    /// Names of files in the folder that no row leads to.
    pub fn strangers(&self) -> Vec<String> {
        let places = self.server.psql("select place from attachment where place is not null");
        let names = std::fs::read_dir(self.media.path().join("at")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !places.lines().any(|place| place == name)).collect()
    }

    /// Number of large objects that no row leads to.
    pub fn lost_objects(&self) -> String {
        let sql = "select count(*) from pg_largeobject_metadata m where not exists (select from attachment where object = m.oid)";
        self.server.psql(sql).trim().to_owned()
    }

    fn at(&self, place: &str) -> std::path::PathBuf {
        self.media.path().join("at").join(place)
    }

    fn put(&self, id: i32, bytes: &[u8]) {
        std::fs::write(self.at(&format!("{id}.bin")), bytes).unwrap();
    }

    fn remove(&self, id: i32) {
        std::fs::remove_file(self.at(&format!("{id}.bin"))).unwrap();
    }

    /// All files as the rows lead to them.
    pub async fn files(&self) -> Files {
        let sql = "select id, coalesce(data, case when exists (select from pg_largeobject_metadata m where m.oid = object) then lo_get(object) end), place
            from attachment";
        let rows = self.server.client().await.query(sql, &[]).await.unwrap();
        let file = |row: &tokio_postgres::Row| {
            let (id, inside, place): (i32, Option<Vec<u8>>, Option<String>) = (row.get(0), row.get(1), row.get(2));
            (id, inside.or_else(|| std::fs::read(self.at(&place?)).ok()))
        };
        rows.iter().map(file).collect()
    }

    /// Rows without bytes.
    pub fn rows(&self) -> String {
        let attachments = "select id, name, object, place, owner_kind, owner_id from attachment order by id";
        self.server.psql("select * from deal order by id") + &self.server.psql(attachments)
    }

    /// Deletes and garbles files and records of them, and adds newer ones.
    async fn damage(&self) {
        let sql = "delete from attachment where id in (1, 21); update attachment set data = 'garbled' where id in (2, 6);
            update attachment set data = null where id = 3;
            select lo_unlink(object) from attachment where id in (11, 14, 17); delete from attachment where id = 11;
            select lo_put(object, 0, 'garbled') from attachment where id in (12, 18);
            delete from attachment where owner_id = 4; delete from deal where id = 4;
            update attachment set place = 'elsewhere.bin', name = 'moved' where id = 25;
            insert into attachment values (101, 'newer', 'newer', null, null, 'crm.deal', 5), (102, 'newer', null, null, 'newer.bin', 'crm.deal', 5)";
        self.server.sql(sql).await;
        self.put(22, b"garbled");
        self.put(28, b"cut");
        [21, 23, 24, 25].into_iter().for_each(|id| self.remove(id));
        std::fs::write(self.at("newer.bin"), "newer").unwrap();
    }
}

/// A folder with the profile.
pub fn profiles() -> TempDir {
    let profiles = TempDir::new().unwrap();
    std::fs::write(profiles.path().join("files.toml"), PROFILE).unwrap();
    profiles
}

/// A program that is connected with the profile and the folder as an operator does it.
pub async fn connected(crm: &Crm) -> World {
    let (profiles, data) = (profiles(), World::start().await.end().await);
    connect(&data, crm, profiles.path(), "桜商事").await;
    let known = hozon_shared::settings::profiles_with(profiles.path()).unwrap();
    World::start_on(data, |options| options.profiles = known.into()).await
}

pub async fn connect(data: &TempDir, crm: &Crm, profiles: &Path, organisation: &str) {
    let (address, media) = (crm.server.address("postgres", "secret"), crm.media.path().to_str().unwrap());
    let connect = ["connect", &address, "--org", organisation, "--profile", "files", "--files", media];
    let arguments = [&["--profiles", profiles.to_str().unwrap()], &connect[..]].concat();
    let done = command(data.path(), &arguments, "C").output().await.unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Outcomes of files by their ids.
async fn outcomes(world: &World, restore: &Value) -> BTreeMap<i32, String> {
    let report = get(world, &path(restore, "/report?module=deal")).await;
    let files = report["records"].as_array().unwrap().iter().filter(|record| !record["file"].is_null());
    let outcome = |record: &Value| {
        let id: i32 = record["file"].as_str().unwrap().parse().unwrap();
        assert_eq!(record["id"], (id % 10).to_string(), "{record}");
        (id, record["outcome"].as_str().unwrap().to_owned())
    };
    files.map(outcome).collect()
}

/// Asserts that files are as expected, without printing them.
pub fn assert_same(found: &Files, expected: &Files) {
    let differing: Vec<_> = found.keys().chain(expected.keys()).filter(|id| found.get(id) != expected.get(id)).collect();
    assert!(differing.is_empty(), "these files differ: {differing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_gone_or_garbled_are_restored_and_a_restore_of_files_is_undone() {
    let crm = Crm::start().await;
    let world = connected(&crm).await;
    let backup = world.back_up().await;
    let (then, rows) = (crm.files().await, crm.rows());
    assert!(then.values().all(Option::is_some) && then.len() == 27);
    crm.damage().await;
    let body = json!({ "backup": backup.id.to_string(), "policy": { "change": true, "delete": false } });
    let restore = planned(&world, body.clone()).await;
    let (missing, garbled) = ([1, 3, 4, 11, 14, 17, 21, 23, 24, 25], [2, 6, 12, 18, 22, 28]);
    let size: usize = missing.iter().chain(&garbled).map(|id| bytes(*id).len()).sum();
    let counts = json!({ "create": missing.len(), "change": garbled.len(), "leave": 0, "impossible": 0, "bytes": size });
    assert_eq!(restore["plan"]["files"], counts, "{restore}");

    // Somebody changes a file that is to be changed back.
    crm.server.sql("update attachment set data = 'meanwhile' where id = 6").await;
    let before = (crm.files().await, crm.rows());
    let restore = confirmed(&world, &restore).await;
    assert_eq!(restore["status"], "COMPLETED", "{restore}");
    let counts = json!({ "written": 15, "already_there": 0, "changed_meanwhile": 1, "refused": 0 });
    assert_eq!(restore["file_outcome"], counts, "{}", get(&world, &path(&restore, "/report")).await);
    assert_eq!(restore["progress"]["done"], restore["progress"]["total"]);
    let mut expected = then.clone();
    expected.extend([6, 101, 102].map(|id| (id, before.0[&id].clone())));
    assert_same(&crm.files().await, &expected);
    crm.server.sql("delete from attachment where id > 100").await;
    assert_eq!(crm.rows(), rows);
    let found = outcomes(&world, &restore).await;
    assert_eq!((found.len(), &*found[&6], &*found[&25]), (16, "changed_meanwhile", "written"), "{found:?}");
    let csv = world.administrator().get(&path(&restore, "/report.csv")).await;
    assert!(csv.body.as_str().unwrap().contains("deal,6,change,changed_meanwhile,,,,6"), "{csv:?}");

    // Undone, what was changed has its bytes of before. Bytes that were missing stay where their row is still there.
    let undo = world.administrator().post(&path(&restore, "/actions/undo"), "").await;
    let undo = confirmed(&world, &super::ended(&world, &undo.body["restore"]).await).await;
    assert_eq!((&undo["status"], &undo["file_outcome"]["written"]), (&json!("COMPLETED"), &json!(5)), "{undo}");
    let mut expected = before.0.clone();
    expected.retain(|id, _| *id < 100);
    expected.extend([3, 17, 23].map(|id| (id, then[&id].clone())));
    assert_same(&crm.files().await, &expected);
    assert_eq!(crm.rows().lines().count(), before.1.lines().count() - 2);
    println!("{} files with {size} bytes planned, 15 written, 1 left, 5 undone", missing.len() + garbled.len());
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_files_of_chosen_records_are_restored_and_none_is_changed_against_the_policy() {
    let crm = Crm::start().await;
    let world = connected(&crm).await;
    let backup = world.back_up().await.id.to_string();
    let then = crm.files().await;
    crm.server
        .sql("update attachment set data = null where id in (1, 3); update attachment set data = 'garbled' where id in (2, 5)")
        .await;
    let now = crm.files().await;
    let records = json!([{ "module": "deal", "id": "3" }, { "module": "deal", "id": "5" }]);
    let restore = planned(&world, json!({ "backup": backup, "records": records })).await;
    let counts = json!({ "create": 1, "change": 0, "leave": 1, "impossible": 0, "bytes": bytes(3).len() });
    assert_eq!((&restore["plan"]["files"], &restore["plan"]["create"]), (&counts, &json!(0)), "{restore}");
    let restore = confirmed(&world, &restore).await;
    assert_eq!(restore["file_outcome"]["written"], 1, "{restore}");
    let mut expected = now.clone();
    expected.insert(3, then[&3].clone());
    assert_same(&crm.files().await, &expected);
    let body = json!({ "backup": backup, "modules": ["deal"], "policy": { "change": true } });
    let restore = confirmed(&world, &planned(&world, body.clone()).await).await;
    assert_eq!(restore["file_outcome"]["written"], 3, "{restore}");
    assert_same(&crm.files().await, &then);
    let restore = planned(&world, body).await;
    assert_eq!(restore["plan"]["files"]["bytes"], 0, "{restore}");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_restored_into_another_database_and_the_folder_of_the_crm_stays_as_it_is() {
    let (crm, server, media) = (Crm::start().await, PostgresServer::start("").await, TempDir::new().unwrap());
    let (other, world) = (Crm { server, media }, connected(&crm).await);
    other.server.sql(TABLES).await;
    let backup = world.back_up().await.id.to_string();
    let rows = crm.rows();
    // A restore that used the folder of the connected CRM would bring this file back.
    crm.remove(21);
    let (then, place) = (
        crm.files().await,
        json!({ "host": "127.0.0.1", "port": other.server.port(), "name": "crm", "user": "postgres", "password": "secret" }),
    );
    let target = json!({ "restore_target": { "kind": "postgres", "database": place } });
    let set = world.administrator().put("/backup/restore_target", &target.to_string()).await;
    assert_eq!(set.body["restore_target"]["profile"], Value::Null, "{set:?}");
    let restore = planned(&world, json!({ "backup": backup, "target": "restore_target" })).await;
    assert_eq!((&restore["plan"]["files"]["create"], &restore["plan"]["create"]), (&json!(27), &json!(27)), "{restore}");
    let restore = confirmed(&world, &restore).await;
    let counts = json!({ "written": 18, "already_there": 0, "changed_meanwhile": 0, "refused": 9 });
    assert_eq!(restore["file_outcome"], counts, "{}", get(&world, &path(&restore, "/report")).await);
    let report = get(&world, &path(&restore, "/report?module=deal")).await;
    let refused = report["records"].as_array().unwrap().iter().filter(|record| record["outcome"] == "refused");
    assert!(refused.clone().all(|record| record["reason"] == "unsupported") && refused.count() == 9, "{report}");
    let mut expected = then.clone();
    expected.extend(IN_FOLDER.map(|id| (id, None)));
    assert_same(&other.files().await, &expected);
    assert_eq!((other.rows(), crm.rows()), (rows.clone(), rows));
    assert_same(&crm.files().await, &then);
    world.end().await;
}
