//! Restoring into a restore target that lacks tables: they are made from the structure of the backup, and tied in the end. PostgreSQL's and
//! MariaDB's own dumps say whether the database is the one that was backed up.

use hozon_tests::{MariadbServer, PostgresServer, World};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::damaged::prepare;
use super::{confirmed, planned, undone};
use crate::databases::connect;
use crate::drills::{one, rows, set_target};

/// What the API is asked for.
fn wanted(backup: &str) -> Value {
    json!({ "backup": backup, "target": "restore_target", "create": true })
}

fn data(server: &PostgresServer) -> Vec<String> {
    rows(&server.dump(&["--data-only"]))
}

/// A connected CRM with a backup, a table that nothing identifies, and tables of a schema of their own; and an empty database.
async fn prepared() -> (PostgresServer, PostgresServer, World, String) {
    let (crm, target, world) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""), World::start());
    prepare(&crm, 1).await;
    crm.sql(
        "create type mood as enum ('good', 'bad'); create table visit (day date, mood mood, note text);
         insert into visit select '2026-01-01'::date + n % 20, case when n % 2 = 0 then 'good'::mood else 'bad' end, 'n' || n % 30 from generate_series(1, 90) n;
         create schema sales; create table sales.offer (id serial primary key, deal int references deal (id)); create table sales.nothing_yet (id int primary key);
         insert into sales.offer (deal) select n from generate_series(1, 50) n; create view rich as select id from deal where amount > 100",
    )
    .await;
    connect(&world, &crm).await;
    set_target(&world, "postgres", (target.port(), "postgres"), false).await;
    let backup = world.back_up().await.id.to_string();
    (crm, target, world, backup)
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_that_a_restore_target_lacks_are_made_once_the_plan_is_confirmed() {
    let (crm, target, world, backup) = prepared().await;
    let plan = planned(&world, wanted(&backup)).await;
    assert_eq!((&plan["status"], &plan["create"], &plan["failure"]), (&json!("PLANNED"), &json!(true), &json!(null)), "{plan}");
    assert_eq!((&plan["plan"]["create"], plan["plan"]["creates"].as_array().unwrap().len()), (&json!(1140), 7), "{plan}");
    assert_eq!(
        one(&target, "select count(*) from pg_tables where schemaname in ('public', 'sales')"),
        "0",
        "nothing is made before"
    );
    let records = world.administrator().get(&super::path(&plan, "/plan/deal")).await;
    assert_eq!((records.status, &records.body["records"][0]["action"]), (StatusCode::OK, &json!("create")), "{records:?}");
    let restore = confirmed(&world, &plan).await;
    assert_eq!((&restore["status"], &restore["failure"]), (&json!("COMPLETED"), &json!(null)), "{restore}");
    let outcome = json!({ "written": 1140, "already_there": 0, "changed_meanwhile": 0, "refused": 0 });
    assert_eq!((&restore["outcome"], &restore["foreign_keys_refused"]), (&outcome, &json!([])), "{restore}");
    assert_eq!(data(&target), data(&crm));
    let keys = "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint where contype in ('f', 'p') order by 1, 2";
    assert_eq!(target.psql(keys), crm.psql(keys));
    // Sequences are behind the rows.
    target.sql("insert into sales.offer (deal) values (1); insert into note (deal_id, body) values (1, 'new')").await;

    // Once more there is nothing to make, and what was added is left.
    let again = planned(&world, wanted(&backup)).await;
    assert_eq!(
        (&again["plan"]["creates"], &again["plan"]["create"], &again["plan"]["leave"]),
        (&json!([]), &json!(0), &json!(2)),
        "{again}"
    );
    println!("7 tables with 1140 records were made and written, equal by pg_dump");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_missing_tables_are_made_and_undoing_leaves_them() {
    let (crm, target, world, backup) = prepared().await;
    let restore = confirmed(&world, &planned(&world, wanted(&backup)).await).await;
    assert_eq!(restore["status"], "COMPLETED", "{restore}");
    target.sql("drop table note; drop table visit; update deal set amount = 0 where id = 5").await;
    let mut body = wanted(&backup);
    body["policy"] = json!({ "change": true });
    body["modules"] = json!(["note", "visit", "deal"]);
    let plan = planned(&world, body).await;
    assert_eq!(
        (&plan["plan"]["creates"], &plan["plan"]["create"], &plan["plan"]["change"]),
        (&json!(["note", "visit"]), &json!(490), &json!(1)),
        "{plan}"
    );
    let second = confirmed(&world, &plan).await;
    assert_eq!((&second["status"], &second["outcome"]["written"]), (&json!("COMPLETED"), &json!(491)), "{second}");
    assert_eq!(data(&target), data(&crm));
    let undo = world.administrator().post(&super::path(&second, "/actions/undo"), "").await;
    let undo = confirmed(&world, &super::ended(&world, &undo.body["restore"]).await).await;
    assert_eq!((&undo["status"], &undo["outcome"]["written"]), (&json!("COMPLETED"), &json!(1)), "{undo}");
    assert_eq!(
        one(&target, "select amount from deal where id = 5") + &one(&target, "select count(*) from note"),
        "0.00400",
        "tables stay"
    );

    for (key, value) in [("target", json!("connection")), ("records", json!([{ "module": "deal", "id": "1" }]))] {
        let mut body = wanted(&backup);
        body[key] = value;
        let refused = world.administrator().post("/restores", &body.to_string()).await;
        assert_eq!((refused.code(), &refused.body["details"]["json_path"]), ("INVALID_DATA", &json!("$.create")), "{refused:?}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_the_server_does_not_make_is_named_and_nothing_is_made() {
    let (_crm, target, world, backup) = prepared().await;
    target.sql("create role poor login password 'secret'; grant usage, create on schema public to poor").await;
    set_target(&world, "postgres", (target.port(), "poor"), false).await;
    let restore = confirmed(&world, &planned(&world, wanted(&backup)).await).await;
    assert_eq!(
        (&restore["status"], &restore["failure"]["code"]),
        (&json!("FAILED"), &json!("RESTORE_TABLE_REFUSED")),
        "{restore}"
    );
    assert!(restore["failure"]["message"].as_str().unwrap().contains("sales"), "{restore}");
    assert_eq!(one(&target, "select count(*) from pg_tables where schemaname in ('public', 'sales')"), "0");
    world.end().await;
}

/// The rows of MariaDB.
fn mariadb(server: &MariadbServer) -> Vec<String> {
    rows(&server.dump(&["--no-create-info", "--skip-extended-insert"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_a_restore_target_with_and_without_tables() {
    let (crm, target, world) = tokio::join!(MariadbServer::start(&[]), MariadbServer::start(&[]), World::start());
    crm.sql(
        "create table firm (id int primary key auto_increment, name varchar(50), boss int, upper_name varchar(50) as (upper(name)) stored, changed datetime(6), logo blob) charset utf8mb4;
         create table person (id int primary key, firm int not null, tags set('a', 'b', 'c'), rate decimal(12, 4), constraint of_firm foreign key (firm) references firm (id));
         alter table firm add constraint of_boss foreign key (boss) references person (id);
         create table `no key` (a int, b varchar(9)); insert into `no key` values (1, 'x'), (1, 'x'), (null, null);
         insert into firm (name, changed, logo) select concat('会社 ', seq), '2026-01-01 10:00:00.5', unhex(md5(seq)) from seq_1_to_300;
         insert into person select seq, 1 + seq % 300, if(seq % 2, 'a,c', null), seq / 7 from seq_1_to_500; update firm set boss = id where id % 3 = 0",
    )
    .await;
    let database = json!({ "host": "127.0.0.1", "port": crm.port(), "name": "crm", "user": "root", "password": "secret" });
    let body = json!({ "connection": { "kind": "mysql", "database": database } });
    assert_eq!(world.administrator().put("/backup/connection", &body.to_string()).await.status, StatusCode::OK);
    set_target(&world, "mysql", (target.port(), "root"), false).await;
    let backup = world.back_up().await.id.to_string();

    let plan = planned(&world, wanted(&backup)).await;
    assert_eq!(
        (&plan["plan"]["creates"], &plan["plan"]["create"]),
        (&json!(["firm", "no key", "person"]), &json!(803)),
        "{plan}"
    );
    let restore = confirmed(&world, &plan).await;
    assert_eq!((&restore["status"], &restore["outcome"]["written"]), (&json!("COMPLETED"), &json!(803)), "{restore}");
    assert_eq!(mariadb(&target), mariadb(&crm));

    // Over damage, with records of its own; and undone.
    target
        .sql(
            "update firm set boss = null where boss between 1 and 30; delete from person where id between 1 and 30; update firm set name = '?', logo = null where id % 20 = 9;
             insert into firm (id, name) values (9001, 'Newer'); insert into person values (9001, 9001, 'b', 1)",
        )
        .await;
    let damaged = mariadb(&target);
    let body = json!({ "backup": backup, "target": "restore_target", "modules": ["firm", "person"], "policy": { "change": true, "delete": true } });
    let restore = confirmed(&world, &planned(&world, body).await).await;
    let plan = &restore["plan"];
    assert_eq!(
        (&plan["create"], &plan["change"], &plan["delete"], &plan["impossible"]),
        (&json!(30), &json!(24), &json!(2), &json!(0)),
        "{restore}"
    );
    assert_eq!((&restore["status"], &restore["outcome"]["written"]), (&json!("COMPLETED"), &json!(56)), "{restore}");
    assert_eq!(mariadb(&target), mariadb(&crm));
    let undo = undone(&world, &restore).await;
    assert_eq!((&undo["status"], &undo["outcome"]["written"]), (&json!("COMPLETED"), &json!(56)), "{undo}");
    assert_eq!(mariadb(&target), damaged);
    println!(
        "MariaDB: 3 tables with 803 records made and written, 56 records restored over damage and undone, equal by mariadb-dump"
    );
    world.end().await;
}
