//! `hozon compare`: two backups as zips, without a server.

use std::path::{Path, PathBuf};

use hozon_archive::ArchiveSettings;
use hozon_tests::{Crm, World, ZOHO_ZIPS, ZohoZips, csv, zoho_id};
use tempfile::TempDir;

use crate::terminal::command;

async fn compare_in(locale: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let nowhere = Path::new("/nonexistent/data");
    let output = command(nowhere, &[&["compare"], arguments].concat(), locale).output().await.unwrap();
    (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

async fn compare(arguments: &[&str]) -> (Option<i32>, String) {
    compare_in("C", arguments).await
}

/// Arguments that name the zips of both sides.
fn sides<'a>(before: &'a [PathBuf], after: &'a [PathBuf]) -> Vec<&'a str> {
    let names = |flag, zips: &'a [PathBuf]| std::iter::once(flag).chain(zips.iter().map(|zip| zip.to_str().unwrap()));
    names("--before", before).chain(names("--after", after)).collect()
}

/// [`Crm::small`] after a week of work.
fn later() -> Crm {
    let rows: [&[&str]; 4] =
        [&["Id", "Name", "Phone", "Score"], &["3", "New", "", "1"], &["1", "山田 \"太郎\"", "+81", "2"], &["4", "'x", "-5", "3"]];
    Crm::default()
        .file("Leads.csv", &csv(&rows))
        .file("Deals.csv", &csv(&[&["Id", "Amount"], &["10", "-12.50"]]))
        .file("Cases.csv", &csv(&[&["Id"], &["20"]]))
        .file("attachments/Leads/1/offer.txt", b"another offer")
        .file("attachments/Deals/10/見積.txt", "保存".as_bytes())
        .file("attachments/Deals/10/signed.txt", b"signed")
}

async fn two_backups() -> (World, Vec<PathBuf>, Vec<PathBuf>) {
    let world = World::start().await;
    world.import(Crm::small().inputs()).await;
    let before = world.back_up_well().await;
    world.import(later().inputs()).await;
    let after = world.back_up_well().await;
    (world, before, after)
}

#[tokio::test]
async fn two_backups_are_compared_record_by_record_and_file_by_file() {
    let (world, before, after) = two_backups().await;
    let (code, said) = compare(&sides(&before, &after)).await;
    let expected = "\
Leads: 2 records before, 3 after; 2 added, 1 changed, 1 deleted
  new fields: Score
  changed 1
      Phone: \"+819012345678\" -> \"+81\"
  deleted 2
  added 3
  added 4
  attachments: 0 added, 1 changed, 1 deleted
  deleted 1: empty.txt
  changed 1: offer.txt
Cases: 0 records before, 1 after; 1 added, 0 changed, 0 deleted
  the module is new
  added 20
";
    let deals = "Deals: 1 records before, 1 after; 0 added, 0 changed, 0 deleted\n  attachments: 1 added, 0 changed, 0 deleted\n  added 10: signed.txt\n";
    for part in
        [expected.split_at(expected.find("Cases").unwrap()).0, expected.split_at(expected.find("Cases").unwrap()).1, deals]
    {
        assert!(said.contains(part), "{part}\n---\n{said}");
    }
    assert!(code == Some(1) && said.ends_with("The backups differ in 3 of 3 modules.\n"), "{code:?} {said}");
    let (code, said) = compare(&sides(&after, &after)).await;
    assert_eq!((code, said.as_str()), (Some(0), "The backups are equal: 3 modules, 5 records.\n"));
    world.end().await;
}

#[tokio::test]
async fn all_differences_are_in_the_csv_file_whatever_the_limit() {
    let (world, before, after) = two_backups().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("differences.csv");
    let more = ["--csv", file.to_str().unwrap(), "--module", "Leads", "--limit", "1"];
    let (code, said) = compare(&[sides(&before, &after).as_slice(), &more].concat()).await;
    assert!(code == Some(1) && said.contains("and 3 more; --csv FILE writes all") && !said.contains("Cases"), "{said}");
    let lines = std::fs::read_to_string(&file).unwrap();
    let expected = "\u{FEFF}module,record,change,field,before,after\r\n\
        Leads,,field_added,Score,,\r\n\
        Leads,1,changed,Phone,'+819012345678,'+81\r\n\
        Leads,2,deleted,Name,'=1+1,\r\n\
        Leads,2,deleted,Phone,-5,\r\n\
        Leads,3,added,Name,,New\r\n\
        Leads,3,added,Phone,,\"\"\r\n\
        Leads,4,added,Name,,''x\r\n\
        Leads,4,added,Phone,,-5\r\n";
    let (records, files): (Vec<&str>, Vec<&str>) = lines.split_inclusive("\r\n").partition(|line| !line.contains(",file_"));
    assert_eq!(records.concat(), expected);
    assert!(files.len() == 2 && files[0].starts_with("Leads,1,file_deleted,empty.txt,"), "{files:?}");
    world.end().await;
}

#[tokio::test]
async fn data_without_attachments_is_compared_with_a_word_about_it() {
    let (world, before, after) = two_backups().await;
    let (code, said) = compare(&[before[0].to_str().unwrap(), after[0].to_str().unwrap()]).await;
    assert!(code == Some(1) && !said.contains("attachments"), "neither has them: {said}");
    let (code, said) = compare(&sides(&before, &after[..1])).await;
    assert!(code == Some(1) && said.contains("Attachments were not compared"), "{said}");
    let (code, said) = compare_in("ja_JP.UTF-8", &sides(&before, &after[..1])).await;
    assert!(code == Some(1) && said.contains("添付ファイルは比較していません"), "{said}");
    assert!(said.contains("Leads: レコード 変更前 2 件、変更後 3 件。追加 2 件、変更 1 件、削除 1 件"), "{said}");
    assert!(said.contains("追加された項目: Score") && said.contains("3 モジュールのうち 2 モジュールに違いがあります"), "{said}");
    world.end().await;
}

#[tokio::test]
async fn zips_of_a_split_backup_are_one_side() {
    let world = World::start_with(|options| {
        options.limits = ArchiveSettings { max_zip_bytes: Some(16 << 20), rows_per_file: 100_000, ..ArchiveSettings::default() };
    })
    .await;
    let mut random = fastrand::Rng::with_seed(5);
    let rows: Vec<String> = (1..=500_000).map(|id| format!("{id},{:032x}{:032x}\n", random.u128(..), random.u128(..))).collect();
    let export = |rows: &[String]| Crm::default().file("Leads.csv", ["Id,Name\n", &rows.concat()].concat().as_bytes());
    world.import(export(&rows).inputs()).await;
    let zips = world.back_up_well().await;
    let data: Vec<_> = zips.into_iter().filter(|zip| zip.to_str().unwrap().contains("Data_0")).collect();
    assert!(data.len() > 1, "{data:?}");
    let mut edited = rows;
    edited[7] = "8,short\n".to_owned();
    edited.remove(250_000);
    let (kept, late) = (edited.split_off(1_000), edited);
    let export = export(&[kept, late].concat());
    let after = vec![export.path().to_owned()];
    let (code, said) = compare(&sides(&data, &after)).await;
    assert!(code == Some(1) && said.contains("500,000 records before, 499,999 after; 0 added, 1 changed, 1 deleted"), "{said}");
    assert!(said.contains("changed 8\n") && said.contains("deleted 250001\n"), "{said}");
    let (code, said) = compare(&sides(&data[1..], &after)).await;
    assert!(code == Some(2) && said.contains("Data_001.zip of this backup is missing"), "{said}");
    world.end().await;
}

#[tokio::test]
async fn zips_of_zoho_are_compared_as_they_are() {
    let [one, two, three] = [1, 2, 3].map(zoho_id);
    let header = "\u{FEFF}Record Id,Lead Owner.id,Lead Owner,Last Name,Status,Status,Created Time,Email Opt Out\r\n";
    let owner = zoho_id(90);
    let before = ZohoZips::sample().pack().await;
    let after = ZohoZips::sample()
        .file(
            "Data_001/Data/Leads_001.csv",
            &format!("{header}{two},{owner},Ann,\"a\r\nb\",,x,,True\r\n{one},{owner},Ann,=1+1,Won,,2026-07-28 12:00:00,TRUE\r\n"),
        )
        .file("Data_002/Data/Leads_002.csv", header)
        .file("Attachments_001/5361160000000101_offer, final.pdf", "better")
        .pack()
        .await;
    let (before, after) = (before.zips(&ZOHO_ZIPS), after.zips(&ZOHO_ZIPS));
    let (code, said) = compare(&sides(&before, &after)).await;
    assert!(code == Some(1) && said.contains("Leads: 3 records before, 2 after; 0 added, 1 changed, 1 deleted"), "{said}");
    assert!(said.contains(&format!("changed {one}\n      Lead_Status: \"New\" -> \"Won\"")), "{said}");
    assert!(said.contains(&format!("deleted {three}")) && said.contains(&format!("changed {one}: offer, final.pdf")), "{said}");
    assert_eq!(compare(&sides(&before, &before)).await.0, Some(0));
}

#[tokio::test]
async fn what_cannot_be_compared_is_named_in_both_languages_with_exit_code_2() {
    let (world, before, after) = two_backups().await;
    let folder = TempDir::new().unwrap();
    let made = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let whole = std::fs::read(&before[0]).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 3;
    damaged[middle] ^= 0x40;
    let (damaged, cut) = (made("Damaged.zip", &damaged), made("Cut.zip", &whole[..whole.len() / 2]));
    let (sheet, nothing) = (made("Deals.xlsx", b"x"), folder.path().join("no.zip").to_str().unwrap().to_owned());
    let good = before[0].to_str().unwrap();
    let other = after[1].to_str().unwrap();
    let csv = folder.path().join("no/differences.csv");
    for (arguments, english, japanese) in [
        (&[damaged.as_str(), good][..], "Damaged.zip", "Damaged.zip"),
        (&[&cut, good], "Cut.zip cannot be read", "Cut.zip を読めません"),
        (&[good, &nothing], "no.zip cannot be read", "no.zip を読めません"),
        (&[good, &sheet], "Deals.xlsx: a spreadsheet", "Deals.xlsx: 表計算ファイルです"),
        (&["--before", good, other, "--after", good], "name the zips of one after --before", "--before に"),
        (&[good, good, "--module", "Quotes"], "neither backup has a module Quotes", "モジュール Quotes はどちら"),
        (&[good, good, "--csv", csv.to_str().unwrap()], "differences.csv cannot be written", "differences.csv に書き込めません"),
        (&[good], "", ""),
    ] {
        let (code, said) = compare(arguments).await;
        assert!(code == Some(2) && said.contains(english), "{arguments:?}: {code:?} {said}");
        let (code, said) = compare_in("ja_JP.UTF-8", arguments).await;
        assert!(code == Some(2) && said.contains(japanese), "{arguments:?}: {code:?} {said}");
    }
    world.end().await;
}

#[tokio::test]
async fn an_edited_or_hostile_zip_is_refused() {
    let (world, before, _) = two_backups().await;
    let folder = TempDir::new().unwrap();
    let script = format!(
        "unzip -q '{}' -d d; sed -i 's/12.50/12.51/' d/Deals.csv; (cd d; zip -qr ../Edited.zip .); mkdir -p x/y; echo Id >x/Leads.csv; \
         (cd x/y; zip -q ../../Out.zip ../Leads.csv)",
        before[0].display()
    );
    let ran = tokio::process::Command::new("bash").args(["-ec", &script]).current_dir(folder.path()).status().await.unwrap();
    assert!(ran.success());
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let good = before[0].to_str().unwrap();
    let (code, said) = compare(&[good, &path("Edited.zip")]).await;
    assert!(code == Some(2) && said.contains("Deals.csv is damaged or was edited") && said.contains("--edited"), "{said}");
    let (code, said) = compare(&[good, &path("Edited.zip"), "--edited"]).await;
    assert!(code == Some(1) && said.contains("Amount: \"-12.50\" -> \"-12.51\""), "{said}");
    let (code, said) = compare(&[good, &path("Out.zip")]).await;
    assert!(code == Some(2) && said.contains("unsafe name: ../Leads.csv"), "{said}");
    world.end().await;
}
