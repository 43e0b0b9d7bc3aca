//! Large incompressible files are copied from the CRM's store into the zip inside the object store; only the first 5
//! MiB of each pass through the service.

use hozon_shared::ports::{Bucket, ObjectRef};
use hozon_tests::{Crm, World, unzip};
use serde_json::Value;

const MIB: usize = 1 << 20;

fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    fastrand::Rng::with_seed(seed).fill(&mut noise);
    noise
}

/// A CRM with files that are copied by the store, and files that are not, because they are smaller or compressible.
fn crm() -> (Crm, Vec<(&'static str, Vec<u8>)>) {
    let mixed = [noise(6 * MIB, 3), vec![b' '; 6 * MIB]].concat();
    let files = vec![
        ("Leads/1/clip.mp4", noise(10 * MIB, 1)),
        ("Leads/1/first.txt", "first ".repeat(1000).into_bytes()),
        ("Leads/1/long.mp4", noise(23 * MIB + 7, 2)),
        ("Leads/1/mixed.bin", mixed),
        ("Leads/1/short.mp4", noise(10 * MIB - 1, 4)),
        ("Leads/1/text.txt", "保存 keeping safe ".repeat(12 * MIB / 20).into_bytes()),
    ];
    let crm = Crm::default().file("Leads.csv", b"Id,Name\n1,One\n");
    let crm = files.iter().fold(crm, |crm, (path, bytes)| crm.file(&format!("attachments/{path}"), bytes));
    (crm, files)
}

async fn tails(world: &World) -> Vec<u64> {
    let objects = &world.local.ports.objects;
    let mut tails = Vec::new();
    for key in objects.list(Bucket::Archives, "segments/").await.unwrap() {
        if key.ends_with(".json") {
            let note = std::fs::read(world.local.archive_path(&key)).unwrap();
            let segment: Value = serde_json::from_slice::<Value>(&note).unwrap()["segment"].take();
            if let (Some(start), Some(end)) =
                (segment["tail"]["range"]["start"].as_u64(), segment["tail"]["range"]["end"].as_u64())
            {
                let header = segment["size"].as_u64().unwrap() - start;
                assert!(start == 5 * MIB as u64 && header < 100, "5 MiB were read, no more");
                tails.push(end - start);
            }
        }
    }
    tails.sort_unstable();
    tails
}

#[tokio::test]
async fn large_files_that_do_not_shrink_are_copied_inside_the_store() {
    let world = World::start().await;
    let (crm, files) = crm();
    world.import(crm.inputs()).await;
    let zips = world.back_up_well().await;
    assert_eq!(tails(&world).await, [5 * MIB as u64, 7 * MIB as u64, 18 * MIB as u64 + 7]);
    world.keep_for_readers("splicing", &zips);
    for (path, bytes) in files {
        assert!(unzip(&zips[1], path) == bytes, "{path}");
    }
    world.end().await;
}

#[tokio::test]
async fn a_spliced_file_that_is_gone_when_the_zip_is_made_fails_the_backup() {
    let world = World::start().await;
    let (crm, _) = crm();
    world.import(crm.inputs()).await;
    world.back_up_well().await;
    let objects = &world.local.ports.objects;
    for key in objects.list(Bucket::Crm, "").await.unwrap() {
        if key.contains("/files/") {
            objects.delete(&ObjectRef::crm(key)).await.unwrap();
        }
    }
    let failure = world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "ATTACHMENT_MISSING");
    assert!(failure.message.contains("\"clip.mp4\" of record 1 in Leads"), "{}", failure.message);
    world.end().await;
}
