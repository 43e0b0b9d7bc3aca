//! The writer against the test server: records come back out of the recycle bin, or are created again.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "../reading/support.rs"]
#[allow(dead_code, reason = "the tests of reading use the rest")]
mod support;

use std::collections::BTreeMap;

use hozon_emulator_zoho::{Fault, State};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::writing::{Cells, RecordWrite, Refusal, WriteOutcome};
use hozon_shared::ports::{Connector, HeldState, NewIds, Writer, WrittenBefore};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use support::{World, module, read_all};

/// A module with its rows, as a backup has them.
struct BackedUp {
    module: Module,
    rows: BTreeMap<u64, Cells>,
}

async fn backed_up(state: &dyn HeldState, name: &str) -> BackedUp {
    let source = module(state, name);
    let rows = read_all(state, &source).await.expect("rows");
    let of = json!({
        "api_name": name, "label": name, "order": 0, "contents": "crm", "version": "1", "fields": source.fields, "key": ["id"], "rows": 0,
        "row_bytes": 0, "attachments": 0, "attachment_bytes": 0,
    });
    BackedUp { module: serde_json::from_value(of).expect("a module"), rows }
}

impl BackedUp {
    /// Records that were there before and are not there now.
    fn create(&self, ids: &[u64]) -> Vec<RecordWrite> {
        ids.iter().map(|id| RecordWrite { seen: None, wanted: Some(self.rows[id].clone()) }).collect()
    }

    fn with(&self, id: u64, field: &str, text: &str) -> Cells {
        let at = self.module.fields.iter().position(|known| known.api_name == field).expect("a field");
        let mut cells = self.rows[&id].clone();
        cells[at] = Some(text.to_owned());
        cells
    }
}

async fn call(world: &World, method: Method, path: &str) {
    let request = Client::new().request(method, format!("{}/crm/v8/{path}", world.server.base_url()));
    let token = format!("Zoho-oauthtoken {}", world.state.full_access_token());
    let answer = request.header("authorization", token).send().await.expect("an answer");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
}

async fn delete(world: &World, module: &str, id: u64, is_for_good: bool) {
    call(world, Method::DELETE, &format!("{module}?ids={id}")).await;
    if is_for_good {
        call(world, Method::DELETE, &format!("settings/recycle_bin?ids={id}")).await;
    }
}

fn new_id(outcome: &WriteOutcome) -> u64 {
    outcome.new_id().unwrap_or_else(|| panic!("{outcome:?}")).parse().expect("an id")
}

fn writer(world: &World, may_be_written: bool, new_ids: NewIds) -> Box<dyn Writer> {
    let writer = world.zoho().writer().expect("a writer");
    writer.recall(WrittenBefore { new_ids, begun: world.state.now(), may_be_written });
    writer
}

/// A record without what Zoho sets itself.
fn plain(state: &State, module: &str, id: u64) -> Value {
    let mut record = state.record(module, id).unwrap_or_else(|| panic!("{module} {id} is not there"));
    let own = [
        "id",
        "Created_Time",
        "Modified_Time",
        "Created_By",
        "Modified_By",
        "Owner",
        "Record_Image",
        "Quote_Number",
        "Contracts",
    ];
    own.iter().for_each(|name| drop(record.as_object_mut().expect("an object").remove(*name)));
    record.as_object_mut().expect("an object").retain(|name, _| !name.starts_with('$'));
    record
}

#[tokio::test]
async fn a_record_in_the_recycle_bin_has_its_id_again_and_others_have_new_ones() {
    let world = World::small().await;
    let held = world.hold().await;
    let accounts = backed_up(&*held, "Accounts").await;
    let ids: Vec<u64> = accounts.rows.keys().copied().collect();
    let before = [ids[3], ids[4]].map(|id| plain(&world.state, "Accounts", id));
    world.state.update("Accounts", ids[3], json!({ "Description": "garbled before it is deleted" }));
    delete(&world, "Accounts", ids[3], false).await;
    delete(&world, "Accounts", ids[4], true).await;
    let writer = writer(&world, false, NewIds::new());
    assert_eq!(writer.check(std::slice::from_ref(&accounts.module)).await.expect("no failure"), []);
    let outcomes = writer.write(&accounts.module, &accounts.create(&ids[3..5])).await.expect("outcomes");
    assert_eq!(outcomes[0], WriteOutcome::Written { new_id: None });
    let created = new_id(&outcomes[1]);
    assert_eq!([ids[3], created].map(|id| plain(&world.state, "Accounts", id)), before);
    // A repeated batch leaves what is there, and says the new id again.
    let known = NewIds::from([(ids[4].to_string(), created.to_string())]);
    let again = self::writer(&world, true, known).write(&accounts.module, &accounts.create(&ids[3..5])).await;
    let new_id = Some(created.to_string());
    assert_eq!(again.expect("outcomes"), [WriteOutcome::AlreadyThere, WriteOutcome::Written { new_id }]);
}

#[tokio::test]
async fn lookups_and_notes_lead_to_new_ids() {
    let world = World::small().await;
    let contact = world
        .state
        .ids("Contacts")
        .into_iter()
        .find(|id| world.state.record("Contacts", *id).is_some_and(|contact| !contact["Account_Name"].is_null()));
    let contact = contact.expect("a contact of an account");
    let account: u64 = world.state.record("Contacts", contact).unwrap()["Account_Name"]["id"].as_str().unwrap().parse().unwrap();
    let parent = json!({ "id": account.to_string(), "module": { "api_name": "Accounts" } });
    let note = world.state.insert("Notes", json!({ "Note_Title": "t", "Note_Content": "c", "Parent_Id": parent }));
    let held = world.hold().await;
    let (accounts, contacts, notes) =
        (backed_up(&*held, "Accounts").await, backed_up(&*held, "Contacts").await, backed_up(&*held, "Notes").await);
    delete(&world, "Accounts", account, true).await;
    assert!(world.state.record("Notes", note).is_none());
    let held = world.hold().await;
    let now = backed_up(&*held, "Contacts").await;
    let first = writer(&world, false, NewIds::new());
    let modules = [notes.module.clone(), contacts.module.clone(), accounts.module.clone()];
    let references = first.references(&modules).await.expect("references");
    assert!(references.iter().any(|one| one.module == "Contacts" && one.to == "Accounts" && one.may_be_empty), "{references:?}");
    assert!(references.iter().any(|one| one.module == "Notes" && one.to == "Accounts" && !one.may_be_empty), "{references:?}");
    let outcome = first.write(&accounts.module, &accounts.create(&[account])).await.expect("an outcome").remove(0);
    let created = new_id(&outcome).to_string();

    // Another call knows the new id from the report.
    let writer = writer(&world, false, NewIds::from([(account.to_string(), created.clone())]));
    let change = RecordWrite { seen: Some(now.rows[&contact].clone()), wanted: Some(contacts.rows[&contact].clone()) };
    let outcomes = writer.write(&contacts.module, &[change]).await.expect("an outcome");
    assert_eq!(outcomes, [WriteOutcome::Written { new_id: None }]);
    assert_eq!(world.state.record("Contacts", contact).unwrap()["Account_Name"]["id"], created.as_str());
    let outcomes = writer.write(&notes.module, &notes.create(&[note])).await.expect("an outcome");
    let note = world.state.record("Notes", new_id(&outcomes[0])).expect("a note");
    assert_eq!((&note["Parent_Id"]["id"], &note["Note_Content"]), (&json!(created), &json!("c")));
}

#[tokio::test]
async fn rows_of_subforms_are_written_with_their_record() {
    let world = World::small().await;
    let held = world.hold().await;
    let quotes = backed_up(&*held, "Quotes").await;
    let has_rows =
        |id: &&u64| world.state.record("Quotes", **id).unwrap()["Quoted_Items"].as_array().is_some_and(|rows| rows.len() > 1);
    let quote = *quotes.rows.keys().find(has_rows).expect("a quote with rows");
    let items = |id: u64| {
        let record = world.state.record("Quotes", id).unwrap();
        let plain =
            |row: &Value| json!([row["Quantity"], row["List_Price"], row["Description"], row["Product_Name"]["id"]]).to_string();
        let mut rows: Vec<String> = record["Quoted_Items"].as_array().unwrap().iter().map(plain).collect();
        rows.sort();
        rows
    };
    let before = items(quote);
    let rows = world.state.record("Quotes", quote).unwrap()["Quoted_Items"].clone();
    let garbled =
        json!([{ "id": rows[0]["id"], "Quantity": 99.5 }, { "id": rows[1]["id"], "_delete": null }, { "Quantity": 1.5 }]);
    world.state.update("Quotes", quote, json!({ "Quoted_Items": garbled }));
    assert_ne!(items(quote), before);
    let held = world.hold().await;
    let now = backed_up(&*held, "Quotes").await;
    let writer = writer(&world, false, NewIds::new());
    let change = RecordWrite { seen: Some(now.rows[&quote].clone()), wanted: Some(quotes.rows[&quote].clone()) };
    let outcomes = writer.write(&quotes.module, std::slice::from_ref(&change)).await.expect("an outcome");
    assert_eq!((outcomes, items(quote)), (vec![WriteOutcome::Written { new_id: None }], before.clone()));
    assert_eq!(writer.write(&quotes.module, &[change]).await.expect("an outcome"), [WriteOutcome::AlreadyThere]);
    delete(&world, "Quotes", quote, true).await;
    let outcomes = writer.write(&quotes.module, &quotes.create(&[quote])).await.expect("an outcome");
    assert_eq!(items(new_id(&outcomes[0])), before);
}

#[tokio::test]
async fn a_record_that_somebody_has_changed_is_left_and_others_are_written_all_the_same() {
    let world = World::small().await;
    let held = world.hold().await;
    let leads = backed_up(&*held, "Leads").await;
    let ids: Vec<u64> = leads.rows.keys().copied().take(4).collect();
    for id in &ids[..3] {
        world.state.update("Leads", *id, json!({ "Description": "garbled" }));
    }
    let change = |id: u64, wanted| RecordWrite { seen: Some(leads.with(id, "Description", "garbled")), wanted: Some(wanted) };
    let writes = [
        change(ids[0], leads.rows[&ids[0]].clone()),
        change(ids[1], leads.rows[&ids[1]].clone()),
        change(ids[2], leads.with(ids[2], "Phone", &"1".repeat(40))),
        RecordWrite { seen: Some(leads.rows[&ids[3]].clone()), wanted: None },
    ];
    world.state.update("Leads", ids[1], json!({ "City": "meanwhile" }));
    let outcomes = writer(&world, false, NewIds::new()).write(&leads.module, &writes).await.expect("outcomes");
    let refused = WriteOutcome::Refused { reason: Refusal::Value { field: Some("Phone".to_owned()) } };
    let written = WriteOutcome::Written { new_id: None };
    assert_eq!(outcomes, [written.clone(), WriteOutcome::ChangedMeanwhile, refused, written]);
    assert!(world.state.record("Leads", ids[3]).is_none());
}

#[tokio::test]
async fn a_lost_answer_creates_nothing_twice() {
    for external in [None, Some("Old_Id")] {
        let mut world = World::small().await;
        world.settings.external_id = external.map(str::to_owned);
        if let Some(field) = external {
            world.state.add_external_id("Leads", field);
        }
        let held = world.hold().await;
        let leads = backed_up(&*held, "Leads").await;
        let ids: Vec<u64> = leads.rows.keys().copied().take(12).collect();
        for id in &ids {
            delete(&world, "Leads", *id, true).await;
        }
        let count = world.state.count("Leads");
        world.state.inject(Fault::BreakConnection { kind: Some("write".to_owned()), after: 0, times: 1 });
        let writes = leads.create(&ids);
        let lost = writer(&world, false, NewIds::new()).write(&leads.module, &writes).await;
        assert!(lost.is_err_and(|error| error.kind.is_passing()), "{external:?}");
        // Those that belong to somebody who cannot own records any more take a second call.
        assert!(world.state.count("Leads") > count + 6);
        let outcomes = writer(&world, true, NewIds::new()).write(&leads.module, &writes).await.expect("outcomes");
        assert_eq!(world.state.count("Leads"), count + 12, "{external:?}");
        for (id, outcome) in ids.iter().zip(&outcomes) {
            let found = world.state.record("Leads", new_id(outcome)).expect("a lead");
            assert_eq!(found["External_Number"].as_str(), leads.rows[id][number(&leads)].as_deref(), "{external:?}");
        }
        if external.is_some() {
            // A later restore finds them, too.
            let later = writer(&world, false, NewIds::new()).write(&leads.module, &writes).await.expect("outcomes");
            let is_left = |outcome: &WriteOutcome| matches!(outcome, WriteOutcome::AlreadyThere | WriteOutcome::ChangedMeanwhile);
            assert!(later.iter().all(is_left), "{later:?}");
            assert_eq!(world.state.count("Leads"), count + 12);
        }
    }
}

fn number(module: &BackedUp) -> usize {
    module.module.fields.iter().position(|field| field.api_name == "External_Number").expect("a field")
}
