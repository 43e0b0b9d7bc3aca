//! Zoho CRM's own backup zips are imported as they are.

use std::path::PathBuf;

use hozon::import::{ImportError, ImportOptions, Imported, KeptBecause, Note, SetFault, ZohoNote};
use hozon_tests::{ModuleContents, World, ZOHO_ID, ZOHO_ZIPS, ZohoZips, contents, zoho_id};

async fn import(world: &World, from: Vec<PathBuf>) -> Result<Imported, ImportError> {
    let options = ImportOptions { from, time_zone: chrono_tz::Africa::Johannesburg, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, world.org, &options, &mut |_| {}).await
}

/// The notes about Zoho's zips.
async fn told(world: &World, from: Vec<PathBuf>) -> Vec<ZohoNote> {
    let about_zoho = |note| if let Note::Zoho(note) = note { note } else { panic!("{note:?}") };
    import(world, from).await.unwrap().notes.into_iter().map(about_zoho).collect()
}

fn module<'a>(modules: &'a [ModuleContents], name: &str) -> &'a ModuleContents {
    modules.iter().find(|module| module.api_name == name).unwrap_or_else(|| panic!("no {name}"))
}

/// Records and names of the attachments of a module.
fn attached(module: &ModuleContents) -> Vec<(&str, &str)> {
    module.attachments.iter().map(|(_, record, name, _, _)| (record.as_str(), name.as_str())).collect()
}

#[tokio::test]
async fn zips_of_zoho_become_modules_with_their_files() {
    let world = World::start().await;
    let zips = ZohoZips::sample().pack().await;
    let notes = told(&world, zips.zips(&ZOHO_ZIPS)).await;
    assert_eq!(notes, [ZohoNote::Metadata { files: 2 }]);
    let found = contents(&world.local.ports, world.org).await;
    let names: Vec<_> = found.iter().map(|module| (module.api_name.as_str(), module.label.as_str())).collect();
    let expected = [
        ("Leads", "Leads"),
        ("CustomModule6", "AppEvents"),
        ("Leads_RecordAccess", "Leads_RecordAccess"),
        ("Users", "Users"),
        ("Zoho_Backup", "Zoho backup"),
    ];
    assert_eq!(names, expected);
    let leads = module(&found, "Leads");
    let fields: Vec<_> = leads.fields.iter().map(|field| [&field.api_name, &field.label, &field.data_type]).collect();
    let expected = [
        ["id", "Record Id", "text"],
        ["Owner.id", "Lead Owner.id", "text"],
        ["Owner", "Lead Owner", "ownerlookup"],
        ["Last_Name", "Last Name", "text"],
        ["Lead_Status", "Status", "picklist"],
        ["Status2", "Status", "text"],
        ["Created_Time", "Created Time", "datetime"],
        ["Email_Opt_Out", "Email Opt Out", "text"],
    ];
    assert_eq!(fields, expected);
    let column = |at: usize| leads.rows.iter().map(|row| row[at].clone()).collect::<Vec<_>>();
    assert_eq!(
        (column(0), column(3)),
        ([1, 2, 3].map(zoho_id).to_vec(), ["=1+1", "a\r\nb", "'kept"].map(str::to_owned).to_vec())
    );
    assert_eq!(column(7), ["TRUE", "True", "true"]);
    let (one, two, event) = (zoho_id(1), zoho_id(2), zoho_id(70));
    let image = format!("{ZOHO_ID}000002.png");
    assert_eq!(attached(leads), [(one.as_str(), "offer, final.pdf"), (two.as_str(), image.as_str())]);
    assert_eq!(leads.attachments[0].0, zoho_id(101));
    assert_eq!(attached(module(&found, "CustomModule6")), [(event.as_str(), "見積.csv")]);
    assert_eq!(module(&found, "CustomModule6").attachments[0].4, b"plan1");
    let kept = attached(module(&found, "Zoho_Backup"));
    assert_eq!(kept, [("Metadata", "Fields_001.csv"), ("Metadata", "Modules_001.csv"), ("Index", "Attachments_001.csv")]);
    world.end().await;
}

#[tokio::test]
async fn a_folder_with_the_zips_or_with_what_was_in_them_is_the_same() {
    let world = World::start().await;
    let (packed, loose) = (ZohoZips::sample().pack().await, ZohoZips::sample());
    told(&world, packed.zips(&ZOHO_ZIPS)).await;
    let original = contents(&world.local.ports, world.org).await;
    for folder in [packed.path(), loose.path()] {
        assert_eq!(told(&world, vec![folder.to_owned()]).await.len(), 1, "{}", folder.display());
        assert_eq!(contents(&world.local.ports, world.org).await, original);
    }
    world.end().await;
}

/// Zips with files that belong nowhere, lines without a file, and a folder and columns that nobody knows.
async fn odd_zips() -> ZohoZips {
    let index = "Record Id,File Name,Size,Parent.id,Link URL\r\n";
    let rows = format!(
        "{},gone.pdf,5,{},\r\n{},a link,0,{},https://example.com\r\n{},orphan.txt,5,{},\r\n{},other.txt,6,{},\r\n",
        zoho_id(201),
        zoho_id(1),
        zoho_id(202),
        zoho_id(1),
        zoho_id(203),
        zoho_id(999),
        zoho_id(204),
        zoho_id(2)
    );
    ZohoZips::sample()
        .file("Data_001/Data/Attachments_001.csv", &format!("{index}{rows}"))
        .file("Data_001/RecordImages/org_logo.png", "logo")
        .file("Data_001/Later/Sheets_001.csv", "Id\r\n1\r\n")
        .file("Data_001/Data/readme.txt", "read me")
        .file(&format!("Attachments_002/{ZOHO_ID}000203_orphan.txt"), "alone")
        .file(&format!("Attachments_002/{ZOHO_ID}000204_other.txt"), "other")
        .file("Data_001/Metadata/Fields_001.csv", "A,B\r\n1,2\r\n")
        .pack()
        .await
}

#[tokio::test]
async fn everything_that_belongs_nowhere_is_kept_and_named() {
    let world = World::start().await;
    let zips = odd_zips().await;
    let mut notes = told(&world, zips.zips(&ZOHO_ZIPS)).await;
    let named = |note: &ZohoNote| match note {
        ZohoNote::Kept { name, because } => Some((name.rsplit('/').next().unwrap().to_owned(), because.clone())),
        _ => None,
    };
    let kept: Vec<_> = notes.iter().filter_map(named).collect();
    notes.retain(|note| named(note).is_none());
    let expected = [
        (format!("{ZOHO_ID}000203_orphan.txt"), KeptBecause::NoRecord { record: zoho_id(999) }),
        (format!("{ZOHO_ID}000101_offer, final.pdf"), KeptBecause::Unlisted),
        (format!("{ZOHO_ID}000102_見積.csv"), KeptBecause::Unlisted),
        ("org_logo.png".to_owned(), KeptBecause::NoImageRecord),
    ];
    for (name, because) in &expected {
        assert!(kept.iter().any(|(found, reason)| found.ends_with(name) && reason == because), "{name}: {kept:?}");
    }
    let unknown = kept.iter().filter(|(_, reason)| *reason == KeptBecause::UnknownFolder).count();
    assert_eq!((kept.len(), unknown), (6, 2), "{kept:?}");
    let [ZohoNote::Columns { .. }, gone, link, ZohoNote::Size { stated: 6, found: 5, .. }, ZohoNote::Metadata { files: 2 }] =
        &notes[..]
    else {
        panic!("{notes:?}")
    };
    assert!(
        matches!(gone, ZohoNote::NoFile { line: 2, is_link: false, file, .. } if file.ends_with("000201_gone.pdf")),
        "{gone}"
    );
    assert!(matches!(link, ZohoNote::NoFile { line: 3, is_link: true, .. }), "{link}");
    for note in &notes {
        let japanese = hozon::japanese::note(&Note::Zoho(note.clone()));
        assert!(japanese.contains(|c: char| ('\u{3040}'..='\u{30FF}').contains(&c)), "{japanese}");
    }
    let found = contents(&world.local.ports, world.org).await;
    let records: Vec<_> = attached(module(&found, "Zoho_Backup")).iter().map(|(record, _)| *record).collect();
    let expected =
        ["Attachments", "Attachments", "Attachments", "RecordImages", "Metadata", "Metadata", "Index", "Data", "Later"];
    assert_eq!(records.len(), expected.len(), "{records:?}");
    assert!(expected.iter().all(|record| records.contains(record)), "{records:?}");
    world.end().await;
}

#[tokio::test]
async fn a_missing_part_two_states_and_a_damaged_row_are_refused() {
    let world = World::start().await;
    let packed = ZohoZips::sample().file("Attachments_003/1_x.txt", "x").pack().await;
    let without_second = packed.zips(&["Data_001.zip", "Data_002.zip", "Attachments_001.zip", "Attachments_003.zip"]);
    let refused = import(&world, without_second).await.unwrap_err();
    let expected = "Attachments_002.zip";
    assert!(matches!(&refused, ImportError::Set(SetFault::MissingPart { missing, .. }) if missing == expected), "{refused:?}");
    let refused = import(&world, packed.zips(&["Data_001.zip"])).await;
    assert!(matches!(&refused.unwrap().notes[..], [Note::NoAttachments(_), ..]));
    let refused = import(&world, packed.zips(&["Data_002.zip"])).await.unwrap_err();
    assert!(
        matches!(&refused, ImportError::Set(SetFault::MissingPart { missing, .. }) if missing == "Data_001.zip"),
        "{refused:?}"
    );
    let later = ZohoZips::sample().file("Data_001/Data/Users_001.csv", "Record Id\r\n").pack().await;
    let both = [packed.zips(&ZOHO_ZIPS[..2]), later.zips(&ZOHO_ZIPS[..2])].concat();
    let refused = import(&world, both).await.unwrap_err();
    assert!(matches!(&refused, ImportError::SameModule { module, .. } if module == "Users"), "{refused:?}");
    let broken = ZohoZips::sample().file("Data_001/Data/Users_001.csv", "Record Id,Name\r\nzcrm_1\r\n").pack().await;
    let refused = import(&world, broken.zips(&ZOHO_ZIPS)).await.unwrap_err();
    assert!(matches!(&refused, ImportError::Row { file, line: 2, .. } if file.ends_with("Users_001.csv")), "{refused:?}");
    world.end().await;
}

#[tokio::test]
async fn headers_in_another_language_are_understood() {
    let world = World::start().await;
    let [one, owner, file] = [1, 90, 301].map(zoho_id);
    let zips = ZohoZips::default()
        .file("Data_001/Data/Contacts_001.csv", &format!("ID record,Cognome\r\n{one},Rossi\r\n"))
        .file("Data_001/Data/Users_001.csv", &format!("Kenmerk,Naam\r\n{owner},Ann\r\n"))
        .file("Data_001/Data/Attachments_001.csv", &format!("Kenmerk,Eigenaar.id,Hoort bij.id\r\n{file},{owner},{one}\r\n"))
        .file(&format!("Attachments_001/Attachments/{ZOHO_ID}000301_contratto.pdf"), "x")
        .pack()
        .await;
    assert_eq!(told(&world, zips.zips(&["Data_001.zip", "Attachments_001.zip"])).await, []);
    let found = contents(&world.local.ports, world.org).await;
    assert_eq!(attached(module(&found, "Contacts")), [(one.as_str(), "contratto.pdf")]);
    assert_eq!(module(&found, "Contacts").fields[0].api_name, "id");
    world.end().await;
}
