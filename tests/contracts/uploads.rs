//! Contract of `Uploads`: multipart objects that become visible only when they are complete.

use bytes::Bytes;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, PartTag, PortError, Ports, UploadId, read_all};

use crate::emulators::Emulators;
use crate::known::Gap;
use crate::samples::kind;

/// Minimum size of a part other than the last.
const MIN_PART: usize = 5 << 20;

fn zip() -> ObjectRef {
    ObjectRef::archives("zips/1/7/Data_001.zip")
}

fn body(letter: u8, size: usize) -> Bytes {
    Bytes::from(vec![letter; size])
}

async fn begin(ports: &Ports) -> UploadId {
    ports.uploads.begin(&zip(), "application/zip").await.expect("begins")
}

async fn part(ports: &Ports, upload: &UploadId, number: i32, bytes: Bytes) -> PartTag {
    ports.uploads.part(&zip(), upload, number, bytes).await.expect("takes a part")
}

async fn complete(ports: &Ports, upload: &UploadId, parts: Vec<PartTag>) -> Result<(), PortError> {
    ports.uploads.complete(&zip(), upload, parts, None).await
}

#[tokio::test]
async fn parts_may_be_sent_in_any_order() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    let third = part(ports, &upload, 3, body(b'c', 10)).await;
    let first = part(ports, &upload, 1, body(b'a', MIN_PART)).await;
    let second = part(ports, &upload, 2, body(b'b', MIN_PART + 1)).await;
    complete(ports, &upload, vec![first, second, third]).await.unwrap();
    let expected = [body(b'a', MIN_PART), body(b'b', MIN_PART + 1), body(b'c', 10)].concat();
    assert!(read_all(&*ports.objects, &zip()).await.unwrap() == expected);
}

#[tokio::test]
async fn a_part_sent_again_replaces_the_first() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    part(ports, &upload, 1, body(b'x', MIN_PART + 7)).await;
    let second = part(ports, &upload, 2, body(b'b', 10)).await;
    let first = part(ports, &upload, 1, body(b'a', MIN_PART)).await;
    complete(ports, &upload, vec![first, second]).await.unwrap();
    assert!(read_all(&*ports.objects, &zip()).await.unwrap() == [body(b'a', MIN_PART), body(b'b', 10)].concat());
}

#[tokio::test]
async fn a_part_is_made_of_a_range_of_another_object() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let from = ObjectRef::crm("files/1/あ b+c%2F.bin");
    let source: Vec<u8> = (0..6_000_000u32).map(|number| number.to_le_bytes()[1]).collect();
    ports.objects.put(&from, Bytes::from(source.clone()), "application/octet-stream").await.unwrap();
    let upload = begin(ports).await;
    let first = ports.uploads.copy_part(&zip(), &upload, 1, &from, 100..5_900_000).await.unwrap();
    let second = part(ports, &upload, 2, body(b'b', 10)).await;
    complete(ports, &upload, vec![first, second]).await.unwrap();
    assert!(read_all(&*ports.objects, &zip()).await.unwrap() == [&source[100..5_900_000], &[b'b'; 10]].concat());
}

#[tokio::test]
async fn a_part_cannot_be_made_of_an_absent_object() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    let copied = ports.uploads.copy_part(&zip(), &upload, 1, &ObjectRef::crm("nothing"), 0..10).await;
    assert_eq!(kind(copied), Some(ErrorKind::NotFound));
}

#[tokio::test]
async fn nothing_is_visible_until_it_is_complete() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    let first = part(ports, &upload, 1, body(b'a', 10)).await;
    assert_eq!(ports.objects.head(&zip()).await.unwrap(), None);
    assert_eq!(ports.objects.list(Bucket::Archives, "").await.unwrap(), [""; 0]);
    complete(ports, &upload, vec![first]).await.unwrap();
    assert_eq!(ports.objects.list(Bucket::Archives, "").await.unwrap(), [zip().key]);
    let again = begin(ports).await;
    let second = part(ports, &again, 1, body(b'b', 20)).await;
    assert_eq!(read_all(&*ports.objects, &zip()).await.unwrap(), body(b'a', 10), "the object before stays");
    complete(ports, &again, vec![second]).await.unwrap();
    assert_eq!(read_all(&*ports.objects, &zip()).await.unwrap(), body(b'b', 20));
}

#[tokio::test]
async fn an_aborted_upload_is_gone() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    let first = part(ports, &upload, 1, body(b'a', 10)).await;
    assert!(emulators.open_uploads().await > 0);
    ports.uploads.abort(&zip(), &upload).await.unwrap();
    assert_eq!(emulators.open_uploads().await, 0, "its parts are freed");
    emulators.keep(Gap::RepeatedAbort, ports.uploads.abort(&zip(), &upload).await.is_ok());
    assert!(ports.uploads.part(&zip(), &upload, 1, body(b'a', 10)).await.is_err());
    assert!(complete(ports, &upload, vec![first]).await.is_err());
    assert_eq!(ports.objects.head(&zip()).await.unwrap(), None);
}

#[tokio::test]
async fn only_the_last_part_may_be_small() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    let first = part(ports, &upload, 1, body(b'a', MIN_PART - 1)).await;
    let second = part(ports, &upload, 2, body(b'b', 10)).await;
    assert_eq!(kind(complete(ports, &upload, vec![first, second]).await), Some(ErrorKind::Refused));
    assert_eq!(ports.objects.head(&zip()).await.unwrap(), None);
}

#[tokio::test]
async fn parts_are_numbered_from_1_to_10_000() {
    let emulators = Emulators::start().await;
    let ports = &emulators.ports;
    let upload = begin(ports).await;
    part(ports, &upload, 10_000, body(b'a', 10)).await;
    assert!(ports.uploads.part(&zip(), &upload, 10_001, body(b'a', 10)).await.is_err());
    emulators.keep(Gap::PartZero, ports.uploads.part(&zip(), &upload, 0, body(b'a', 10)).await.is_err());
}
