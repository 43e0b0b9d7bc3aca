//! Two backups are compared by the API: counts per module, records with old and new values, and attachments.

use std::collections::BTreeSet;

use hozon_shared::domain::id::BackupId;
use hozon_tests::{Crm, World, csv};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

async fn back_up(world: &World, crm: Crm) -> BackupId {
    world.import(crm.inputs()).await;
    let backup = world.back_up().await;
    backup.id
}

async fn get(world: &World, path: String) -> Value {
    let answer = world.administrator().get(&path).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

fn leads(rows: &[&[&str]]) -> Crm {
    Crm::default().file("Leads.csv", &csv(rows))
}

#[tokio::test]
async fn modules_and_records_that_differ_are_shown_with_old_and_new_values() {
    let world = World::start().await;
    let before = leads(&[&["Id", "Name", "Phone"], &["1", "=1+1", "1"], &["2", "B", ""], &["3", "C", "3"]])
        .file("Deals.csv", &csv(&[&["Id"], &["9"]]))
        .file("Notes.csv", &csv(&[&["Text"], &["a"], &["b"], &["b"]]))
        .file("attachments/Leads/1/a.txt", b"one");
    let before = back_up(&world, before).await;
    let after = leads(&[&["Id", "Name", "Phone"], &["1", "A", "1"], &["2", "B", ""], &["4", "D", ""]])
        .file("Deals.csv", &csv(&[&["Id"], &["9"]]))
        .file("Notes.csv", &csv(&[&["Text"], &["b"], &["c"]]))
        .file("Cases.csv", &csv(&[&["Id", "Name"], &["7", "new"]]));
    let after = back_up(&world, after).await;

    let found = get(&world, format!("/backup/{after}/compare?with={before}")).await;
    assert_eq!((&found["before"]["id"], &found["after"]["id"]), (&json!(before.to_string()), &json!(after.to_string())));
    assert_eq!(found["info"], json!({ "more_records": false, "next_page_token": null }));
    let module = |name: &str| {
        let modules = found["modules"].as_array().unwrap();
        modules.iter().find(|module| module["api_name"] == name).unwrap_or_else(|| panic!("no {name}: {found}")).clone()
    };
    let records = |name: &str| module(name)["records"].clone();
    assert_eq!(records("Leads"), json!({ "before": 3, "after": 3, "added": 1, "changed": 1, "deleted": 1 }));
    assert_eq!(records("Notes"), json!({ "before": 3, "after": 2, "added": 1, "changed": 0, "deleted": 2 }));
    assert_eq!(records("Cases"), json!({ "before": 0, "after": 1, "added": 1, "changed": 0, "deleted": 0 }));
    assert_eq!(
        [module("Deals"), module("Cases"), module("Leads")].map(|found| found["state"].clone()),
        ["same", "new", "changed"]
    );
    assert_eq!(module("Leads")["attachments"]["before"], 1);

    let found = get(&world, format!("/backup/{after}/compare/Leads?with={before}")).await;
    let field = |name: &str, before: Value, after: Value| json!({ "api_name": name, "label": name, "before": before, "after": after, "is_cut": false });
    let expected = json!([
        { "id": "1", "change": "changed", "fields": [field("Name", json!("=1+1"), json!("A"))] },
        { "id": "3", "change": "deleted", "fields": [
            field("Id", json!("3"), json!(null)), field("Name", json!("C"), json!(null)), field("Phone", json!("3"), json!(null)),
        ] },
        { "id": "4", "change": "added", "fields": [
            field("Id", json!(null), json!("4")), field("Name", json!(null), json!("D")), field("Phone", json!(null), json!("")),
        ] },
    ]);
    assert_eq!(found["records"], expected);
    let found = get(&world, format!("/backup/{after}/compare/Notes?with={before}")).await;
    let changes: Vec<_> = found["records"].as_array().unwrap().iter().map(|record| (&record["id"], &record["change"])).collect();
    assert!(changes.iter().all(|(id, _)| id.is_null()) && changes.len() == 3, "{found}");
    let found = get(&world, format!("/backup/{after}/compare/Cases?with={before}")).await;
    assert_eq!((&found["records"][0]["id"], &found["records"][0]["change"]), (&json!("7"), &json!("added")));
    let found = get(&world, format!("/backup/{after}/compare/Deals?with={before}")).await;
    assert_eq!(found["records"], json!([]));
    world.end().await;
}

#[tokio::test]
async fn pages_of_differences_give_each_record_once() {
    let world = World::start().await;
    let crm = |edit: &dyn Fn(u32) -> Option<&'static str>| {
        let rows = (1..=900).filter_map(|id| edit(id).map(|name| format!("{id},{name}\n")));
        Crm::default().file("Leads.csv", ["Id,Name\n".to_owned()].into_iter().chain(rows).collect::<String>().as_bytes())
    };
    let before = back_up(&world, crm(&|id| (id % 7 > 0).then_some("old"))).await;
    let after = back_up(&world, crm(&|id| (id % 5 > 0).then_some(if id % 3 == 0 { "new" } else { "old" }))).await;
    let expected: BTreeSet<String> = (1..=900)
        .filter(|id| {
            let (was, is) = (id % 7 > 0, id % 5 > 0);
            was != is || (was && id % 3 == 0)
        })
        .map(|id: u32| id.to_string())
        .collect();
    let (mut found, mut token, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = get(&world, format!("/backup/{after}/compare/Leads?with={before}&per_page=70{token}")).await;
        let records = page["records"].as_array().unwrap();
        assert!(!records.is_empty() && records.len() <= 70, "{page}");
        found.extend(records.iter().map(|record| record["id"].as_str().unwrap().to_owned()));
        pages += 1;
        let Some(next) = page["info"]["next_page_token"].as_str() else { break };
        token = format!("&page_token={next}");
    }
    assert_eq!(found.len(), expected.len());
    assert!(pages > 4 && found.into_iter().collect::<BTreeSet<_>>() == expected, "{pages} pages");
    world.end().await;
}

#[tokio::test]
async fn other_fields_are_named_and_the_rest_is_compared() {
    let mut world = World::start().await;
    world.org = world.local.organisation("Unlimited", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let before = back_up(&world, leads(&[&["Id", "Name", "Fax"], &["1", "A", "1"], &["2", "B", "2"], &["3", "C", "3"]])).await;
    let after = back_up(&world, leads(&[&["Id", "Score", "Name"], &["1", "9", "A"], &["2", "9", "BB"], &["4", "9", "D"]])).await;
    let found = get(&world, format!("/backup/{after}/compare?with={before}")).await;
    let module = &found["modules"][0];
    assert_eq!((&module["partly_compared"], &module["has_other_key"]), (&json!(true), &json!(false)));
    assert_eq!((&module["added_fields"], &module["removed_fields"]), (&json!(["Score"]), &json!(["Fax"])));
    let found = get(&world, format!("/backup/{after}/compare/Leads?with={before}")).await;
    let changes: Vec<_> = found["records"].as_array().unwrap().iter().map(|record| (&record["id"], &record["change"])).collect();
    let expected = [("2", "changed"), ("3", "deleted"), ("4", "added")].map(|(id, change)| (json!(id), json!(change)));
    assert_eq!(changes, expected.iter().map(|(id, change)| (id, change)).collect::<Vec<_>>(), "{found}");
    let names: Vec<_> = found["records"][0]["fields"].as_array().unwrap().iter().map(|field| &field["api_name"]).collect();
    assert_eq!(names, ["Name"]);
    let other_key = back_up(&world, leads(&[&["Name"], &["A"]])).await;
    let found = get(&world, format!("/backup/{other_key}/compare/Leads?with={after}")).await;
    assert_eq!((&found["info"]["is_comparable"], &found["records"]), (&json!(false), &json!([])));
    world.end().await;
}

#[tokio::test]
async fn attachments_that_differ_are_listed_with_record_name_size_and_hash() {
    let world = World::start().await;
    let rows: [&[&str]; 3] = [&["Id", "Name"], &["1", "A"], &["2", "B"]];
    let file = |crm: Crm, path: &str, bytes: &[u8]| crm.file(&format!("attachments/Leads/{path}"), bytes);
    // Imports number attachments in order, so that the last one is the one that is gone.
    let before = file(file(file(leads(&rows), "1/offer.txt", b"first"), "1/same.txt", b"same"), "2/gone.txt", b"gone");
    let before = back_up(&world, before).await;
    let after = back_up(&world, file(file(leads(&rows), "1/offer.txt", b"second"), "1/same.txt", b"same")).await;

    let path = format!("/backup/{after}/compare/Leads/attachments?with={before}");
    let found = get(&world, path.clone()).await;
    assert_eq!(found["info"], json!({ "more_records": false, "next_page_token": null }));
    let described = |record: &str, file_name: &str, bytes: &[u8]| json!({ "record": record, "file_name": file_name, "size": bytes.len(), "sha256": hex::encode(Sha256::digest(bytes)) });
    let (first, second) = (described("1", "offer.txt", b"first"), described("1", "offer.txt", b"second"));
    let gone = described("2", "gone.txt", b"gone");
    let sides = |found: &Value| -> Vec<_> {
        let listed = found["attachments"].as_array().unwrap();
        listed.iter().map(|file| ["change", "before", "after"].map(|name| file[name].clone())).collect()
    };
    assert_eq!(sides(&found), [[json!("changed"), first.clone(), second.clone()], [json!("deleted"), gone.clone(), json!(null)]]);
    let back = get(&world, format!("/backup/{before}/compare/Leads/attachments?with={after}")).await;
    assert_eq!(sides(&back), [[json!("changed"), second, first], [json!("added"), json!(null), gone]]);
    let counted = get(&world, format!("/backup/{after}/compare?with={before}")).await;
    let counts = json!({ "before": 3, "after": 2, "added": 0, "changed": 1, "deleted": 1 });
    assert_eq!(counted["modules"][0]["attachments"], counts);

    let (mut ids, mut token) = (Vec::new(), String::new());
    loop {
        let page = get(&world, format!("{path}&per_page=1{token}")).await;
        let listed = page["attachments"].as_array().unwrap();
        assert_eq!(listed.len(), 1, "{page}");
        ids.push(listed[0]["id"].clone());
        let Some(next) = page["info"]["next_page_token"].as_str() else { break };
        token = format!("&page_token={next}");
    }
    let all: Vec<_> = found["attachments"].as_array().unwrap().iter().map(|file| file["id"].clone()).collect();
    assert_eq!(ids, all);
    let history = get(&world, "/backup/history?kind=records_listed".to_owned()).await;
    assert_eq!(history["history"].as_array().map(Vec::len), Some(2), "{history}");
    let same = get(&world, format!("/backup/{after}/compare/Leads/attachments?with={after}")).await;
    assert_eq!(same["attachments"], json!([]));
    world.end().await;
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused_with_a_code() {
    let world = World::start().await;
    let backup = back_up(&world, Crm::small()).await;
    let nobody = "01890a5d-ac96-774b-bcce-b302099a8057";
    for (path, status, code) in [
        (format!("/backup/{backup}/compare"), 400, "MANDATORY_NOT_FOUND"),
        (format!("/backup/{backup}/compare?with={nobody}"), 404, "BACKUP_NOT_FOUND"),
        (format!("/backup/{nobody}/compare?with={backup}"), 404, "BACKUP_NOT_FOUND"),
        (format!("/backup/{backup}/compare?with={backup}&page_token=x"), 400, "INVALID_DATA"),
        (format!("/backup/{backup}/compare/Quotes?with={backup}"), 404, "MODULE_NOT_FOUND"),
        (format!("/backup/{backup}/compare/Leads?with={backup}&per_page=0"), 400, "INVALID_DATA"),
        (format!("/backup/{backup}/compare/Leads?with={backup}&page_token=x"), 400, "INVALID_DATA"),
        (format!("/backup/{backup}/compare/Leads/attachments"), 400, "MANDATORY_NOT_FOUND"),
        (format!("/backup/{backup}/compare/Quotes/attachments?with={backup}"), 404, "MODULE_NOT_FOUND"),
        (format!("/backup/{backup}/compare/Leads/attachments?with={backup}&per_page=101"), 400, "INVALID_DATA"),
        (format!("/backup/{backup}/compare/Leads/attachments?with={backup}&page_token=x"), 400, "INVALID_DATA"),
    ] {
        let answer = world.administrator().get(&path).await;
        assert!(answer.status == status && answer.code() == code, "{path}: {answer:?}");
    }
    assert_eq!(world.user().get(&format!("/backup/{backup}/compare?with={backup}")).await.status, 403);
    world.end().await;
}
