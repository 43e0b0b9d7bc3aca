//! Records that are written, deleted, brought back and deleted for good.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Caller, answer, assert_refused};

const BIN: &str = "/crm/v8/settings/recycle_bin";

impl Caller {
    async fn write(&self, method: Method, path: &str, record: Value) -> Value {
        let body = json!({ "data": [record] });
        let (status, mut body) = answer(self.request(method, path).json(&body)).await;
        assert!((200..300).contains(&status), "{body}");
        body["data"][0].take()
    }

    async fn delete(&self, path: &str) -> Answer {
        answer(self.request(Method::DELETE, path)).await
    }
}

#[tokio::test]
async fn records_that_cannot_be_as_they_are_given_are_refused_with_the_field() {
    let caller = Caller::new().await;
    caller.state().add_external_id("Leads", "Old_Id");
    let insert = async |record: Value| caller.write(Method::POST, "/crm/v8/Leads", record).await;
    let code = |answer: &Value| (answer["code"].as_str().expect("a code").to_owned(), answer["details"]["api_name"].clone());
    let with = |field: &str, value: Value| json!({ "Last_Name": "A", "Company": "B", field: value });
    let invalid = |field: &str| ("INVALID_DATA".to_owned(), json!(field));
    assert_eq!(code(&insert(json!({ "Last_Name": "A" })).await), ("MANDATORY_NOT_FOUND".to_owned(), json!("Company")));
    assert_eq!(code(&insert(with("Score", json!("much"))).await), invalid("Score"));
    assert_eq!(code(&insert(with("Email_Opt_Out", json!("true"))).await), invalid("Email_Opt_Out"));
    assert_eq!(code(&insert(with("Phone", json!("1".repeat(31)))).await), invalid("Phone"));
    let former = crate::people::user(5);
    assert_eq!(code(&insert(with("Owner", json!({ "id": former["id"] }))).await), invalid("Owner"));
    let first = insert(with("Old_Id", json!("17"))).await;
    assert_eq!(first["code"], "SUCCESS");
    let second = insert(with("Old_Id", json!("17"))).await;
    assert_eq!(code(&second), ("DUPLICATE_DATA".to_owned(), json!("Old_Id")));
    assert_eq!(second["details"]["id"], first["details"]["id"]);
    let contact = json!({ "Last_Name": "A", "Account_Name": { "id": "1" } });
    let answer = caller.write(Method::POST, "/crm/v8/Contacts", contact).await;
    assert_eq!(code(&answer), invalid("Account_Name"));
    // What Zoho sets itself is not taken.
    let time = json!({ "id": first["details"]["id"], "Created_Time": "2000-01-01T00:00:00+09:00", "City": "奈良" });
    caller.write(Method::PUT, "/crm/v8/Leads", time).await;
    let id = first["details"]["id"].as_str().expect("an id").parse().expect("a number");
    let record = caller.state().record("Leads", id).expect("the record");
    assert_eq!((&record["City"], record["Created_Time"] == "2000-01-01T00:00:00+09:00"), (&json!("奈良"), false));
    let many = json!({ "data": vec![with("City", json!("x")); 101] });
    assert_refused(&caller.post("/crm/v8/Leads", many).await, 400, "LIMIT_EXCEEDED");
}

#[tokio::test]
async fn a_deleted_record_comes_back_with_its_notes_and_files_until_it_is_deleted_for_good() {
    let caller = Caller::new().await;
    let state = caller.state();
    let contact = state
        .ids("Contacts")
        .into_iter()
        .find(|id| !state.record("Contacts", *id).expect("the record")["Account_Name"].is_null());
    let contact = contact.expect("a contact of an account");
    let account: u64 = state.record("Contacts", contact).expect("the record")["Account_Name"]["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a number");
    let note = json!({ "Note_Content": "x", "Parent_Id": { "id": account.to_string(), "module": { "api_name": "Accounts" } } });
    let note: u64 = caller.write(Method::POST, "/crm/v8/Notes", note).await["details"]["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("a number");
    let file = state.attach("Accounts", account, "a.txt", b"bytes".to_vec());
    let before = state.record("Accounts", account).expect("the record");
    let gone = |record: Option<Value>| record.is_none();
    caller.delete(&format!("/crm/v8/Accounts?ids={account}")).await;
    assert!(
        gone(state.record("Accounts", account)) && gone(state.record("Notes", note)) && gone(state.record("Attachments", file))
    );
    let (_, bin) = caller.get(BIN).await;
    assert!(
        bin["recycle_bin"].as_array().expect("a list").iter().any(|binned| binned["id"] == json!(account.to_string())),
        "{bin}"
    );

    let restore = format!("{BIN}/actions/restore");
    let (status, body) = caller.post(&restore, json!({ "ids": [account.to_string(), "1"] })).await;
    assert_eq!(
        (status, &body["recycle_bin"][0]["code"], &body["recycle_bin"][1]["code"]),
        (207, &json!("SUCCESS"), &json!("INVALID_DATA"))
    );
    let mut after = state.record("Accounts", account).expect("the record");
    after["Modified_Time"] = before["Modified_Time"].clone();
    assert_eq!(after, before);
    assert!(state.record("Notes", note).is_some() && state.attachment_bytes(file).as_deref() == Some(b"bytes"));
    assert_refused(&caller.post(&restore, json!({ "ids": [] })).await, 400, "EXPECTED_FIELD_MISSING");

    caller.delete(&format!("/crm/v8/Accounts?ids={account}")).await;
    let (status, _) = caller.delete(&format!("{BIN}?ids={account}")).await;
    assert_eq!(status, 200);
    let (status, body) = caller.post(&restore, json!({ "ids": [account.to_string()] })).await;
    assert_eq!((status, &body["recycle_bin"][0]["code"]), (400, &json!("INVALID_DATA")));
    assert_eq!(state.record("Contacts", contact).expect("the record")["Account_Name"], Value::Null, "lookups to it are empty");
}
