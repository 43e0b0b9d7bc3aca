//! Looking inside backups: modules, records, searches, attachments, and one record through all backups.

use std::sync::Arc;

use chrono::{SubsecRound, TimeDelta, Utc};
use hozon_shared::domain::backup::Backup;
use hozon_shared::ports::{Change, Clock, ObjectRef};
use hozon_tests::{Caller, Crm, ManualClock, PostgresServer, World, csv};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::databases::connect;

/// Time moves by the tests only, from now on, because links end by the store's own clock.
async fn world_from_now() -> (World, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Utc::now().trunc_subsecs(0)));
    let options_clock = clock.clone();
    let world = World::start_with(|options| options.clock = options_clock).await;
    let store = &world.local.ports.store;
    let mut organisation = store.organisation(world.org).await.unwrap().unwrap();
    // A plan without a limit of backups.
    organisation.plan = "Own".to_owned();
    store.commit(world.org, vec![Change::Organisation(organisation)]).await.unwrap();
    (world, clock)
}

/// A backup of the small CRM.
async fn backed_up(world: &World) -> Backup {
    world.import(Crm::small().inputs()).await;
    let backup = world.back_up().await;
    assert!(backup.failure.is_none(), "{:?}", backup.failure);
    backup
}

async fn get(caller: &Caller<'_>, path: &str) -> Value {
    let answer = caller.get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {answer:?}");
    answer.body
}

async fn kinds(caller: &Caller<'_>) -> Vec<String> {
    let kinds = "records_listed,record_viewed,records_searched,attachment_downloaded";
    let history = get(caller, &format!("/backup/history?kind={kinds}")).await;
    let records = history["history"].as_array().unwrap().iter();
    records.map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_looks_at_modules_records_and_attachments_and_the_history_says_so() {
    let (world, clock) = world_from_now().await;
    let backup = backed_up(&world).await;
    let (administrator, root) = (world.administrator(), format!("/backup/{}", backup.id));
    let modules = get(&administrator, &format!("{root}/modules")).await;
    let leads = modules["modules"].as_array().unwrap().iter().find(|module| module["api_name"] == "Leads").unwrap();
    assert_eq!((&leads["rows"], &leads["attachments"], &leads["key"]), (&json!(2), &json!(2), &json!(["Id"])));
    assert_eq!(leads["fields"][1]["api_name"], "Name");

    let list = get(&administrator, &format!("{root}/modules/Leads/records?fields=Name,Phone&per_page=1")).await;
    assert_eq!(list["records"], json!([{ "id": "1", "name": "山田 \"太郎\"", "values": ["山田 \"太郎\"", "+819012345678"] }]));
    assert_eq!((&list["info"]["rows"], &list["info"]["more_records"]), (&json!(2), &json!(true)));
    let token = list["info"]["next_page_token"].as_str().unwrap();
    let next = get(&administrator, &format!("{root}/modules/Leads/records?fields=Name&page_token={token}")).await;
    assert_eq!((&next["records"][0]["values"], &next["info"]["next_page_token"]), (&json!(["=1+1"]), &Value::Null));

    let record = get(&administrator, &format!("{root}/modules/Leads/records/1")).await["record"].clone();
    assert_eq!(
        (&record["name"], &record["same_id"], &record["module"]["api_name"]),
        (&json!("山田 \"太郎\""), &json!(1), &json!("Leads"))
    );
    let phone = json!({ "api_name": "Phone", "label": "Phone", "data_type": record["fields"][2]["data_type"], "value": "+819012345678",
        "is_cut": false, "lookup": null });
    assert_eq!(record["fields"][2], phone);
    get(&administrator, &format!("{root}/modules/Leads/records/1")).await;

    let listed = get(&administrator, &format!("{root}/modules/Leads/records/1/attachments")).await["attachments"].clone();
    let offer = listed.as_array().unwrap().iter().find(|file| file["file_name"] == "offer.txt").unwrap();
    assert_eq!((listed.as_array().unwrap().len(), &offer["size"], &offer["downloadable"]), (2, &json!(500), &json!(true)));
    let path = format!("{root}/modules/Leads/records/1/attachments/{}/actions/link", offer["id"].as_str().unwrap());
    let link = administrator.post(&path, "").await.body["link"].clone();
    let (status, bytes) = world.download(link["url"].as_str().unwrap()).await;
    assert_eq!((status, bytes), (StatusCode::OK, "hello".repeat(100).into_bytes()));
    let ends = (clock.now() + TimeDelta::minutes(15)).with_timezone(&chrono_tz::Asia::Tokyo);
    assert_eq!(link["expiry_date"], ends.to_rfc3339());
    assert_eq!(kinds(&administrator).await, ["attachment_downloaded", "record_viewed", "records_listed"]);

    clock.advance(TimeDelta::minutes(11));
    get(&administrator, &format!("{root}/modules/Leads/records/1")).await;
    assert_eq!(kinds(&administrator).await.len(), 4, "a look after ten minutes is another one");
    let history = get(&administrator, "/backup/history?kind=record_viewed&per_page=1").await["history"][0].clone();
    assert_eq!(history["explored"], json!({ "module": "Leads", "record": "1", "words": null }));
    assert_eq!(history["backup"], json!(backup.id.to_string()));
    drop(administrator);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_searched_in_all_modules_or_one() {
    let (world, _) = world_from_now().await;
    let rows: Vec<[String; 3]> =
        (1..=120).map(|id| [id.to_string(), format!("ｻｸﾗ商事 {id}"), format!("Note{}", id % 3)]).collect();
    let rows: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let rows: Vec<&[&str]> = std::iter::once(&["Id", "Name", "Note"][..]).chain(rows.iter().map(Vec::as_slice)).collect();
    world.import(Crm::small().file("Accounts.csv", &csv(&rows)).inputs()).await;
    let backup = world.back_up().await;
    let (administrator, root) = (world.administrator(), format!("/backup/{}/search", backup.id));
    let found = async |query: &str| get(&administrator, &format!("{root}?{query}")).await;

    let all = found("words=サクラ").await;
    assert_eq!((&all["info"]["count"], &all["info"]["more_records"]), (&json!(50), &json!(true)));
    let (mut token, mut count) = (all["info"]["next_page_token"].clone(), 50);
    while let Some(next) = token.as_str() {
        let page = found(&format!("words=サクラ&page_token={next}")).await;
        count += page["hits"].as_array().unwrap().len();
        token = page["info"]["next_page_token"].clone();
    }
    assert_eq!(count, 120);
    let one = found("words=note2%20サクラ%20119").await;
    let fields = json!([{ "api_name": "Id", "label": "Id", "value": "119" }, { "api_name": "Name", "label": "Name", "value": "ｻｸﾗ商事 119" },
        { "api_name": "Note", "label": "Note", "value": "Note2" }]);
    assert_eq!(
        (one["hits"].as_array().unwrap().len(), &one["hits"][0]["id"], &one["hits"][0]["fields"]),
        (1, &json!("119"), &fields)
    );
    assert_eq!(one["info"]["blocks_searched"], one["info"]["blocks"]);
    assert_eq!(found("words=NOT&module=Accounts").await["info"]["count"], 50);
    assert_eq!(found("words=NOT&match=exact").await["info"]["count"], 0);
    assert_eq!(found("words=サクラ&module=Leads").await["info"]["count"], 0);
    assert_eq!(found("words=太郎").await["hits"][0]["module"]["api_name"], "Leads");

    let other = all["info"]["next_page_token"].as_str().unwrap();
    for query in ["", "words=", "words=a&match=some", &format!("words=other&page_token={other}"), "words=a&page_token=x"] {
        let refused = administrator.get(&format!("{root}?{query}")).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"), "{query}");
    }
    assert_eq!(kinds(&administrator).await.iter().filter(|kind| *kind == "records_searched").count(), 6);
    let history = get(&administrator, "/backup/history?kind=records_searched&per_page=1").await["history"][0].clone();
    assert_eq!(history["explored"], json!({ "module": null, "record": null, "words": "太郎" }));
    drop(administrator);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_followed_through_all_backups() {
    let (world, clock) = world_from_now().await;
    let mut backups = Vec::new();
    for names in [&[][..], &["Sakura"], &["Sakura"], &["Sakura Trading"], &[], &["Sakura Trading"]] {
        let rows: Vec<[&str; 2]> = names.iter().map(|name| ["7", *name]).chain([["8", "Other"]]).collect();
        let rows: Vec<&[&str]> = std::iter::once(&["Id", "Name"][..]).chain(rows.iter().map(|row| &row[..])).collect();
        world.import(Crm::default().file("Accounts.csv", &csv(&rows)).inputs()).await;
        world.advance(&clock, TimeDelta::hours(1)).await;
        backups.push(world.back_up().await.id.to_string());
    }
    let administrator = world.administrator();
    let history = async |record: &str| {
        get(&administrator, &format!("/backup/{}/modules/Accounts/records/{record}/history", backups[5])).await
    };
    let found = history("7").await;
    let steps: Vec<_> = found["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| {
            let text = |at: &Value| at["id"].as_str().unwrap().to_owned();
            (step["kind"].as_str().unwrap(), text(&step["since"]), text(&step["until"]), step["backups"].as_u64().unwrap())
        })
        .collect();
    let step =
        |kind, since: usize, until: usize| (kind, backups[since].clone(), backups[until].clone(), (until - since + 1) as u64);
    assert_eq!(steps, [step("appeared", 5, 5), step("vanished", 4, 4), step("changed", 3, 3), step("appeared", 1, 2)]);
    let changes = json!([{ "api_name": "Name", "label": "Name", "old": "Sakura", "new": "Sakura Trading" }]);
    assert_eq!((&found["history"][2]["changes"], &found["backups"], &found["is_complete"]), (&changes, &json!(6), &json!(true)));
    let other = history("8").await["history"].clone();
    assert_eq!((other.as_array().unwrap().len(), &other[0]["kind"], &other[0]["backups"]), (1, &json!("present"), &json!(6)));
    drop(administrator);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_or_not_allowed_is_refused_with_a_code() {
    let (world, _) = world_from_now().await;
    let backup = backed_up(&world).await;
    let (administrator, root) = (world.administrator(), format!("/backup/{}", backup.id));
    for (path, code) in [
        ("/backup/7/modules".to_owned(), "BACKUP_NOT_FOUND"),
        ("/backup/x/search?words=a".to_owned(), "BACKUP_NOT_FOUND"),
        (format!("{root}/modules/Nothing/records"), "MODULE_NOT_FOUND"),
        (format!("{root}/search?words=a&module=Nothing"), "MODULE_NOT_FOUND"),
        (format!("{root}/modules/Leads/records/99"), "RECORD_NOT_FOUND"),
        (format!("{root}/modules/Leads/records/99/history"), "RECORD_NOT_FOUND"),
        (format!("{root}/modules/Leads/records/99/attachments"), "RECORD_NOT_FOUND"),
    ] {
        let answer = administrator.get(&path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, code), "{path}");
        assert_eq!(world.user().get(&path).await.code(), "NO_PERMISSION", "{path}");
    }
    let link = administrator.post(&format!("{root}/modules/Leads/records/1/attachments/x/actions/link"), "").await;
    assert_eq!((link.status, link.code()), (StatusCode::NOT_FOUND, "ATTACHMENT_NOT_FOUND"));
    for query in ["per_page=0", "per_page=201", "fields=Nothing", "page_token=x"] {
        let refused = administrator.get(&format!("{root}/modules/Leads/records?{query}")).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "INVALID_DATA"), "{query}");
    }
    let key = format!("org/{}/%snapshots/backup-{}.json", world.org, backup.id);
    world.local.ports.objects.delete(&ObjectRef::crm(key)).await.unwrap();
    for path in ["/modules", "/search?words=a", "/modules/Leads/records/1"] {
        let gone = administrator.get(&format!("{root}{path}")).await;
        assert_eq!((gone.status, gone.code()), (StatusCode::GONE, "SNAPSHOT_GONE"), "{path}");
    }
    assert!(kinds(&administrator).await.is_empty(), "nothing was seen");
    drop(administrator);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_keys_of_a_database_lead_to_records_with_names() {
    let (server, world) = tokio::join!(PostgresServer::start(""), World::start());
    server
        .sql(
            "create table company (id int primary key, name text); insert into company values (5, 'Sakura Trading'), (6, 'Other');
             create table person (id int primary key, name text, company_id int references company (id), old_id int);
             insert into person values (1, 'Taro', 5, 6), (2, 'Hanako', null, null)",
        )
        .await;
    connect(&world, &server).await;
    let backup = world.back_up().await;
    assert!(backup.failure.is_none(), "{:?}", backup.failure);
    let administrator = world.administrator();
    let record = get(&administrator, &format!("/backup/{}/modules/person/records/1", backup.id)).await["record"].clone();
    let lookup =
        json!({ "module": { "api_name": "company", "label": "company" }, "id": "5", "name": "Sakura Trading", "exists": true });
    assert_eq!(
        (&record["name"], &record["fields"][2]["lookup"], &record["fields"][3]["lookup"]),
        (&json!("Taro"), &lookup, &Value::Null)
    );
    let other = get(&administrator, &format!("/backup/{}/modules/person/records/2", backup.id)).await["record"].clone();
    assert_eq!((&other["fields"][2]["value"], &other["fields"][2]["lookup"]), (&Value::Null, &Value::Null));
    drop(administrator);
    world.end().await;
}
