//! Restoring a backup into Zoho CRM. Records are deleted and garbled through the API of its test server. Afterwards its API shows everything as
//! in the backup: what was in the recycle bin has its id again, and what was deleted for good has a new one, to which all lookups lead.

mod damaged;
mod organisation;

use std::collections::BTreeMap;

use hozon_emulator_zoho::{Fault, SampleSize, State};
use hozon_tests::{World, ZohoWorld, hurry};
use serde_json::{Value, json};

use crate::restoring::{confirmed, ended, get, path, planned};
use damaged::{Damage, Zoho, damage};
use organisation::{Known, assert_same, known, undone};

/// New ids by those in the backup, and outcomes by module and id, as the report says.
type Report = (BTreeMap<String, String>, BTreeMap<(String, String, String), Value>);

async fn report(world: &World, restore: &Value) -> Report {
    let (mut ids, mut outcomes, mut token) = (BTreeMap::new(), BTreeMap::new(), String::new());
    loop {
        let page = get(world, &path(restore, &format!("/report{token}"))).await;
        for row in page["records"].as_array().unwrap() {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            if row["file"].is_null() && row["new_id"].is_string() {
                ids.insert(text("id"), text("new_id"));
            }
            outcomes.insert((text("module"), text("id"), text("file")), row["outcome"].clone());
        }
        match page["info"]["next_page_token"].as_str() {
            Some(next) => token = format!("?page_token={next}"),
            None => return (ids, outcomes),
        }
    }
}

/// Asserts that only files in fields of records that were created again are refused. Returns their number.
fn assert_refused(outcomes: &BTreeMap<(String, String, String), Value>, damage: &Damage) -> usize {
    let refused: Vec<_> = outcomes.iter().filter(|(_, outcome)| **outcome == "refused").map(|(at, _)| at).collect();
    for (module, id, file) in &refused {
        let is_new = damage.purged.contains(&(module.clone(), id.parse().unwrap()));
        assert!(file.starts_with("field-") && is_new, "{module} {id} {file}");
    }
    refused.len()
}

/// A connected Zoho that was damaged after a backup.
struct Restoring {
    place: ZohoWorld,
    zoho: Zoho,
    backup: String,
    /// Everything as it was when the backup was made.
    then: Known,
    damage: Damage,
    /// Everything behind the damage.
    damaged: Known,
}

impl Restoring {
    async fn start() -> Self {
        let place = ZohoWorld::start_with(State::sample(SampleSize::small()), hurry).await;
        let backup = place.world.back_up().await;
        assert!(backup.failure.is_none(), "{:?}", backup.failure);
        let zoho = Zoho::new(&place.zoho);
        let then = known(place.state());
        let damage = damage(&zoho, place.state()).await;
        let damaged = known(place.state());
        Self { place, zoho, backup: backup.id.to_string(), then, damage, damaged }
    }

    async fn plan(&self) -> Value {
        let policy = json!({ "change": true, "delete": false });
        let restore = planned(&self.place.world, json!({ "backup": self.backup, "policy": policy })).await;
        assert_eq!((&restore["status"], &restore["plan"]["is_hindered"]), (&json!("PLANNED"), &json!(false)), "{restore}");
        restore
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_organisation_is_as_in_its_backup_again_and_undone_it_is_as_before() {
    let restoring = Restoring::start().await;
    let Restoring { place, zoho, then, damage, damaged, .. } = &restoring;
    let world = &place.world;
    let restore = restoring.plan().await;
    // Somebody changes a record that is to be changed back.
    let (module, left) = damage.garbled[0].clone();
    zoho.update(&module, json!({ "id": left.to_string(), "Description": "meanwhile" })).await;
    place.state().reset_usage();
    let restore = confirmed(world, &restore).await;
    assert_eq!((&restore["status"], &restore["failure"]), (&json!("COMPLETED"), &Value::Null), "{restore}");
    let (ids, outcomes) = report(world, &restore).await;
    let refused = assert_refused(&outcomes, damage);
    let meanwhile: Vec<_> = outcomes.iter().filter(|(_, outcome)| **outcome == "changed_meanwhile").collect();
    assert_eq!(meanwhile, [(&(module.clone(), left.to_string(), String::new()), &json!("changed_meanwhile"))]);
    assert_eq!(ids.len(), damage.purged.len(), "what was deleted for good has new ids, and nothing else");

    let now = known(place.state());
    assert_same(then, &now, &ids, &[(module.clone(), left)]);
    for newer in &damage.newer {
        assert_eq!(now.records[newer], damaged.records[newer], "newer records are untouched");
    }
    assert_eq!(now.records.len(), then.records.len() + damage.newer.len());
    let usage = place.state().usage();
    let csv = world.administrator().get(&path(&restore, "/report.csv")).await;
    let (old, new) = ids.first_key_value().unwrap();
    let has_both = |line: &str| line.contains(old) && line.contains("create,written,,,") && line.contains(new);
    assert!(csv.body.as_str().unwrap().lines().any(has_both), "{csv:?}");

    let undo = world.administrator().post(&path(&restore, "/actions/undo"), "").await;
    let undo = confirmed(world, &ended(world, &undo.body["restore"]).await).await;
    assert_eq!((&undo["status"], &undo["failure"]), (&json!("COMPLETED"), &Value::Null), "{undo}");
    let (_, outcomes) = report(world, &undo).await;
    let not: Vec<_> = outcomes.iter().filter(|(_, outcome)| **outcome == "refused" || **outcome == "changed_meanwhile").collect();
    assert!(not.is_empty(), "{not:?}");
    undone(damaged, &known(place.state()), &(module, left));
    println!(
        "{} deleted, of them {} for good; {} garbled; {} newer; outcome {} files {}; {} files in fields refused; {} calls, {} credits; undone: {}",
        damage.deleted.len(),
        damage.purged.len(),
        damage.garbled.len(),
        damage.newer.len(),
        restore["outcome"],
        restore["file_outcome"],
        refused,
        usage.total_calls(),
        usage.total_credits(),
        undo["outcome"],
    );
    restoring.place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_are_lost_and_limits_change_nothing_of_the_outcome() {
    let restoring = Restoring::start().await;
    let (world, state) = (&restoring.place.world, restoring.place.state());
    let restore = restoring.plan().await;
    let broken = |kind: &str, after| Fault::BreakConnection { kind: Some(kind.to_owned()), after, times: 1 };
    for after in [0, 2, 4, 7, 11] {
        state.inject(broken("write", after));
    }
    state.inject(broken("recycle_bin", 1));
    for (after, code) in [(3, "TOO_MANY_REQUESTS"), (9, "TOO_MANY_REQUESTS")] {
        let (kind, code) = (Some("write".to_owned()), code.to_owned());
        state.inject(Fault::Refuse { kind, module: None, status: 429, code, after, times: 1 });
    }
    let restore = confirmed(world, &restore).await;
    assert_eq!((&restore["status"], &restore["failure"]), (&json!("COMPLETED"), &Value::Null), "{restore}");
    let (ids, outcomes) = report(world, &restore).await;
    assert_refused(&outcomes, &restoring.damage);
    let left: Vec<_> = outcomes.iter().filter(|(_, outcome)| **outcome == "changed_meanwhile").collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(ids.len(), restoring.damage.purged.len());
    let now = known(state);
    assert_same(&restoring.then, &now, &ids, &[]);
    assert_eq!(now.records.len(), restoring.then.records.len() + restoring.damage.newer.len(), "nothing is there twice");
    println!("five lost answers of writes, one of the recycle bin, two limits: {}", restore["outcome"]);
    restoring.place.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_for_reading_cannot_write() {
    let place = ZohoWorld::reading(State::sample(SampleSize::small())).await;
    let backup = place.world.back_up().await.id.to_string();
    let lead = place.state().ids("Leads")[0];
    place.state().update("Leads", lead, json!({ "Company": "garbled" }));
    let body = json!({ "backup": backup, "modules": ["Leads"], "policy": { "change": true, "delete": false } });
    let restore = planned(&place.world, body).await;
    assert_eq!(restore["plan"]["is_hindered"], true, "{restore}");
    let refused = place.world.administrator().post(&path(&restore, "/actions/confirm"), r#"{"deletes":0}"#).await;
    assert!(refused.status.is_client_error(), "{refused:?}");
    place.end().await;
}
