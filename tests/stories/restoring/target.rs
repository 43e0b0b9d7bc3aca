//! Restoring into another database than the connected CRM: a test system that has the tables and no rows, or rows of its own.

use hozon_tests::{Answer, PostgresServer, World};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::damaged::{Rows, damage, prepare, prepare_empty, rows};
use super::{confirmed, get, path, planned, undone};
use crate::databases::connection;
use crate::strangers::files;

const TARGET: &str = "/backup/restore_target";

/// The body that sets a database as the restore target.
fn target(server: &PostgresServer, password: Option<&str>) -> Value {
    let mut body = connection(server, "postgres", password, json!([]));
    let mut target = body["connection"].take();
    target.as_object_mut().unwrap().remove("omitted");
    json!({ "restore_target": target })
}

async fn set(world: &World, body: &Value) -> Answer {
    world.administrator().put(TARGET, &body.to_string()).await
}

async fn remove(world: &World, path: &str) {
    let removed = world.administrator().send(Method::DELETE, &format!("/crm/bulk/v8{path}"), "").await;
    assert_eq!(removed.status, StatusCode::OK, "{removed:?}");
}

/// A CRM that is connected with a user that may only read, was backed up, and was damaged afterwards; and a test system with its tables.
struct TwoDatabases {
    crm: PostgresServer,
    test: PostgresServer,
    world: World,
    backup: String,
    /// The rows of the CRM when it was backed up.
    then: Rows,
}

impl TwoDatabases {
    async fn start() -> Self {
        let (crm, test, world) = tokio::join!(PostgresServer::start(""), PostgresServer::start(""), World::start());
        prepare(&crm, 1).await;
        prepare_empty(&test).await;
        crm.sql("create role reader login password 'only'; grant select on all tables in schema public to reader").await;
        let body = connection(&crm, "reader", Some("only"), json!([]));
        let connected = world.administrator().put("/backup/connection", &body.to_string()).await;
        assert_eq!(connected.status, StatusCode::OK, "{connected:?}");
        let backup = world.back_up().await.id.to_string();
        let then = rows(&crm);
        damage(&crm).await;
        Self { crm, test, world, backup, then }
    }

    fn wanted(&self, policy: Value) -> Value {
        json!({ "backup": self.backup, "policy": policy, "target": "restore_target" })
    }

    /// Restores into the test system, and expects all to be written.
    async fn restored(&self, policy: Value) -> Value {
        let restore = planned(&self.world, self.wanted(policy)).await;
        assert_eq!((&restore["status"], &restore["target"]), (&json!("PLANNED"), &json!("restore_target")), "{restore}");
        let restore = confirmed(&self.world, &restore).await;
        assert_eq!(restore["status"], "COMPLETED", "{restore}");
        let plan = &restore["plan"];
        let writes: u64 = ["create", "change", "delete"].map(|action| plan[action].as_u64().unwrap()).into_iter().sum();
        let expected = json!({ "written": writes, "already_there": 0, "changed_meanwhile": 0, "refused": 0 });
        assert_eq!(restore["outcome"], expected);
        restore
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_restored_into_a_test_system_and_the_crm_stays_as_it_is() {
    let two = TwoDatabases::start().await;
    let TwoDatabases { crm, test, world, then, .. } = &two;
    let (crm_before, empty) = (rows(crm), rows(test));
    let count = then.values().map(|rows| rows.len()).sum::<usize>();
    let missing = world.administrator().post("/restores", &two.wanted(json!({})).to_string()).await;
    assert_eq!(missing.code(), "NOT_ALLOWED", "{missing:?}");
    assert_eq!(set(world, &target(test, Some("secret"))).await.status, StatusCode::OK);

    let restore = two.restored(json!({})).await;
    assert_eq!(restore["plan"]["create"], count, "the plan is made from the test system, and not from the CRM");
    assert_eq!(rows(test), *then);
    let undo = undone(world, &restore).await;
    assert_eq!((&undo["status"], &undo["target"]), (&json!("COMPLETED"), &json!("restore_target")), "{undo}");
    assert_eq!(rows(test), empty);

    // A test system with records of its own becomes as the backup, too.
    two.restored(json!({})).await;
    damage(test).await;
    let again = two.restored(json!({ "change": true, "delete": true })).await;
    assert!(again["plan"]["delete"].as_u64().unwrap() > 0 && again["plan"]["change"].as_u64().unwrap() > 0, "{again}");
    assert_eq!((rows(test), rows(crm)), (then.clone(), crm_before));
    let history = get(world, "/backup/history").await;
    let targets: Vec<_> = history["history"].as_array().unwrap().iter().filter(|event| event["restore"].is_string()).collect();
    assert_eq!(targets.len(), 12);
    assert!(targets.iter().all(|event| event["target"] == "restore_target"), "{history}");
    println!("{count} records were restored into another database, undone, and restored over damage");
    two.world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_belongs_to_the_target_for_which_it_was_planned() {
    let two = TwoDatabases::start().await;
    let TwoDatabases { crm, test, world, then, .. } = &two;
    let crm_before = rows(crm);
    assert_eq!(set(world, &target(test, Some("secret"))).await.status, StatusCode::OK);
    let confirm = |restore: Value| async move {
        let body = json!({ "deletes": restore["plan"]["delete"] }).to_string();
        world.administrator().post(&path(&restore, "/actions/confirm"), &body).await
    };
    let changed = planned(world, two.wanted(json!({}))).await;
    assert_eq!(set(world, &target(test, None)).await.status, StatusCode::OK);
    assert_eq!(confirm(changed).await.code(), "NOT_ALLOWED", "the target was set again");
    let removed = planned(world, two.wanted(json!({}))).await;
    remove(world, TARGET).await;
    assert_eq!(confirm(removed).await.code(), "NOT_ALLOWED", "the target was removed");

    // The connection and the target have their own credentials: removing one leaves the other.
    world.back_up_well().await;
    assert_eq!(set(world, &target(test, Some("secret"))).await.status, StatusCode::OK);
    remove(world, "/backup/connection").await;
    two.restored(json!({})).await;
    assert_eq!((rows(test), rows(crm)), (then.clone(), crm_before));
    let own = world.administrator().post("/restores", &json!({ "backup": two.backup }).to_string()).await;
    assert_eq!(own.code(), "NOT_ALLOWED", "no CRM is connected");
    two.world.end().await;
}

/// The code of a refusal, and where in the body its cause is.
fn refusal(answer: &Answer) -> (&str, &str) {
    (answer.code(), answer.body["details"]["json_path"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_target_is_set_by_administrators_and_is_never_the_crm_itself() {
    let two = TwoDatabases::start().await;
    let TwoDatabases { crm, test, world, .. } = &two;
    test.sql("alter role postgres password 'pass-of-the-test-system'").await;
    let (good, administrator) = (target(test, Some("pass-of-the-test-system")), world.administrator());
    let with = |path: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    for (body, expected) in [
        (target(crm, Some("secret")), ("INVALID_DATA", "$.restore_target.database.name")),
        (with("/restore_target/kind", json!("zoho")), ("INVALID_DATA", "$.restore_target.kind")),
        (with("/restore_target/database/host", json!("")), ("MANDATORY_NOT_FOUND", "$.restore_target.database.host")),
        (target(test, None), ("MANDATORY_NOT_FOUND", "$.restore_target.database.password")),
    ] {
        assert_eq!(refusal(&set(world, &body).await), expected, "{body}");
    }
    let mut by_program = good.clone();
    by_program["restore_target"]["database"]["captured_by"] = "program".into();
    assert_eq!(refusal(&set(world, &by_program).await), ("INVALID_DATA", "$.restore_target.database.captured_by"));
    assert_eq!(administrator.get(TARGET).await.body["restore_target"], Value::Null);
    let check = format!("{TARGET}/actions/check");
    assert_eq!(administrator.post(&check, "").await.code(), "NOT_ALLOWED");

    let shown = set(world, &good).await;
    assert_eq!((shown.status, &shown.body["restore_target"]["drills"]), (StatusCode::OK, &json!(false)), "{shown:?}");
    for body in [String::new(), target(test, None).to_string()] {
        let checked = administrator.post(&check, &body).await;
        let (status, modules) = (&checked.body["check"]["status"], &checked.body["check"]["report"]["modules"]);
        assert_eq!((status, modules.as_array().map(Vec::len)), (&json!("reached"), Some(4)), "{checked:?}");
    }
    // The password goes to no other server and user.
    for (field, value) in [("host", json!("127.0.0.2")), ("port", json!(1)), ("user", json!("somebody"))] {
        let mut elsewhere = target(test, None);
        elsewhere["restore_target"]["database"][field] = value;
        assert_eq!(set(world, &elsewhere).await.code(), "MANDATORY_NOT_FOUND", "{field}");
        assert_eq!(administrator.post(&check, &elsewhere.to_string()).await.code(), "MANDATORY_NOT_FOUND", "{field}");
    }
    for refused in
        [world.user().get(TARGET).await, world.user().put(TARGET, &good.to_string()).await, world.user().post(&check, "").await]
    {
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{refused:?}");
    }
    let unknown = administrator.post("/restores", &json!({ "backup": two.backup, "target": "elsewhere" }).to_string()).await;
    assert_eq!(refusal(&unknown), ("INVALID_DATA", "$.target"));
    remove(world, TARGET).await;
    remove(world, TARGET).await;
    let history = get(world, "/backup/history").await;
    let kinds: Vec<_> = history["history"].as_array().unwrap().iter().take(2).map(|event| event["kind"].clone()).collect();
    assert_eq!(kinds, ["restore_target_removed", "restore_target_set"]);
    assert!(!history.to_string().contains("pass-of") && !shown.body.to_string().contains("pass-of"));
    let data = two.world.end().await;
    let has_password = |file: &std::path::Path| {
        let text = b"pass-of-the-test-system";
        std::fs::read(file).unwrap().windows(text.len()).any(|window| window == text)
    };
    let found: Vec<_> = files(data.path()).into_iter().filter(|file| has_password(file)).collect();
    assert!(found.is_empty(), "the password is deleted with the target: {found:?}");
}
