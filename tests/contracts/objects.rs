//! Contract of `Objects`: whole objects, written atomically and listed in order.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::aws::Aws;
use hozon_shared::ports::{Bucket, ErrorKind, ObjectRef, Objects, read_all};
use hozon_shared::settings::{Endpoints, Settings};
use hozon_shared::telemetry::Causes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::emulators::Emulators;
use crate::known::Gap;
use crate::samples::kind;

async fn put(objects: &dyn Objects, key: &str, body: impl Into<Bytes>) {
    objects.put(&ObjectRef::archives(key), body.into(), "text/plain").await.expect("writes");
}

/// Returns the port on a server that answers one request with these bytes.
async fn served_once(answer: String) -> Arc<dyn Objects> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let s3 = Some(format!("http://{}", listener.local_addr().unwrap()));
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a caller");
        let _ = socket.read(&mut [0; 4096]).await;
        socket.write_all(answer.as_bytes()).await.expect("answers");
    });
    let settings = Emulators::start().await.settings;
    let settings = Settings { endpoints: Endpoints { s3, ..settings.endpoints.clone() }, ..settings };
    Aws::load(settings).await.ports().objects
}

async fn range(objects: &dyn Objects, key: &str, range: Range<u64>) -> Vec<u8> {
    let body = objects.get(&ObjectRef::archives(key), Some(range)).await.expect("is there");
    body.try_collect::<Vec<_>>().await.expect("reads").concat()
}

#[tokio::test]
async fn an_object_is_read_as_it_was_written_last() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let at = ObjectRef::archives("work/1/あ b+c.seg");
    let large: Vec<u8> = (0..3_000_000u32).map(|number| number.to_le_bytes()[1]).collect();
    for body in [Bytes::from_static(b"first"), Bytes::from(large), Bytes::new()] {
        objects.put(&at, body.clone(), "text/plain").await.unwrap();
        assert_eq!(read_all(objects, &at).await.unwrap(), body);
    }
}

#[tokio::test]
async fn an_object_that_is_replaced_while_it_is_read_is_the_old_or_the_new_one() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let bodies = [Bytes::from(vec![b'a'; 400]), Bytes::from(vec![b'b'; 700])];
    put(objects, "work/1/place.json", bodies[0].clone()).await;
    let replacing = async {
        for round in 0..150 {
            put(objects, "work/1/place.json", bodies[round % 2].clone()).await;
        }
    };
    let reading = async {
        for _ in 0..300 {
            let read = read_all(objects, &ObjectRef::archives("work/1/place.json")).await.expect("reads");
            assert!(bodies.contains(&read), "{} bytes", read.len());
        }
    };
    tokio::join!(replacing, reading);
}

#[tokio::test]
async fn a_range_is_read_alone() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    put(objects, "a", "0123456789").await;
    for (wanted, expected) in [(0..1, "0"), (3..7, "3456"), (9..10, "9"), (0..10, "0123456789"), (4..4, ""), (7..99, "789")] {
        assert_eq!(range(objects, "a", wanted).await, expected.as_bytes());
    }
}

#[tokio::test]
async fn an_absent_object_is_not_found_before_it_is_read() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let nothing = ObjectRef::archives("nothing");
    for range in [None, Some(0..1), Some(5..9)] {
        assert_eq!(kind(objects.get(&nothing, range).await), Some(ErrorKind::NotFound));
    }
    assert_eq!(kind(read_all(objects, &nothing).await), Some(ErrorKind::NotFound));
    assert_eq!(range(objects, "nothing", 4..4).await, b"", "an empty range asks for nothing");
    assert_eq!(objects.head(&nothing).await.unwrap(), None);
}

#[tokio::test]
async fn the_buckets_are_different() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    put(objects, "a", "archives").await;
    assert_eq!(objects.head(&ObjectRef::crm("a")).await.unwrap(), None);
    objects.put(&ObjectRef::crm("a"), Bytes::from_static(b"crm"), "text/plain").await.unwrap();
    assert_eq!(read_all(objects, &ObjectRef::archives("a")).await.unwrap(), "archives");
    assert_eq!(read_all(objects, &ObjectRef::crm("a")).await.unwrap(), "crm");
    assert_eq!(objects.list(Bucket::Crm, "").await.unwrap(), ["a"]);
}

#[tokio::test]
async fn metadata_are_read_without_the_object() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let at = ObjectRef::archives("a");
    put(objects, "a", "first").await;
    let first = objects.head(&at).await.unwrap().unwrap();
    assert_eq!(first.size, 5);
    assert!((Utc::now() - first.modified).abs() < TimeDelta::minutes(1), "{}", first.modified);
    put(objects, "a", "other").await;
    let second = objects.head(&at).await.unwrap().unwrap();
    assert_ne!(first.etag, second.etag);
    put(objects, "a", "first").await;
    assert_eq!(objects.head(&at).await.unwrap().unwrap().etag, first.etag, "the tag is of the contents");
}

#[tokio::test]
async fn an_object_is_deleted_whether_or_not_it_exists() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    put(objects, "a", "x").await;
    put(objects, "ab", "x").await;
    for _ in 0..2 {
        objects.delete(&ObjectRef::archives("a")).await.unwrap();
        assert_eq!(objects.head(&ObjectRef::archives("a")).await.unwrap(), None);
    }
    objects.delete(&ObjectRef::archives("never/there")).await.unwrap();
    assert_eq!(objects.list(Bucket::Archives, "").await.unwrap(), ["ab"]);
}

#[tokio::test]
async fn many_objects_are_deleted_at_once_whatever_their_keys_and_whether_they_exist() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let keys = ["a&b <c>", "x/\"quoted\" 'y'", "あ/保存 1.json", "a%2Fb+c", "&lt;]]>"].map(str::to_owned);
    for key in &keys {
        put(objects, key, "x").await;
    }
    put(objects, "kept", "x").await;
    objects.delete_all(Bucket::Archives, &[]).await.unwrap();
    objects.delete_all(Bucket::Crm, &keys).await.expect("none of them is in this bucket");
    assert_eq!(objects.list(Bucket::Archives, "").await.unwrap().len(), 6);
    let absent = ["never/there".to_owned(), "x".to_owned()];
    for _ in 0..2 {
        objects.delete_all(Bucket::Archives, &[&keys[..], &absent].concat()).await.unwrap();
        assert_eq!(objects.list(Bucket::Archives, "").await.unwrap(), ["kept"]);
    }
}

#[tokio::test]
async fn an_object_that_cannot_be_deleted_fails_the_deletion_of_many() {
    // No emulator refuses a single key of a request that it accepts, so this test server does.
    let refused = "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>";
    let error = served_once(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{refused}", refused.len()))
        .await
        .delete_all(Bucket::Archives, &["a", "b"].map(str::to_owned))
        .await
        .unwrap_err();
    assert_eq!(error.kind, ErrorKind::Refused);
    let cause = Causes(&error).to_string();
    assert!(cause.ends_with("1 of 2 objects could not be deleted; the first error is AccessDenied"), "{cause}");
}

#[tokio::test]
async fn keys_are_listed_in_order_and_by_prefix() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    for key in ["b/2", "a/10", "a/2", "a-1", "a/1/z", "あ/1", "B", "a b+c"] {
        put(objects, key, "x").await;
    }
    let listed = async |prefix| objects.list(Bucket::Archives, prefix).await.unwrap();
    assert_eq!(listed("").await, ["B", "a b+c", "a-1", "a/1/z", "a/10", "a/2", "b/2", "あ/1"]);
    assert_eq!(listed("a/").await, ["a/1/z", "a/10", "a/2"]);
    assert_eq!(listed("a/1").await, ["a/1/z", "a/10"]);
    assert_eq!(listed("あ").await, ["あ/1"]);
    assert_eq!(listed("c").await, [""; 0]);
}

#[tokio::test]
async fn more_keys_than_a_page_of_the_service_are_listed_and_deleted_whole() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let keys: Vec<_> = (0..2010).map(|number| format!("work/{number:04}")).collect();
    stream::iter(&keys).for_each_concurrent(16, |key| put(objects, key, "x")).await;
    put(objects, "worker", "x").await;
    assert_eq!(objects.list(Bucket::Archives, "work/").await.unwrap(), keys);
    objects.delete_all(Bucket::Archives, &keys).await.unwrap();
    assert_eq!(objects.list(Bucket::Archives, "").await.unwrap(), ["worker"]);
}

#[tokio::test]
async fn a_reader_sees_the_old_object_or_the_new_one() {
    let emulators = Emulators::start().await;
    let objects = &*emulators.ports.objects;
    let body = |letter: u8| Bytes::from(vec![letter; 1 << 20]);
    put(objects, "a", body(b'a')).await;
    let writing = async {
        for letter in b"babababab" {
            put(objects, "a", body(*letter)).await;
        }
    };
    let reading = async {
        for _ in 0..30 {
            match read_all(objects, &ObjectRef::archives("a")).await {
                Ok(read) => assert!(read == body(b'a') || read == body(b'b'), "{} bytes of both", read.len()),
                Err(error) => assert!(emulators.lack(Gap::WholeObjects), "{error:?}"),
            }
        }
    };
    futures_util::future::join(writing, reading).await;
}

#[tokio::test]
async fn an_object_without_a_date_is_not_taken_for_an_old_one() {
    // Every emulator dates objects, so this test server answers.
    let objects = served_once("HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"a\"\r\n\r\n".to_owned()).await;
    assert_eq!(kind(objects.head(&ObjectRef::archives("a")).await), Some(ErrorKind::Corrupt));
}

#[tokio::test]
async fn a_truncated_body_is_an_error() {
    // No emulator truncates a body, so this test server does.
    let objects = served_once("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello".to_owned()).await;
    assert_eq!(kind(read_all(&*objects, &ObjectRef::archives("a")).await), Some(ErrorKind::Unavailable));
}
