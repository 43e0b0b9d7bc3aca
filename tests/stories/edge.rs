//! The CloudFront Function, run by Node, accepts the links that Rust creates, and rejects those that Rust rejects.

use std::io::Write;
use std::process::{Command, Stdio};

use chrono::{DateTime, Utc};
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::plain_link::{LinkKey, LinkRefused, LinkedFile, read};
use serde_json::{Value, json};

const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/edge.mjs");

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap()
}

fn keys() -> Vec<LinkKey> {
    ["20261126a1", "20261026b2"].map(|id| LinkKey { id: id.to_owned(), secret: format!("{id}-secret-of-enough-bits") }).into()
}

/// Returns the function's answers to the events, and its log.
fn run(now: DateTime<Utc>, events: &[Value]) -> (Vec<Value>, Vec<Value>) {
    let secrets: serde_json::Map<_, _> = keys().into_iter().map(|key| (key.id, json!(key.secret))).collect();
    let input = json!({ "secrets": secrets, "now": now.timestamp_millis(), "events": events }).to_string();
    let mut node = Command::new("node").arg(RUNNER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("node");
    node.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let list = |name: &str| answer[name].as_array().unwrap().clone();
    (list("answers"), list("logged"))
}

fn asked(path: &str) -> Value {
    json!({
        "context": { "eventType": "viewer-request" },
        "viewer": { "ip": "203.0.113.7" },
        "request": {
            "method": "GET",
            "uri": path,
            "querystring": { "a": { "value": "b" } },
            "headers": { "authorization": { "value": "Zoho-oauthtoken abc" }, "range": { "value": "bytes=0-1" } },
        },
    })
}

fn file() -> LinkedFile {
    LinkedFile { org: OrgId(4_876_876_000_000_000_001), backup: BackupId(7), name: "Data_001.zip".to_owned() }
}

#[test]
fn a_link_becomes_the_zips_key_and_carries_neither_query_nor_authorization_to_s3() {
    for key in keys() {
        let (answers, logged) = run(at(999), &[asked(&key.path(&file(), at(1_000)))]);
        assert_eq!(answers[0]["uri"], format!("/{}", file().key()));
        assert_eq!(answers[0]["querystring"], json!({}));
        assert_eq!(answers[0]["headers"], json!({ "range": { "value": "bytes=0-1" } }));
        assert!(logged.is_empty(), "{logged:?}");
    }
}

#[test]
fn the_function_and_rust_refuse_the_same_links_with_the_same_code() {
    let path = keys()[0].path(&file(), at(1_000));
    let mut paths: Vec<String> = (0..path.len())
        .flat_map(|place| ["1", "A", ".", "/"].map(|with| format!("{}{with}{}", &path[..place], &path[place + 1..])))
        .collect();
    paths.extend([
        path.replace(&keys()[0].id, &keys()[1].id),
        path.replace("Data_001.zip", "Attachments_001.zip"),
        path.replace("Data_001.zip", "../../1/2/Data_001.zip"),
        LinkKey { id: "gone".to_owned(), secret: "x".to_owned() }.path(&file(), at(1_000)),
        LinkKey { id: "toString".to_owned(), secret: "x".to_owned() }.path(&file(), at(1_000)),
        format!("{path}/"),
        "/d/".to_owned(),
        path.clone(),
    ]);
    for now in [at(999), at(1_000)] {
        let events: Vec<_> = paths.iter().map(|path| asked(path)).collect();
        for (path, answer) in paths.iter().zip(run(now, &events).0) {
            match read(path, &keys(), now) {
                Ok(file) => assert_eq!(answer["uri"], format!("/{}", file.key()), "{path}"),
                Err(refused) => {
                    assert_eq!(answer["statusCode"], 403, "{path}: {answer}");
                    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
                    let code = if refused == LinkRefused::Expired { "LINK_EXPIRED" } else { "LINK_INVALID" };
                    assert_eq!(body["code"], code, "{path}");
                }
            }
        }
    }
}

#[test]
fn a_served_zip_has_its_name_and_its_note_has_no_token() {
    let path = keys()[0].path(&file(), at(1_000));
    let token = path.split('/').nth(2).unwrap();
    let served = |uri: &str, method: &str| {
        let mut event = asked(uri);
        event["context"]["eventType"] = json!("viewer-response");
        event["request"]["method"] = json!(method);
        event["response"] = json!({ "statusCode": 200, "headers": {} });
        event
    };
    // The path here may be the client's or the one sent to S3.
    let events = [served(&path, "GET"), served(&format!("/{}", file().key()), "GET"), served(&path, "HEAD")];
    let (answers, logged) = run(at(999), &events);
    for answer in &answers {
        assert_eq!(answer["headers"]["content-disposition"]["value"], "attachment; filename=\"Data_001.zip\"");
    }
    assert_eq!(logged.len(), 2, "a HEAD is no download: {logged:?}");
    let wanted = json!({ "key": file().key(), "at": "1970-01-01T00:16:39.000Z", "address": "203.0.113.7" });
    for line in logged {
        let line = line.as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(line.strip_prefix("served ").unwrap()).unwrap(), wanted);
        assert!(!line.contains(token), "{line}");
    }
}
