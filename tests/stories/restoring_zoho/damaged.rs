//! Damage that a user with the API does to an organisation.

use std::collections::BTreeSet;

use hozon_emulator_zoho::{State, ZohoServer};
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// Record by module and id.
pub type RecordAt = (String, u64);

/// The API of the test server.
pub struct Zoho {
    http: Client,
    url: String,
    token: String,
}

/// What was done.
#[derive(Default)]
pub struct Damage {
    /// Records that are not there any more, notes of deleted records among them.
    pub deleted: BTreeSet<RecordAt>,
    /// Those of them that are not in the recycle bin any more either.
    pub purged: BTreeSet<RecordAt>,
    pub garbled: Vec<RecordAt>,
    pub newer: Vec<RecordAt>,
}

impl Zoho {
    pub fn new(server: &ZohoServer) -> Self {
        let (url, token) = (format!("{}/crm/v8", server.base_url()), server.state().full_access_token());
        Self { http: Client::new(), url, token }
    }

    /// Makes a call. Every result in its answer must be a success.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let request = self.http.request(method, format!("{}/{path}", self.url));
        let request = request.header("authorization", format!("Zoho-oauthtoken {}", self.token));
        let answer = match body {
            Some(body) => request.json(&body).send().await,
            None => request.send().await,
        };
        let answer: Value = answer.expect("an answer").json().await.expect("JSON");
        let results = answer["data"].as_array().or(answer["recycle_bin"].as_array());
        let is_done = results.is_some_and(|results| results.iter().all(|result| result["status"] == "success"));
        assert!(is_done || answer["status"] == "success", "{path}: {answer}");
        answer
    }

    pub async fn update(&self, module: &str, record: Value) {
        self.call(Method::PUT, module, Some(json!({ "data": [record] }))).await;
    }

    async fn insert(&self, module: &str, record: Value) -> u64 {
        let answer = self.call(Method::POST, module, Some(json!({ "data": [record] }))).await;
        answer["data"][0]["details"]["id"].as_str().expect("an id").parse().expect("a number")
    }

    async fn delete(&self, module: &str, id: u64) {
        self.call(Method::DELETE, &format!("{module}?ids={id}"), None).await;
    }

    /// Records that were deleted, and whether for good. They must fit into one page.
    async fn deleted(&self, module: &str) -> Vec<(u64, bool)> {
        let request = self.http.get(format!("{}/{module}/deleted?type=all&per_page=200", self.url));
        let answer = request.header("authorization", format!("Zoho-oauthtoken {}", self.token)).send().await.expect("an answer");
        let answer: Value = answer.json().await.unwrap_or_default();
        let id = |record: &Value| (record["id"].as_str().unwrap().parse().unwrap(), record["type"] == "permanent");
        assert_ne!(answer["info"]["more_records"], true);
        answer["data"].as_array().map(|list| list.iter().map(id).collect()).unwrap_or_default()
    }

    async fn purge(&self, id: u64) {
        self.call(Method::DELETE, &format!("settings/recycle_bin?ids={id}"), None).await;
    }
}

/// Every n-th record, from some place on.
fn every(state: &State, module: &str, n: usize, from: usize) -> Vec<u64> {
    state.ids(module).into_iter().skip(from).step_by(n).collect()
}

/// What a user would write into records of a module.
fn garbage(module: &str) -> Value {
    match module {
        "Notes" => json!({ "Note_Content": "garbled" }),
        "Inspections" => json!({ "Remarks": "garbled", "Passed": true, "Categories": [], "Customer": null }),
        "Leads" => json!({ "Description": "garbled", "Company": "garbled", "Score": 0.125, "Tag": [{ "name": "garbled" }] }),
        "Contacts" => json!({ "Description": "garbled", "Account_Name": null, "Interests": ["Water"] }),
        "Quotes" => json!({ "Terms_and_Conditions": "garbled", "Deal_Name": null }),
        "Accounts" => json!({ "Description": "garbled", "Parent_Account": null }),
        _ => json!({ "Description": "garbled" }),
    }
}

/// A new record of a module, if one can be made without others.
fn new_record(module: &str) -> Option<Value> {
    Some(match module {
        "Leads" => json!({ "Last_Name": "新規", "Company": "新" }),
        "Contacts" => json!({ "Last_Name": "新規" }),
        "Accounts" => json!({ "Account_Name": "新規" }),
        "Products" => json!({ "Product_Name": "新規" }),
        "Tasks" => json!({ "Subject": "新規" }),
        "Inspections" => json!({ "Name": "新規" }),
        _ => return None,
    })
}

/// Deletes one twentieth of all records, one third of them for good, garbles another twentieth, and adds newer ones. Takes some files and
/// photos.
pub async fn damage(zoho: &Zoho, state: &State) -> Damage {
    let (mut damage, mut purged) = (Damage::default(), Vec::new());
    for module in state.modules() {
        for id in every(state, &module, 20, 3) {
            let mut record = garbage(&module);
            record["id"] = json!(id.to_string());
            zoho.update(&module, record).await;
            damage.garbled.push((module.clone(), id));
        }
        for (at, id) in every(state, &module, 20, 7).into_iter().enumerate() {
            zoho.delete(&module, id).await;
            if at % 3 == 0 {
                purged.push(id);
            }
        }
    }
    for id in purged {
        zoho.purge(id).await;
    }
    for module in state.modules() {
        for (id, is_permanent) in zoho.deleted(&module).await {
            damage.deleted.insert((module.clone(), id));
            if is_permanent {
                damage.purged.insert((module.clone(), id));
            }
        }
    }
    take_files(zoho, state).await;
    rows_of_subforms(zoho, state).await;
    for module in state.modules() {
        if let Some(record) = new_record(&module) {
            let id = zoho.insert(&module, record).await;
            state.attach(&module, id, "新規.txt", b"new".to_vec());
            damage.newer.push((module, id));
        }
    }
    damage
}

async fn take_files(zoho: &Zoho, state: &State) {
    let attachments = state.attachments();
    for attachment in attachments.iter().skip(1).step_by(10) {
        let path = format!("{}/{}/Attachments/{}", attachment.module, attachment.record, attachment.id);
        zoho.call(Method::DELETE, &path, None).await;
    }
    for module in ["Leads", "Contacts"] {
        for record in state.photos(module).into_iter().step_by(5) {
            zoho.call(Method::DELETE, &format!("{module}/{record}/photo"), None).await;
        }
    }
}

/// Changes, deletes and adds rows of subforms.
async fn rows_of_subforms(zoho: &Zoho, state: &State) {
    for (module, field, change) in
        [("Quotes", "Quoted_Items", json!({ "Quantity": 77.5 })), ("Inspections", "Findings", json!({ "Place": "x" }))]
    {
        for id in every(state, module, 9, 1) {
            let record = state.record(module, id).expect("a record");
            let rows = record[field].as_array().cloned().unwrap_or_default();
            let mut written: Vec<Value> = Vec::new();
            for (at, row) in rows.iter().enumerate() {
                let mut of_row = if at == 0 { change.clone() } else { json!({ "_delete": null }) };
                of_row["id"] = row["id"].clone();
                written.push(of_row);
            }
            if module == "Inspections" {
                written.push(change.clone());
            }
            zoho.update(module, json!({ "id": id.to_string(), field: written })).await;
        }
    }
}
