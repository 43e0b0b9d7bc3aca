//! Profiles of known CRMs: choosing one, and comparing one with a database.

use hozon_tests::{PostgresServer, World, unzip};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::databases::{connection, with_plain_csv};
use crate::terminal::command;

/// Tables by which Creme is recognised, and some of its others.
const CREME: &str = "
create table creme_core_cremeentity (id int primary key, description text);
create table creme_core_relation (id int primary key);
create table persons_contact (cremeentity_ptr_id int primary key, last_name text);
create table persons_organisation (cremeentity_ptr_id int primary key, name text);
create table emails_entityemail (cremeentity_ptr_id int primary key, body text);
create table documents_document (cremeentity_ptr_id int primary key, title text, filedata text);
create table django_session (session_key text primary key);
create table own_table (id int primary key);
insert into creme_core_cremeentity values (1, 'x');
insert into persons_contact values (1, '山田');
insert into emails_entityemail values (2, 'secret');
insert into django_session values ('secret')";

fn with_profile(server: &PostgresServer, profile: &str) -> String {
    let mut body = connection(server, "postgres", Some("secret"), json!([]));
    body["connection"]["profile"] = profile.into();
    body.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_crm_is_recognised_and_its_profile_names_orders_and_leaves_out() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server.sql(CREME).await;
    with_plain_csv(&world).await;
    let administrator = world.administrator();
    let check = "/backup/connection/actions/check";
    let unknown = administrator.post(check, &connection(&server, "postgres", Some("secret"), json!([])).to_string()).await;
    let report = &unknown.body["check"]["report"];
    assert_eq!(report["recognised"], json!({ "name": "creme", "title": "Creme CRM" }));
    assert_eq!(report["modules"][0]["label"], "creme_core_cremeentity");
    let named = administrator.post(check, &with_profile(&server, "creme")).await;
    let shown: Vec<_> = named.body["check"]["report"]["modules"].as_array().unwrap().iter().collect();
    let shown: Vec<_> = shown.iter().map(|module| (module["label"].as_str().unwrap(), &module["left_out"])).collect();
    assert_eq!(
        shown,
        [
            ("Contacts", &Value::Null),
            ("Organisations", &Value::Null),
            ("Documents", &json!("document")),
            ("Emails", &json!("mail")),
            ("Entities", &Value::Null),
            ("Relationships", &Value::Null),
            ("own_table", &Value::Null),
        ]
    );
    let refused = administrator.put("/backup/connection", &with_profile(&server, "nothing")).await;
    assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"));
    assert_eq!(refused.body["details"]["json_path"], "$.connection.profile", "{refused:?}");
    let set = administrator.put("/backup/connection", &with_profile(&server, "creme")).await;
    assert_eq!((set.status, &set.body["connection"]["profile"]), (StatusCode::OK, &json!("creme")));
    let zips = world.back_up_well().await;
    assert_eq!(String::from_utf8(unzip(&zips[0], "persons_contact.csv")).unwrap(), "cremeentity_ptr_id,last_name\r\n1,山田\r\n");
    let manifest: Value = serde_json::from_slice(&unzip(&zips[0], "manifest.json")).unwrap();
    let files: Vec<_> = manifest["files"].as_array().unwrap().iter().filter_map(|file| file["module"].as_str()).collect();
    assert!(!files.contains(&"emails_entityemail") && !files.contains(&"django_session"), "{files:?}");
    assert_eq!(manifest["gaps"], json!([{ "module": "django_session", "kind": "omitted" }]));
    let left_out: Vec<_> = manifest["left_out"].as_array().unwrap().iter().map(|part| part["module"].as_str().unwrap()).collect();
    assert_eq!(left_out, ["documents_document", "emails_entityemail"]);
    world.end().await;
}

async fn run(arguments: &[&str]) -> (Option<i32>, String) {
    ran(command(TempDir::new().unwrap().path(), arguments, "C")).await
}

async fn ran(mut command: Command) -> (Option<i32>, String) {
    let output = command.output().await.unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_compared_with_a_database_on_the_command_line() {
    let server = PostgresServer::start("").await;
    let address = format!("postgres://postgres:secret@127.0.0.1:{}/crm", server.port());
    let (code, said) = run(&["profile", "check", &address]).await;
    assert!(code == Some(1) && said.contains("no profile recognises the database"), "{said}");
    server.sql(CREME).await;
    let (code, said) = run(&["profile", "check", &address]).await;
    assert!(said.contains("Creme CRM 2.8 · PostgreSQL") && said.contains("own_table"), "{said}");
    // Creme itself has more tables than this database.
    assert!(code == Some(1) && said.contains("missing (") && said.contains("  persons_address\n"), "{said}");
    let own = TempDir::new().unwrap();
    let text = "name = 'own'\ntitle = 'Own CRM'\nversions = '1'\nrecognised_by = ['own_table']\nmodule = [{ table = 'own_table', label = { en = 'Things' }, labels = { id = { en = 'No.' } } }]\n";
    std::fs::write(own.path().join("own.toml"), text).unwrap();
    let folder = own.path().to_str().unwrap();
    let fits = run(&["--profiles", folder, "profile", "check", &address, "--profile", "own"]).await;
    assert!(fits.0 == Some(0) && fits.1.contains("Own CRM 1") && fits.1.contains("1 tables fit"), "{fits:?}");
    server.sql("alter table own_table rename column id to number").await;
    let lacking = run(&["--profiles", folder, "profile", "check", &address, "--profile", "own"]).await;
    assert!(lacking.0 == Some(1) && lacking.1.contains("missing (1):\n  own_table.id\n"), "{lacking:?}");
    std::fs::write(own.path().join("own.toml"), text.replace("Things", " ")).unwrap();
    let refused = run(&["--profiles", folder, "profile", "list"]).await;
    assert!(refused.0 == Some(1) && refused.1.contains("own.toml: label of own_table"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_lists_profiles_and_connects_with_one() {
    let server = PostgresServer::start("").await;
    server.sql(CREME).await;
    let (code, said) = run(&["profile", "list"]).await;
    assert!(code == Some(0) && said.contains("creme      Creme CRM 2.8  (checked with Creme 2.8.6"), "{said}");
    assert!(said.contains("odoo       Odoo") && said.contains("(from the published schema; not run here)"), "{said}");
    let data = TempDir::new().unwrap();
    let address = format!("postgres://postgres:secret@127.0.0.1:{}/crm", server.port());
    let connect = ["connect", "--org", "Creme", &address];
    let (code, said) = ran(command(data.path(), &connect, "C")).await;
    assert!(code == Some(0) && said.contains("This looks like Creme CRM. Connect it with --profile creme"), "{said}");
    let (code, said) = ran(command(data.path(), &[&connect[..], &["--profile", "nothing"]].concat(), "C")).await;
    assert!(code == Some(1) && said.contains("There is no profile \"nothing\". Give one of bottlecrm, creme"), "{said}");
    let (code, said) = ran(command(data.path(), &[&connect[..], &["--profile", "creme"]].concat(), "C")).await;
    assert!(code == Some(0) && said.contains("persons_contact  Contacts  (about"), "{said}");
    let (code, said) = ran(command(data.path(), &["check", "--org", "Creme"], "ja_JP.UTF-8")).await;
    assert!(code == Some(0) && said.contains("emails_entityemail  Emails  ［対象外: メール］（約"), "{said}");
    assert!(said.contains("django_session  接続の設定またはプロファイルにより対象外です"), "{said}");
}

/// The schema in `docs` is that of the format. `HOZON_WRITE_SCHEMA=1` writes it anew.
#[test]
fn the_documented_schema_of_profiles_is_that_of_the_format() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/profile.schema.json");
    let schema = hozon_shared::domain::profile::json_schema().unwrap();
    if std::env::var_os("HOZON_WRITE_SCHEMA").is_some() {
        std::fs::write(path, &schema).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), schema);
}
