//! Zips with a size limit: each is complete by itself, and together they contain the whole backup.

use hozon::import::{ImportOptions, import};
use hozon::verify::{check_set, verify};
use hozon_archive::ArchiveSettings;
use hozon_tests::{Crm, World, contents};

const MIB: usize = 1 << 20;
const MAX_BYTES: u64 = 16 << 20;

fn crm() -> Crm {
    let mut random = fastrand::Rng::with_seed(5);
    let mut rows = String::from("Id,Name\n");
    for id in 1..=600_000 {
        rows.push_str(&format!(
            "{id},{:016x}{:016x}{:016x}{:016x}\n",
            random.u64(..),
            random.u64(..),
            random.u64(..),
            random.u64(..)
        ));
    }
    let mut crm = Crm::default().file("Leads.csv", rows.as_bytes()).file("Deals.csv", b"Id,Amount\n10,-5\n");
    for (number, size) in (1..).zip([1, 3 * MIB, 9 * MIB, 2 * MIB, 21 * MIB, 4 * MIB, 4 * MIB, 7 * MIB, 100, 12 * MIB]) {
        let mut bytes = vec![0; size];
        random.fill(&mut bytes);
        crm = crm.file(&format!("attachments/Leads/{number}/scan.jpg"), &bytes);
    }
    crm
}

#[tokio::test]
async fn a_limit_splits_zips_and_nothing_is_lost() {
    let mut world = World::start_with(|options| {
        options.limits = ArchiveSettings { max_zip_bytes: Some(MAX_BYTES), rows_per_file: 100_000, ..ArchiveSettings::default() };
    })
    .await;
    world.import(crm().inputs()).await;
    let zips = world.back_up_well().await;
    let names: Vec<&str> = zips.iter().map(|zip| zip.file_name().unwrap().to_str().unwrap()).collect();
    let of = |kind: &str| names.iter().filter(|name| name.starts_with(kind)).count();
    assert!(of("Data_00") >= 2 && of("Attachments_00") >= 5, "{names:?}");
    let sizes: Vec<u64> = zips.iter().map(|zip| zip.metadata().unwrap().len()).collect();
    let large = sizes.iter().filter(|size| **size > MAX_BYTES).count();
    assert_eq!(large, 1, "only the file of 21 MiB is larger, in a zip of its own: {sizes:?}");
    world.keep_for_readers("splitting", &zips);

    let links = world.administrator().get("/backup/urls").await.body;
    let count = |kind: &str| links["urls"][kind].as_array().map(Vec::len);
    assert_eq!((count("data_links"), count("attachment_links")), (Some(of("Data_")), Some(of("Attachments_"))), "{links}");

    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let without_one = ImportOptions { from: zips[1..].to_vec(), ..ImportOptions::default() };
    let refused = import(&world.local.ports, copy, &without_one, &mut |_| {}).await.unwrap_err();
    assert!(refused.to_string().contains("Data_001.zip of this backup is missing"), "{refused}");
    let mut verified = Vec::new();
    for zip in &zips {
        verified.push(verify(zip, &mut |_, _| {}).await.unwrap());
    }
    check_set(&verified).unwrap();
    verified.pop();
    let missing = check_set(&verified).unwrap_err();
    assert!(missing.to_string().contains(names[names.len() - 1]), "{missing}");
    let options = ImportOptions { from: zips.clone(), ..ImportOptions::default() };
    import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let (original, copied) = (contents(&world.local.ports, world.org).await, contents(&world.local.ports, copy).await);
    assert!(original == copied, "it differs after a round trip");
    world.end().await;
}
