//! Large files are stored as the zip has them, and copied into it inside the object store.

use hozon_shared::archive::zip::Method;
use hozon_shared::domain::snapshot::FileRun;
use hozon_shared::ports::Bucket;
use hozon_shared::snapshots::stores::stored_object;
use hozon_tests::{Crm, World, unzip};

const MIB: usize = 1 << 20;

fn noise(bytes: usize, seed: u64) -> Vec<u8> {
    let mut noise = vec![0; bytes];
    fastrand::Rng::with_seed(seed).fill(&mut noise);
    noise
}

/// A CRM with files that are objects of their own, some of them compressible, and a small one.
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

/// Names of the files that are objects of their own, and those of them that are stored as they are.
async fn large_files(world: &World) -> Vec<(String, bool)> {
    let large = world.stored("Leads").await.files.into_iter().filter_map(|run| match run {
        FileRun::Large(large) => Some((large.file.attachment.name, large.file.entry.method == Method::Stored)),
        FileRun::Pack(_) => None,
    });
    large.collect()
}

#[tokio::test]
async fn large_files_are_stored_once_as_the_zip_has_them() {
    let world = World::start().await;
    let (crm, files) = crm();
    world.import(crm.inputs()).await;
    let large = [("clip.mp4", true), ("long.mp4", true), ("mixed.bin", false), ("short.mp4", true), ("text.txt", false)];
    assert_eq!(large_files(&world).await, large.map(|(name, is_stored)| (name.to_owned(), is_stored)));
    let zips = world.back_up_well().await;
    world.keep_for_readers("splicing", &zips);
    for (path, bytes) in files {
        assert!(unzip(&zips[1], path) == bytes, "{path}");
    }
    let objects = &world.local.ports.objects;
    assert_eq!(objects.list(Bucket::Crm, &format!("org/{}/%staged/", world.org)).await.unwrap(), Vec::<String>::new());
    world.end().await;
}

#[tokio::test]
async fn a_large_file_that_is_gone_when_the_zip_is_made_fails_the_backup() {
    let world = World::start().await;
    let (crm, _) = crm();
    world.import(crm.inputs()).await;
    world.back_up_well().await;
    let clip = world.stored("Leads").await.files[0].object().to_owned();
    world.local.ports.objects.delete(&stored_object(world.org, &clip)).await.unwrap();
    let failure = world.back_up().await.failure.unwrap();
    assert_eq!(failure.code, "ATTACHMENT_MISSING");
    assert!(failure.message.contains("\"clip.mp4\" of record 1 in Leads"), "{}", failure.message);
    world.end().await;
}
