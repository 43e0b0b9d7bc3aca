//! A CRM in a PostgreSQL database: connecting it, and backups that PostgreSQL itself reads back.

use std::path::{Path, PathBuf};

use hozon_shared::domain::backup::{Backup, BackupStatus};
use hozon_tests::{Answer, PostgresServer, World, unzip};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::strangers::files;

/// Path of the connection below `/crm/bulk/v8`.
const CONNECTION: &str = "/backup/connection";

/// The body that connects a user to the CRM of a server.
pub fn connection(server: &PostgresServer, user: &str, password: Option<&str>, omitted: Value) -> Value {
    let mut database = json!({ "host": "127.0.0.1", "port": server.port(), "name": "crm", "user": user });
    if let Some(password) = password {
        database["password"] = password.into();
    }
    json!({ "connection": { "kind": "postgres", "database": database, "omitted": omitted } })
}

/// Connects the organisation to the CRM of a server as its owner.
pub async fn connect(world: &World, server: &PostgresServer) {
    let set = set(world, &connection(server, "postgres", Some("secret"), json!([]))).await;
    assert_eq!(set.status, StatusCode::OK, "{set:?}");
}

async fn set(world: &World, body: &Value) -> Answer {
    world.administrator().put(CONNECTION, &body.to_string()).await
}

/// CSV files without a byte order mark and without escaping, so that other programs read the cells as they are.
pub async fn with_plain_csv(world: &World) {
    let csv = json!({ "settings": { "csv": { "byte_order_mark": false, "escape_formulas": false, "protect_values": false } } });
    let saved = world
        .administrator()
        .send_with(Method::PUT, "/crm/bulk/v8/backup/settings", &csv.to_string(), &[("if-match", "*")])
        .await;
    assert_eq!(saved.status, StatusCode::OK, "{saved:?}");
}

/// Compares a table with a CSV file of a backup. PostgreSQL reads the file, and says how many rows differ.
async fn differing_rows(server: &PostgresServer, table: &str, zip: &Path, name: &str) -> i64 {
    use futures_util::SinkExt;
    let client = server.client().await;
    // Generated columns cannot be loaded, so that the copy has plain columns of the same types.
    let made = format!("drop table if exists copied; create table copied as table {table} with no data");
    client.batch_execute(&made).await.unwrap();
    let sink = client.copy_in("copy copied from stdin (format csv, header)").await.unwrap();
    futures_util::pin_mut!(sink);
    sink.send(bytes::Bytes::from(unzip(zip, name))).await.unwrap();
    sink.close().await.unwrap();
    let sql = format!(
        "with a as (select t::text from {table} t), b as (select t::text from copied t)
         select (select count(*) from (table a except all table b) x) + (select count(*) from (table b except all table a) x)"
    );
    client.query_one(&sql, &[]).await.unwrap().get(0)
}

fn zips(world: &World, backup: &Backup) -> Vec<PathBuf> {
    backup.files.iter().map(|file| world.local.archive_path(&file.key)).collect()
}

const CRM: &str = r#"
create table contact (id int generated always as identity primary key, name text, born date, notes text, tags text[], raw bytea, data jsonb,
    score double precision, changed timestamptz, "Größe" numeric, lower_name text generated always as (lower(name)) stored);
comment on table contact is '連絡先';
comment on column contact.name is '氏名';
insert into contact (name, born, notes, tags, raw, data, score, changed, "Größe") values
    ('山田 太郎', '1980-02-29', null, '{a,NULL,"b,c"}', '\x00ff', '{"k": [1, null]}', 'NaN', '2026-11-24 01:02:03+09', 1.50),
    ('O''Brien, "Pat"', null, '', '{}', '', 'null', '-Infinity', 'infinity', null),
    ('=1+1', '0044-03-15 BC', E'two\r\nlines\t\\N and \\.', null, null, null, 0.1, null, 'NaN'),
    (E'\\.', null, '\N', null, null, null, null, null, 0);
insert into contact (name, notes) select 'Contact ' || n, repeat(md5(n::text), 30) from generate_series(1, 3000) n;
create table "Deal ""Q1""" (code text primary key, sum numeric(20, 2));
insert into "Deal ""Q1""" values ('A-1', 123456789012345678.90), ('', 0);
create table without_key (a int, b text);
insert into without_key values (1, 'x'), (1, 'x'), (null, null);
create table measure (at date not null, value int) partition by range (at);
create table measure_2025 partition of measure for values from ('2025-01-01') to ('2026-01-01');
create table measure_2026 partition of measure for values from ('2026-01-01') to ('2027-01-01');
insert into measure select date '2025-06-01' + n, n from generate_series(1, 400) n;
create table one_cell (note text);
insert into one_cell values (null), (''), ('''') , ('x');
"#;

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_reads_a_backup_of_its_database_back_unchanged() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql(CRM).await;
    with_plain_csv(&world).await;
    connect(&world, &server).await;
    let zips = world.back_up_well().await;
    for (table, file) in [
        ("contact", "contact.csv"),
        ("\"Deal \"\"Q1\"\"\"", "Deal _Q1_.csv"),
        ("without_key", "without_key.csv"),
        ("measure", "measure.csv"),
    ] {
        assert_eq!(differing_rows(&server, table, &zips[0], file).await, 0, "{file}");
    }
    // PostgreSQL's CSV cannot tell NULL from an empty line in a table of one column, so that this file has its own form.
    assert_eq!(String::from_utf8(unzip(&zips[0], "one_cell.csv")).unwrap(), "note\r\n'\r\n\"\"\r\n\"'\"\r\nx\r\n");
    let manifest: Value = serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap();
    assert_eq!(manifest["source"]["kind"], "postgres");
    assert!(manifest["csv"]["null"].as_str().unwrap().contains("NULL"), "{manifest}");
    let fields: Value = serde_json::from_slice(&unzip(&zips[0], "fields/contact.json")).unwrap();
    assert_eq!((&fields["label"], &fields["fields"][1]["label"]), (&json!("連絡先"), &json!("氏名")));
    let source = world.administrator().get("/backup/source").await.body;
    assert_eq!((&source["source"]["kind"], &source["source"]["rows"]), (&json!("postgres"), &json!(3004 + 2 + 3 + 400 + 4)));
    world.keep_for_readers("database", &zips);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_backup_shows_the_database_as_it_is_then() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql("create table deal (id int primary key, stage text); insert into deal values (1, 'new'), (2, 'new')").await;
    with_plain_csv(&world).await;
    connect(&world, &server).await;
    let first = world.back_up_well().await;
    server.sql("update deal set stage = 'won' where id = 1; create table note (id int); insert into note values (7); delete from deal where id = 2").await;
    let second = world.back_up_well().await;
    let deals = |zips: &[PathBuf]| String::from_utf8(unzip(&zips[0], "deal.csv")).unwrap();
    assert_eq!((deals(&first).as_str(), deals(&second).as_str()), ("id,stage\r\n1,new\r\n2,new\r\n", "id,stage\r\n1,won\r\n"));
    assert_eq!(unzip(&second[0], "note.csv"), b"id\r\n7\r\n");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_says_what_a_backup_would_contain_and_stores_nothing() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql("create role reader login password 'only'; create table deal (id int); create table secret (id int); grant select on deal to reader").await;
    let administrator = world.administrator();
    let path = format!("{CONNECTION}/actions/check");
    let checked = administrator.post(&path, &connection(&server, "reader", Some("only"), json!([])).to_string()).await;
    assert_eq!(checked.status, StatusCode::OK, "{checked:?}");
    let report = &checked.body["check"]["report"];
    assert_eq!(checked.body["check"]["status"], "reached");
    assert!(report["server"].as_str().unwrap().starts_with("PostgreSQL "), "{report}");
    assert_eq!((report["modules"].as_array().unwrap().len(), &report["modules"][0]["fields"]), (1, &json!(["id"])));
    assert_eq!(report["gaps"], json!([{ "module": "secret", "field": null, "reason": "no_permission", "files": null }]));
    assert_eq!(report["advice"], json!(["holds_old_rows", "not_encrypted"]));
    let wrong = administrator.post(&path, &connection(&server, "reader", Some("wrong"), json!([])).to_string()).await;
    assert_eq!((wrong.status, &wrong.body["check"]["error"]["code"]), (StatusCode::OK, &json!("SOURCE_PASSWORD")));
    assert_eq!(administrator.get(CONNECTION).await.body["connection"], Value::Null);
    assert_eq!(administrator.post(&path, "").await.code(), "NOT_ALLOWED");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_are_kept_apart_and_go_to_no_other_server() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql("alter role postgres password 'pass-of-nobody-else'; create table deal (id int)").await;
    let body = connection(&server, "postgres", Some("pass-of-nobody-else"), json!([]));
    let shown = set(&world, &body).await;
    assert_eq!((shown.status, &shown.body["connection"]["database"]["host"]), (StatusCode::OK, &json!("127.0.0.1")));
    // The same login needs no password again; another host, port or user does.
    let without = connection(&server, "postgres", None, json!([{ "module": "deal" }]));
    assert_eq!(set(&world, &without).await.status, StatusCode::OK);
    for (field, value) in [("host", json!("127.0.0.2")), ("port", json!(1)), ("user", json!("somebody"))] {
        let mut elsewhere = without.clone();
        elsewhere["connection"]["database"][field] = value;
        let refused = set(&world, &elsewhere).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "MANDATORY_NOT_FOUND"), "{field}");
        let path = format!("{CONNECTION}/actions/check");
        assert_eq!(world.administrator().post(&path, &elsewhere.to_string()).await.code(), "MANDATORY_NOT_FOUND", "{field}");
    }
    assert_eq!(world.user().get(CONNECTION).await.status, StatusCode::FORBIDDEN);
    assert_eq!(world.user().put(CONNECTION, &body.to_string()).await.status, StatusCode::FORBIDDEN);
    let read = world.administrator().get(CONNECTION).await.body;
    let history = world.administrator().get("/backup/history").await.body;
    assert_eq!(history["history"][0]["kind"], "source_set");
    assert!(!read.to_string().contains("pass-of") && !history.to_string().contains("pass-of"));
    let data = world.end().await;
    let found: Vec<_> = files(data.path()).into_iter().filter(|file| contains(file, b"pass-of-nobody-else")).collect();
    assert!(found.iter().all(|file| file.ends_with("vault.json")) && found.len() == 1, "{found:?}");
}

fn contains(file: &Path, text: &[u8]) -> bool {
    std::fs::read(file).unwrap().windows(text.len()).any(|window| window == text)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_connection_an_organisation_is_backed_up_from_the_native_store() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql("create table deal (id int)").await;
    connect(&world, &server).await;
    let removed = world.administrator().send(Method::DELETE, &format!("/crm/bulk/v8{CONNECTION}"), "").await;
    assert_eq!(removed.status, StatusCode::OK, "{removed:?}");
    assert_eq!(world.administrator().get("/backup/source").await.body["source"]["kind"], "native");
    server.sql("drop table deal").await;
    world.back_up_well().await;
    assert_eq!(world.administrator().get("/backup/history").await.body["history"][0]["kind"], "backup_ready");
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_administrator_leaves_out_is_in_no_file_and_named_in_the_manifest() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql("create table deal (id int primary key, sum int, secret text); create table log (id int); insert into deal values (1, 2, 'x')").await;
    with_plain_csv(&world).await;
    let omitted = json!([{ "module": "log" }, { "module": "deal", "field": "secret" }]);
    assert_eq!(set(&world, &connection(&server, "postgres", Some("secret"), omitted)).await.status, StatusCode::OK);
    let zips = world.back_up_well().await;
    assert_eq!(unzip(&zips[0], "deal.csv"), b"id,sum\r\n1,2\r\n");
    let manifest: Value = serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap();
    let gaps = json!([{ "module": "deal", "field": "secret", "kind": "omitted" }, { "module": "log", "kind": "omitted" }]);
    assert_eq!(manifest["gaps"], gaps);
    let summary = world.administrator().get("/backup/summary").await.body["summary"].clone();
    assert_eq!((&summary["backup"]["status"], &summary["backup"]["losses"]), (&json!("COMPLETED"), &Value::Null));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_lacks_tables_is_ready_and_says_everywhere_that_it_is_incomplete() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server
        .sql(
            "create role reader login password 'only'; create table deal (id int); insert into deal values (1);
             create table payroll (id int); create table hidden (id int); alter table hidden enable row level security;
             grant select on deal, hidden to reader",
        )
        .await;
    assert_eq!(set(&world, &connection(&server, "reader", Some("only"), json!([]))).await.status, StatusCode::OK);
    let backup = world.back_up().await;
    assert_eq!((backup.status, backup.losses.as_ref().map(|losses| losses.count)), (BackupStatus::Completed, Some(2)));
    let losses = json!({ "count": 2, "examples": [
        { "module": "hidden", "field": null, "reason": "row_security", "files": null },
        { "module": "payroll", "field": null, "reason": "no_permission", "files": null },
    ] });
    let administrator = world.administrator();
    assert_eq!(administrator.get("/backup/summary").await.body["summary"]["backup"]["losses"], losses);
    assert_eq!(administrator.get("/backup/history").await.body["history"][0]["losses"], losses);
    let notified = administrator.get("/backup/notifications").await.body;
    assert_eq!(notified["notifications"][0]["losses"], losses);
    let contents = administrator.get(&format!("/backup/backups/{}/contents", backup.id)).await.body;
    assert_eq!(contents["contents"]["gaps"], losses["examples"], "{contents}");
    let manifest: Value = serde_json::from_slice(&unzip(&zips(&world, &backup)[0], "manifest.json")).unwrap();
    assert_eq!(manifest["gaps"].as_array().unwrap().len(), 2);
    // Zoho's own calls know no incomplete backup.
    let details = administrator.get("/backup").await.body;
    assert_eq!(details["backup"]["status"], "COMPLETED", "{details}");
    let data = world.end().await;
    let mails: Vec<_> = files(&data.path().join("mail"))
        .iter()
        .map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned())
        .collect();
    assert!(mails.iter().any(|mail| mail.contains("payroll")), "{mails:?}");
}
