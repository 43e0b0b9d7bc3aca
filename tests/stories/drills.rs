//! Drills: a backup is restored into a database that is there for nothing else, read again, and compared. PostgreSQL's and MariaDB's own dumps
//! say whether the database is the one that was backed up.

mod cancelled;
mod faults;
mod files;
mod kills;
mod record_tables;

use hozon_shared::domain::backup::Backup;
use hozon_shared::ports::{ObjectRef, read_all};
use hozon_shared::snapshots::of_backup::{module_of, snapshot_of};
use hozon_shared::snapshots::stores::stored_object;
use hozon_tests::{Answer, MariadbServer, PostgresServer, World};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::databases::connect;
use crate::restoring::damaged::prepare;

/// Sets a database as the restore target.
pub async fn set_target(world: &World, kind: &str, (port, user): (u16, &str), drills: bool) {
    let database = json!({ "host": "127.0.0.1", "port": port, "name": "crm", "user": user, "password": "secret" });
    let body = json!({ "restore_target": { "kind": kind, "database": database, "drills": drills } });
    let set = world.administrator().put("/backup/restore_target", &body.to_string()).await;
    assert_eq!((set.status, &set.body["restore_target"]["drills"]), (StatusCode::OK, &json!(drills)), "{set:?}");
}

/// Sets a server of PostgreSQL as the restore target, for drills.
async fn for_drills(world: &World, server: &PostgresServer) {
    set_target(world, "postgres", (server.port(), "postgres"), true).await;
}

async fn get(world: &World, path: &str) -> Value {
    let answer = world.administrator().get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    answer.body
}

/// Requests a drill.
async fn request(world: &World, backup: &Backup) -> Answer {
    world.administrator().post("/drills", &json!({ "backup": backup.id.to_string() }).to_string()).await
}

/// Drills a backup, and reads the result.
async fn drilled(world: &World, backup: &Backup) -> Value {
    let answer = request(world, backup).await;
    assert_eq!((answer.status, &answer.body["drill"]["status"]), (StatusCode::CREATED, &json!("RUNNING")), "{answer:?}");
    world.local.wait_until_idle().await;
    read(world, &answer.body["drill"]["id"]).await
}

async fn read(world: &World, id: &Value) -> Value {
    get(world, &format!("/drills/{}", id.as_str().unwrap())).await["drill"].clone()
}

/// What stands beside a backup.
async fn beside(world: &World, backup: &Backup) -> Value {
    let backups = get(world, "/backup/backups").await;
    let found = backups["backups"].as_array().unwrap().iter().find(|known| known["id"] == backup.id.to_string());
    found.unwrap()["drill"].clone()
}

/// What a drill says of a module.
fn module<'a>(drill: &'a Value, name: &str) -> &'a Value {
    drill["modules"].as_array().unwrap().iter().find(|module| module["api_name"] == name).unwrap()
}

/// Damages the stored rows of a module of a backup.
async fn damage_rows(world: &World, backup: &Backup, api_name: &str) {
    let objects = &*world.local.ports.objects;
    let snapshot = snapshot_of(objects, world.org, backup.id).await.unwrap().unwrap();
    let module = snapshot.modules.iter().find(|module| module.api_name == api_name).unwrap();
    let stored = module_of(objects, world.org, module).await.unwrap();
    let at: ObjectRef = stored_object(world.org, &stored.blocks[0].object);
    let mut bytes = read_all(objects, &at).await.unwrap().to_vec();
    let middle = usize::try_from(stored.blocks[0].bytes / 2).unwrap();
    bytes[middle..middle + 40].iter_mut().for_each(|byte| *byte ^= 0x5a);
    objects.put(&at, bytes.into(), "application/octet-stream").await.unwrap();
}

/// A connected CRM with a backup, and an empty database for drills.
struct Drilled {
    crm: PostgresServer,
    target: PostgresServer,
    world: World,
    backup: Backup,
}

impl Drilled {
    async fn start() -> Self {
        let (crm, target, world) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""), World::start());
        prepare(&crm, 1).await;
        crm.sql("create view rich as select id, amount from deal where amount > 100").await;
        connect(&world, &crm).await;
        for_drills(&world, &target).await;
        let backup = world.back_up().await;
        Self { crm, target, world, backup }
    }
}

/// Lines of a dump without those of the mark, and in order: the order of rows in a file says nothing.
pub fn rows(dump: &str) -> Vec<String> {
    let is_row = |line: &&str| !line.starts_with("\\") && !line.starts_with("SET ") && !line.contains("hozon_drill");
    let mut lines: Vec<String> = dump.lines().filter(is_row).map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// The only value of a query.
pub fn one(server: &PostgresServer, sql: &str) -> String {
    server.psql(sql).trim().to_owned()
}

fn data(server: &PostgresServer) -> Vec<String> {
    rows(&server.dump(&["--data-only", "--exclude-table-data=hozon_drill", "--exclude-table=hozon_drill"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_an_empty_database_and_compared_and_the_result_stands_beside_it() {
    let Drilled { crm, target, world, backup } = Drilled::start().await;
    assert_eq!(beside(&world, &backup).await, json!(null));
    let drill = drilled(&world, &backup).await;
    assert_eq!((&drill["status"], &drill["failure"]), (&json!("SAME"), &json!(null)), "{drill}");
    let totals = &drill["totals"];
    assert_eq!((&totals["modules"], &totals["records"], &totals["records_differing"]), (&json!(4), &json!(1000), &json!(0)));
    assert_eq!((&drill["left_out"], &drill["is_automatic"]), (&json!([]), &json!(false)), "{drill}");
    assert!(drill["modules"].as_array().unwrap().iter().all(|module| module["is_same"] == true), "{drill}");
    assert_eq!(data(&target), data(&crm));
    let keys = "select conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'f' order by 1";
    assert_eq!(target.psql(keys), crm.psql(keys));

    let known = beside(&world, &backup).await;
    assert_eq!((&known["id"], &known["status"], &known["totals"]), (&drill["id"], &json!("SAME"), totals));
    let history = get(&world, "/backup/history?kind=drill_started,drill_same").await;
    let kinds: Vec<_> = history["history"].as_array().unwrap().iter().map(|event| &event["kind"]).collect();
    assert_eq!(kinds, ["drill_same", "drill_started"]);
    assert_eq!((&history["history"][0]["drill"], &history["history"][0]["records"]), (&drill["id"], &json!(1000)));
    let notices = get(&world, "/backup/notifications").await;
    assert_eq!(notices["notifications"][0]["kind"], "drill_same", "{notices}");

    // Again: what the first drill has made is deleted.
    crm.sql("delete from note where id <= 100; create table later (id int primary key); insert into later values (1)").await;
    let second = world.back_up().await;
    let again = drilled(&world, &second).await;
    assert_eq!((&again["status"], &again["totals"]["records"]), (&json!("SAME"), &json!(901)), "{again}");
    assert_eq!(data(&target), data(&crm));
    let first = drilled(&world, &backup).await;
    assert_eq!((&first["status"], &first["totals"]["records"]), (&json!("SAME"), &json!(1000)), "{first}");
    assert_eq!(one(&target, "select count(*) from pg_tables where tablename = 'later'"), "0");
    println!("3 drills with {} records each: all the same", totals["records"]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_follows_a_backup_if_the_settings_say_so() {
    let Drilled { crm: _crm, target: _target, world, backup } = Drilled::start().await;
    let policy = async |policy: &str| {
        let read = world.administrator().get("/backup/settings").await;
        let tag = read.etag.unwrap();
        let body = json!({ "settings": { "drills": policy } }).to_string();
        let headers = [("If-Match", tag.as_str())];
        world.administrator().send_with(reqwest::Method::PUT, "/crm/bulk/v8/backup/settings", &body, &headers).await
    };
    let swept = async |backup: &Backup| {
        world.local.deliver(json!({ "sweep": {} })).await.unwrap();
        world.local.wait_until_idle().await;
        beside(&world, backup).await
    };
    assert_eq!(swept(&backup).await, json!(null), "nobody has asked for drills");
    assert_eq!(policy("daily").await.code(), "INVALID_DATA");
    let saved = policy("each_backup").await;
    assert_eq!((saved.status, &saved.body["settings"]["drills"]), (StatusCode::OK, &json!("each_backup")), "{saved:?}");
    let backup = world.back_up().await;
    let drill = swept(&backup).await;
    assert_eq!(drill["status"], "SAME", "{drill}");
    assert_eq!(read(&world, &drill["id"]).await["is_automatic"], true);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_mariadb_is_drilled() {
    let (crm, target, world) = tokio::join!(MariadbServer::start(&[]), MariadbServer::start(&[]), World::start());
    crm.sql(
        "create table firm (id int primary key auto_increment, name varchar(50), boss int, upper_name varchar(50) as (upper(name)) stored);
         create table person (id int primary key, firm int not null, constraint of_firm foreign key (firm) references firm (id));
         alter table firm add constraint of_boss foreign key (boss) references person (id);
         create table `no key` (a int, b varchar(9)); insert into `no key` values (1, 'x'), (1, 'x'), (null, null);
         insert into firm (name) select concat('Firm ', seq) from seq_1_to_300;
         insert into person select seq, 1 + seq % 300 from seq_1_to_500; update firm set boss = id where id % 3 = 0",
    )
    .await;
    let database = json!({ "host": "127.0.0.1", "port": crm.port(), "name": "crm", "user": "root", "password": "secret" });
    let body = json!({ "connection": { "kind": "mysql", "database": database } });
    assert_eq!(world.administrator().put("/backup/connection", &body.to_string()).await.status, StatusCode::OK);
    set_target(&world, "mysql", (target.port(), "root"), true).await;
    let backup = world.back_up().await;
    for _ in 0..2 {
        let drill = drilled(&world, &backup).await;
        assert_eq!((&drill["status"], &drill["totals"]["records"]), (&json!("SAME"), &json!(803)), "{drill}");
        let dump = |server: &MariadbServer| {
            rows(&server.dump(&["--no-create-info", "--skip-extended-insert", "--ignore-table=crm.hozon_drill"]))
        };
        assert_eq!(dump(&target), dump(&crm));
    }
    println!("MariaDB: 2 drills with 803 records each");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn drills_are_for_administrators_and_for_a_restore_target_that_may_be_emptied() {
    let Drilled { target, world, backup, .. } = Drilled::start().await;
    let body = json!({ "backup": backup.id.to_string() }).to_string();
    assert_eq!(world.user().post("/drills", &body).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.user().get("/drills/1").await.status, StatusCode::FORBIDDEN);
    for (body, code) in [
        (json!({ "backup": "1" }), "BACKUP_NOT_FOUND"),
        (json!({}), "REQUEST_BODY_NOT_READABLE"),
        (json!({ "backup": backup.id.to_string(), "policy": {} }), "REQUEST_BODY_NOT_READABLE"),
    ] {
        assert_eq!(world.administrator().post("/drills", &body.to_string()).await.code(), code, "{body}");
    }
    assert_eq!(world.administrator().get("/drills/1").await.code(), "RESOURCE_NOT_FOUND");
    set_target(&world, "postgres", (target.port(), "postgres"), false).await;
    assert_eq!(request(&world, &backup).await.code(), "NOT_ALLOWED", "the target may not be emptied");
    let removed = world.administrator().send(reqwest::Method::DELETE, "/crm/bulk/v8/backup/restore_target", "").await;
    assert_eq!(removed.status, StatusCode::OK, "{removed:?}");
    assert_eq!(request(&world, &backup).await.code(), "NOT_ALLOWED", "there is no target");
    for_drills(&world, &target).await;
    let restore = json!({ "backup": backup.id.to_string(), "target": "restore_target" }).to_string();
    let refused = world.administrator().post("/restores", &restore).await;
    assert_eq!(refused.code(), "NOT_ALLOWED", "a drill would delete what a restore has written: {refused:?}");
    world.end().await;
}
