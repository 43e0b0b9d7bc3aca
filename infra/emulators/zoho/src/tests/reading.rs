//! Reading everything, while it changes.

use serde_json::json;

use super::{Caller, assert_refused, ids};
use crate::table::{SortBy, Sorting};

#[tokio::test]
async fn each_order_has_every_record_once() {
    let caller = Caller::new().await;
    let state = caller.state();
    let all = state.ids("Contacts");
    for id in all.iter().step_by(7) {
        assert!(state.update("Contacts", *id, json!({"City": "新"})));
    }
    assert!(state.delete("Contacts", all[3]));
    state.insert("Contacts", json!({"Last_Name": "New"}));
    let table = state.snapshot("Contacts").expect("a module");
    for by in [SortBy::Id, SortBy::Created, SortBy::Modified] {
        for is_descending in [false, true] {
            let sorting = Sorting { by, is_descending };
            let found: Vec<u64> = table.sorted(sorting, None).collect();
            let mut wanted = state.ids("Contacts");
            wanted.sort_by_key(|id| table.place(*id, by));
            if is_descending {
                wanted.reverse();
            }
            assert!(found == wanted, "{sorting:?}");
            let after: Vec<u64> = table.sorted(sorting, Some(table.place(found[99], by))).collect();
            assert!(after == found[100..], "{sorting:?}");
        }
    }
    assert_eq!(state.count("Contacts"), all.len() as u64);
}

#[tokio::test]
async fn tokens_lead_through_a_module_that_changes() {
    let caller = Caller::new().await;
    let state = caller.state().clone();
    let before = state.ids("Contacts");
    let found = caller
        .walk("/crm/v8/Contacts?fields=id&per_page=100&sort_by=id&sort_order=asc", |read| {
            if read == 100 {
                state.delete("Contacts", before[0]);
                state.delete("Contacts", before[500]);
                state.insert("Contacts", json!({"Last_Name": "Late"}));
            }
        })
        .await;
    let added = *state.ids("Contacts").last().expect("a record");
    let wanted: Vec<u64> = before.iter().copied().filter(|id| *id != before[500]).chain([added]).collect();
    assert!(found == wanted);
}

#[tokio::test]
async fn changes_and_deletions_can_be_asked_for() {
    let caller = Caller::new().await;
    let state = caller.state();
    let (changed, gone) = (state.ids("Deals")[5], state.ids("Deals")[6]);
    assert_eq!(caller.get("/crm/v8/Deals/deleted?type=all").await.0, 204);
    state.advance(chrono::Duration::seconds(10));
    let since = state.now().format("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    state.update("Deals", changed, json!({"Amount": 12.5, "Account_Name": {"id": state.ids("Accounts")[0].to_string()}}));
    state.delete("Deals", gone);
    let (status, page) = caller.query(&format!("select id, Amount from Deals where Modified_Time >= '{since}' limit 200")).await;
    assert_eq!((status, ids(&page)), (200, vec![changed]), "{page}");
    let (_, deleted) = caller.get("/crm/v8/Deals/deleted?type=all").await;
    assert_eq!((ids(&deleted), deleted["data"][0]["type"].as_str()), (vec![gone], Some("recycle")));
    assert_eq!(caller.get(&format!("/crm/v8/Deals/{gone}")).await.0, 204);
    assert_refused(&caller.get("/crm/v8/Deals/17").await, 400, "INVALID_DATA");
    state.purge("Deals", gone);
    assert_eq!(caller.get("/crm/v8/Deals/deleted?type=permanent").await.0, 200);
    let record = state.record("Deals", changed).expect("a record");
    assert_eq!((&record["Amount"], record["Account_Name"]["name"].is_string()), (&json!(12.5), true));
}

#[tokio::test]
async fn subforms_are_in_the_record_and_in_a_module_of_their_own() {
    let caller = Caller::new().await;
    let state = caller.state();
    let quote = state.insert("Quotes", json!({"Subject": "Q", "Quoted_Items": [{"Quantity": 2.0}, {"Quantity": 3.0}]}));
    let (_, listed) = caller.get(&format!("/crm/v8/Quotes?fields=Subject,Quoted_Items&ids={quote}")).await;
    assert!(listed["data"][0].get("Quoted_Items").is_none(), "{listed}");
    let (_, whole) = caller.get(&format!("/crm/v8/Quotes/{quote}")).await;
    let items = whole["data"][0]["Quoted_Items"].as_array().expect("rows").clone();
    assert_eq!(items.len(), 2);
    let (_, rows) = caller.get("/crm/v8/Quoted_Items?fields=Quantity,Parent_Id&per_page=2").await;
    assert!(
        rows["data"].as_array().expect("rows").iter().all(|row| row["Parent_Id"]["id"] == json!(quote.to_string())),
        "{rows}"
    );
    let changes = json!([{"id": items[0]["id"], "_delete": null}, {"id": items[1]["id"], "Quantity": 4.0}]);
    state.update("Quotes", quote, json!({"Quoted_Items": changes}));
    let record = state.record("Quotes", quote).expect("a record");
    assert_eq!(
        (record["Quoted_Items"].as_array().expect("rows").len(), &record["Quoted_Items"][0]["Quantity"]),
        (1, &json!(4.0))
    );
}

#[tokio::test]
async fn files_come_as_they_were_attached() {
    let caller = Caller::new().await;
    let state = caller.state();
    let lead = state.ids("Leads")[0];
    let file = state.attach("Leads", lead, "日本語.txt", b"content".to_vec());
    let link = state.attach_link("Leads", lead, "elsewhere", "https://example.com/");
    assert_eq!(caller.bytes(&format!("/crm/v8/Leads/{lead}/Attachments/{file}")).await, b"content");
    assert_refused(&caller.get(&format!("/crm/v8/Leads/{lead}/Attachments/{link}")).await, 400, "DOWNLOAD_NOT_ALLOWED");
    assert_refused(&caller.get(&format!("/crm/v8/Contacts/{lead}/Attachments/{file}")).await, 400, "INVALID_DATA");
    let found = caller.walk("/crm/v8/Attachments?fields=id,File_Name,Size&per_page=200", |_| ()).await;
    assert_eq!(found.len(), state.attachments().len());
    assert!(state.set_photo("Leads", lead, b"photo".to_vec()));
    assert_eq!(caller.bytes(&format!("/crm/v8/Leads/{lead}/photo")).await, b"photo");
    let without = state.ids("Leads").into_iter().find(|id| state.photo("Leads", *id).is_none()).expect("a lead without a photo");
    assert_eq!(caller.get(&format!("/crm/v8/Leads/{without}/photo")).await.0, 204);
}
