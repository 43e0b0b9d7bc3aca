//! Contract of `Links`: a link serves one object under its file name until it expires.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::ports::{ErrorKind, ObjectRef, Objects, read_all};
use reqwest::{Response, StatusCode};

use crate::emulators::Emulators;
use crate::known::Gap;
use crate::samples::kind;

const DAY: Duration = Duration::from_secs(86_400);

fn zip() -> ObjectRef {
    ObjectRef::archives("archives/1/7 保存/Data_001.zip")
}

async fn sign(emulators: &Emulators, now: DateTime<Utc>, valid: Duration) -> String {
    emulators.ports.links.sign(&zip(), "Data_001.zip", now, valid).await.expect("signs")
}

async fn put(objects: &dyn Objects, at: &ObjectRef, text: &'static str) {
    objects.put(at, Bytes::from_static(text.as_bytes()), "application/zip").await.expect("writes");
}

async fn get(link: &str) -> Response {
    reqwest::get(link).await.expect("answers")
}

#[tokio::test]
async fn a_link_serves_the_object_under_its_file_name() {
    let emulators = Emulators::start().await;
    put(&*emulators.ports.objects, &zip(), "a zip").await;
    let served = get(&sign(&emulators, Utc::now(), DAY).await).await;
    assert_eq!(served.status(), StatusCode::OK);
    assert_eq!(served.headers()["content-disposition"], "attachment; filename=\"Data_001.zip\"");
    assert_eq!(served.headers()["content-type"], "application/zip");
    assert_eq!(served.text().await.unwrap(), "a zip");
}

#[tokio::test]
async fn a_link_to_nothing_serves_nothing() {
    let emulators = Emulators::start().await;
    // S3 reveals only to those with list permission that the object does not exist.
    assert!(get(&sign(&emulators, Utc::now(), DAY).await).await.status().is_client_error());
}

#[tokio::test]
async fn a_link_that_was_changed_serves_nothing() {
    let emulators = Emulators::start().await;
    for at in [zip(), ObjectRef::archives("archives/1/7 保存/Data_002.zip")] {
        put(&*emulators.ports.objects, &at, "a zip").await;
    }
    let link = sign(&emulators, Utc::now(), DAY).await;
    let signature = link.split("X-Amz-Signature=").nth(1).expect("a signature")[..64].to_owned();
    let changes = [
        ("Data_001.zip?", "Data_002.zip?"),
        ("X-Amz-Expires=86400", "X-Amz-Expires=604800"),
        ("filename%3D%22Data_001.zip", "filename%3D%22Data_009.zip"),
        (signature.as_str(), &"0".repeat(64)),
    ];
    for (signed, changed) in changes {
        assert!(link.contains(signed), "{signed} is not in {link}");
        let status = get(&link.replace(signed, changed)).await.status();
        emulators.keep(Gap::ForgedLinks, status.is_client_error());
    }
    let unsigned = link.split('?').next().expect("a path");
    assert_eq!(get(unsigned).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_link_serves_for_its_time_and_not_longer() {
    let emulators = Emulators::start().await;
    put(&*emulators.ports.objects, &zip(), "a zip").await;
    let six_days_ago = Utc::now() - TimeDelta::days(6);
    let works = sign(&emulators, six_days_ago, 7 * DAY).await;
    assert_eq!(get(&works).await.status(), StatusCode::OK);
    let ended = sign(&emulators, six_days_ago, 5 * DAY).await;
    emulators.keep(Gap::ExpiredLinks, get(&ended).await.status().is_client_error());
}

#[tokio::test]
async fn a_link_lives_for_seven_days_at_most() {
    let emulators = Emulators::start().await;
    let sign = async |valid| kind(emulators.ports.links.sign(&zip(), "Data_001.zip", Utc::now(), valid).await);
    assert_eq!(sign(7 * DAY).await, None);
    assert_eq!(sign(7 * DAY + Duration::from_secs(1)).await, Some(ErrorKind::Refused));
}

#[tokio::test]
async fn the_key_of_links_reads_zips_and_nothing_else() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let others = [
        ObjectRef::archives("work/1/rows"),
        ObjectRef::archives("archives/../work/1/rows"),
        ObjectRef::archives("contents/1/7.json"),
        ObjectRef::crm("1/Leads/rows"),
    ];
    for at in &others {
        if !at.key.contains("..") {
            put(&*ports.objects, at, "somebody's").await;
        }
        let link = ports.links.sign(at, "a", Utc::now(), DAY).await.expect("signs");
        let status = get(&link).await.status();
        emulators.keep(Gap::SignersRights, status.is_client_error());
    }
    let Some(signer) = emulators.signer_alone().await else { return };
    put(&*ports.objects, &zip(), "a zip").await;
    let text = Bytes::from_static(b"forged");
    let refused = Some(ErrorKind::Refused);
    assert_eq!(kind(signer.objects.put(&zip(), text, "application/zip").await), refused);
    assert_eq!(kind(signer.objects.delete(&zip()).await), refused);
    assert_eq!(kind(signer.objects.list(zip().bucket, "").await), refused);
    assert_eq!(kind(signer.uploads.begin(&zip(), "application/zip").await), refused);
    assert_eq!(read_all(&*signer.objects, &zip()).await.expect("reads"), "a zip");
}
