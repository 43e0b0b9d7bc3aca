//! Zoho CRM's own backup zips are imported as they are.

use std::path::{Path, PathBuf};

use hozon::import::{ImportError, ImportOptions, Imported, KeptBecause, Note, SetFault, ZohoNote};
use hozon_tests::{Crm, ModuleContents, World, contents};

const ID: &str = "5361160000";

/// The zips of a backup, made as Zoho makes them: two of data and two of attachments.
struct Zips {
    crm: Crm,
}

impl Zips {
    fn file(self, path: &str, text: &str) -> Self {
        Self { crm: self.crm.file(path, text.as_bytes()) }
    }

    /// Makes a zip of every folder, in which the folder itself is not.
    async fn pack(self) -> Self {
        let script = "for folder in */; do (cd $folder; zip -qr ../${folder%/}.zip .); rm -r $folder; done";
        let mut command = tokio::process::Command::new("bash");
        let status = command.args(["-ec", script]).current_dir(self.crm.path()).status().await.unwrap();
        assert!(status.success());
        self
    }

    fn path(&self) -> &Path {
        self.crm.path()
    }

    fn zips(&self, names: &[&str]) -> Vec<PathBuf> {
        names.iter().map(|name| self.path().join(name)).collect()
    }
}

fn id(number: u32) -> String {
    format!("zcrm_{ID}{number:06}")
}

/// A CRM in which everything occurs that Zoho's zips have.
fn zips() -> Zips {
    let [one, two, three, owner, event] = [1, 2, 3, 90, 70].map(id);
    let leads = "\u{FEFF}Record Id,Lead Owner.id,Lead Owner,Last Name,Status,Status,Created Time,Email Opt Out\r\n";
    let index = "Record Id,File Name,Size,Parent Id.id,Parent Id,Created Time,Link URL\r\n";
    let attached = |number: u32, name: &str, size: usize, parent: &str| {
        format!("{},{name},{size},{parent},Whatever,2026-07-28 12:00:00,\r\n", id(number))
    };
    let (offer, plan) = (attached(101, "\"offer, final.pdf\"", 5, &one), attached(102, "見積.csv", 5, &event));
    Zips { crm: Crm::default() }
        .file(
            "Data_001/Data/Leads_001.csv",
            &format!("{leads}{one},{owner},Ann,=1+1,New,,2026-07-28 12:00:00,TRUE\r\n{two},{owner},Ann,\"a\r\nb\",,x,,True\r\n"),
        )
        .file("Data_002/Data/Leads_002.csv", &format!("{leads}{three},{owner},Ann,'kept,,,,true\r\n"))
        .file("Data_001/Data/AppEvents_C_001.csv", &format!("Record Id,App Event Name,Lead.id\r\n{event},Opened,{one}\r\n"))
        .file("Data_001/Data/Users_001.csv", &format!("Record Id,Last Name\r\n{owner},Ann\r\n"))
        .file("Data_001/Data/Leads_RecordAccess_001.csv", &format!("Record Id,User.id\r\n{three},{owner}\r\n"))
        .file("Data_001/Data/Attachments_001.csv", &format!("{index}{offer}{plan}"))
        .file(
            "Data_001/Metadata/Fields_001.csv",
            "Module,Field Label,API Name,Data Type\r\nLeads,Lead Owner,Owner,ownerlookup\r\nLeads,Status,Lead_Status,picklist\r\n\
             Leads,Status,Status2,text\r\nLeads,Created Time,Created_Time,datetime\r\nAppEvents,App Event Name,Name,text\r\n",
        )
        .file("Data_001/Metadata/Modules_001.csv", "API Name,Plural Label\r\nLeads,Leads\r\nCustomModule6,AppEvents\r\n")
        .file(&format!("Data_001/RecordImages/{ID}000002.png"), "image")
        .file(&format!("Attachments_001/{ID}000101_offer, final.pdf"), "offer")
        .file(&format!("Attachments_002/{ID}000102_見積.csv"), "plan1")
}

const ALL: [&str; 4] = ["Data_001.zip", "Data_002.zip", "Attachments_001.zip", "Attachments_002.zip"];

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
    let zips = zips().pack().await;
    let notes = told(&world, zips.zips(&ALL)).await;
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
    assert_eq!((column(0), column(3)), ([1, 2, 3].map(id).to_vec(), ["=1+1", "a\r\nb", "'kept"].map(str::to_owned).to_vec()));
    assert_eq!(column(7), ["TRUE", "True", "true"]);
    let (one, two, event) = (id(1), id(2), id(70));
    let image = format!("{ID}000002.png");
    assert_eq!(attached(leads), [(one.as_str(), "offer, final.pdf"), (two.as_str(), image.as_str())]);
    assert_eq!(leads.attachments[0].0, id(101));
    assert_eq!(attached(module(&found, "CustomModule6")), [(event.as_str(), "見積.csv")]);
    assert_eq!(module(&found, "CustomModule6").attachments[0].4, b"plan1");
    let kept = attached(module(&found, "Zoho_Backup"));
    assert_eq!(kept, [("Metadata", "Fields_001.csv"), ("Metadata", "Modules_001.csv"), ("Index", "Attachments_001.csv")]);
    world.end().await;
}

#[tokio::test]
async fn a_folder_with_the_zips_or_with_what_was_in_them_is_the_same() {
    let world = World::start().await;
    let (packed, loose) = (zips().pack().await, zips());
    told(&world, packed.zips(&ALL)).await;
    let original = contents(&world.local.ports, world.org).await;
    for folder in [packed.path(), loose.path()] {
        assert_eq!(told(&world, vec![folder.to_owned()]).await.len(), 1, "{}", folder.display());
        assert_eq!(contents(&world.local.ports, world.org).await, original);
    }
    world.end().await;
}

#[tokio::test]
async fn everything_that_belongs_nowhere_is_kept_and_named() {
    let world = World::start().await;
    let index = "Record Id,File Name,Size,Parent.id,Link URL\r\n";
    let rows = format!(
        "{},gone.pdf,5,{},\r\n{},a link,0,{},https://example.com\r\n{},orphan.txt,5,{},\r\n{},other.txt,6,{},\r\n",
        id(201),
        id(1),
        id(202),
        id(1),
        id(203),
        id(999),
        id(204),
        id(2)
    );
    let zips = zips()
        .file("Data_001/Data/Attachments_001.csv", &format!("{index}{rows}"))
        .file("Data_001/RecordImages/org_logo.png", "logo")
        .file("Data_001/Later/Sheets_001.csv", "Id\r\n1\r\n")
        .file("Data_001/Data/readme.txt", "read me")
        .file(&format!("Attachments_002/{ID}000203_orphan.txt"), "alone")
        .file(&format!("Attachments_002/{ID}000204_other.txt"), "other")
        .file("Data_001/Metadata/Fields_001.csv", "A,B\r\n1,2\r\n")
        .pack()
        .await;
    let mut notes = told(&world, zips.zips(&ALL)).await;
    let named = |note: &ZohoNote| match note {
        ZohoNote::Kept { name, because } => Some((name.rsplit('/').next().unwrap().to_owned(), because.clone())),
        _ => None,
    };
    let kept: Vec<_> = notes.iter().filter_map(named).collect();
    notes.retain(|note| named(note).is_none());
    let expected = [
        (format!("{ID}000203_orphan.txt"), KeptBecause::NoRecord { record: id(999) }),
        (format!("{ID}000101_offer, final.pdf"), KeptBecause::Unlisted),
        (format!("{ID}000102_見積.csv"), KeptBecause::Unlisted),
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
    let packed = zips().file("Attachments_003/1_x.txt", "x").pack().await;
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
    let later = zips().file("Data_001/Data/Users_001.csv", "Record Id\r\n").pack().await;
    let both = [packed.zips(&ALL[..2]), later.zips(&ALL[..2])].concat();
    let refused = import(&world, both).await.unwrap_err();
    assert!(matches!(&refused, ImportError::SameModule { module, .. } if module == "Users"), "{refused:?}");
    let broken = zips().file("Data_001/Data/Users_001.csv", "Record Id,Name\r\nzcrm_1\r\n").pack().await;
    let refused = import(&world, broken.zips(&ALL)).await.unwrap_err();
    assert!(matches!(&refused, ImportError::Row { file, line: 2, .. } if file.ends_with("Users_001.csv")), "{refused:?}");
    world.end().await;
}

#[tokio::test]
async fn headers_in_another_language_are_understood() {
    let world = World::start().await;
    let [one, owner, file] = [1, 90, 301].map(id);
    let zips = Zips { crm: Crm::default() }
        .file("Data_001/Data/Contacts_001.csv", &format!("ID record,Cognome\r\n{one},Rossi\r\n"))
        .file("Data_001/Data/Users_001.csv", &format!("Kenmerk,Naam\r\n{owner},Ann\r\n"))
        .file("Data_001/Data/Attachments_001.csv", &format!("Kenmerk,Eigenaar.id,Hoort bij.id\r\n{file},{owner},{one}\r\n"))
        .file(&format!("Attachments_001/Attachments/{ID}000301_contratto.pdf"), "x")
        .pack()
        .await;
    assert_eq!(told(&world, zips.zips(&["Data_001.zip", "Attachments_001.zip"])).await, []);
    let found = contents(&world.local.ports, world.org).await;
    assert_eq!(attached(module(&found, "Contacts")), [(one.as_str(), "contratto.pdf")]);
    assert_eq!(module(&found, "Contacts").fields[0].api_name, "id");
    world.end().await;
}

/// Has backups written in Zoho's layout.
async fn want_zoho(world: &World) {
    let read = world.administrator().get("/backup/settings").await;
    let body = serde_json::json!({ "settings": { "layout": "zoho" } }).to_string();
    let headers = [("if-match", read.etag.as_deref().unwrap())];
    let saved = world.administrator().send_with(reqwest::Method::PUT, "/crm/bulk/v8/backup/settings", &body, &headers).await;
    assert_eq!((saved.status, &saved.body["settings"]["layout"]), (reqwest::StatusCode::OK, &"zoho".into()));
}

/// Backs up in Zoho's layout, and returns the zips.
async fn zoho_zips(world: &World) -> Vec<PathBuf> {
    let backup = world.back_up().await;
    assert!(backup.failure.is_none(), "{:?}", backup.failure);
    backup.files.iter().map(|file| world.local.archive_path(&file.key)).collect()
}

/// What must come back: modules in order with fields, rows, and the attachments of each record. Zoho's index has no media types.
fn comparable(modules: &[ModuleContents]) -> Vec<serde_json::Value> {
    let comparable = |module: &ModuleContents| {
        let mut files: Vec<_> = module.attachments.iter().map(|(_, record, name, _, bytes)| (record, name, bytes)).collect();
        files.sort();
        serde_json::json!([module.api_name, module.label, format!("{:?}", module.fields), module.rows, format!("{files:?}")])
    };
    modules.iter().map(comparable).collect()
}

/// Names the first module that differs.
fn require_equal(copied: &[ModuleContents], original: &[ModuleContents]) {
    let names = |modules: &[ModuleContents]| modules.iter().map(|module| module.api_name.clone()).collect::<Vec<_>>();
    assert_eq!(names(copied), names(original));
    for (one, other) in comparable(copied).iter().zip(&comparable(original)) {
        for part in 0..5 {
            let [one, other] = [&one[part], &other[part]].map(ToString::to_string);
            let at = one.bytes().zip(other.bytes()).position(|(one, other)| one != other).unwrap_or(one.len().min(other.len()));
            let shown = |text: &str| {
                String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(80)..(at + 80).min(text.len())]).into_owned()
            };
            assert!(one == other, "part {part}: {} instead of {}", shown(&one), shown(&other));
        }
    }
}

fn names_in(zip: &Path) -> Vec<String> {
    let output = std::process::Command::new("unzip").arg("-Z1").arg(zip).output().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_sample_crm_in_the_layout_of_zoho_comes_back_the_same() {
    let mut world = World::start().await;
    hozon::sample::generate(&world.local.ports, world.org, hozon::sample::Size::Small, &mut |_| {}).await.unwrap();
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    let names = names_in(&zips[0]);
    let expected = ["Data/Leads_001.csv", "Data/Attachments_001.csv", "Metadata/Fields_001.csv", "Metadata/Modules_001.csv"];
    assert!(expected.iter().all(|name| names.iter().any(|found| found == name)), "{names:?}");
    assert!(names.iter().chain(&names_in(&zips[1])).all(|name| name != "manifest.json"), "{names:?}");
    let index = String::from_utf8(hozon_tests::unzip(&zips[0], "Data/Attachments_001.csv")).unwrap();
    let first = index.lines().nth(1).unwrap().split(',').next().unwrap();
    assert!(names_in(&zips[1]).iter().any(|name| name.starts_with(&format!("{first}_"))), "{first}");
    let leads = String::from_utf8(hozon_tests::unzip(&zips[0], "Data/Leads_001.csv")).unwrap();
    let labels = original[0].fields.iter().skip(1).map(|field| field.label.as_str());
    let labels: Vec<_> = std::iter::once("Record Id").chain(labels).collect();
    assert_eq!(leads.lines().next().unwrap(), labels.join(","));
    assert!(!leads.contains(",'"), "marked cells");
    for zip in &zips {
        let told = hozon::verify::verify(zip, &mut |_, _| {}).await.unwrap_err();
        assert!(matches!(told.what, hozon::verify::DifferenceKind::ZohoLayout), "{told}");
    }
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let copied = contents(&world.local.ports, copy).await;
    assert_eq!(copied.last().unwrap().api_name, "Zoho_Backup");
    require_equal(&copied[..copied.len() - 1], &original);
    world.end().await;
}

#[tokio::test]
async fn a_backup_of_zoho_goes_out_as_it_came_in() {
    let mut world = World::start().await;
    let given = zips()
        .file("Data_001/RecordImages/org_logo.png", "logo")
        .file(&format!("Attachments_002/{ID}000203_unlisted.txt"), "alone")
        .pack()
        .await;
    import(&world, given.zips(&ALL)).await.unwrap();
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    let mut names = [names_in(&zips[0]), names_in(&zips[1])].concat();
    names.sort();
    let expected = [
        format!("{ID}000101_offer, final.pdf"),
        format!("{ID}000102_見積.csv"),
        format!("{ID}000203_unlisted.txt"),
        "Data/AppEvents_C_001.csv".to_owned(),
        "Data/Attachments_001.csv".to_owned(),
        "Data/Leads_001.csv".to_owned(),
        "Data/Leads_RecordAccess_001.csv".to_owned(),
        "Data/Users_001.csv".to_owned(),
        "Metadata/Fields_001.csv".to_owned(),
        "Metadata/Modules_001.csv".to_owned(),
        format!("RecordImages/{ID}000002.png"),
        "RecordImages/org_logo.png".to_owned(),
    ];
    assert_eq!(names, expected);
    let copy = world.local.organisation("Copy", chrono_tz::Africa::Johannesburg, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let mut copied = contents(&world.local.ports, copy).await;
    // The index is made anew.
    let kept_index = |modules: &mut Vec<ModuleContents>| modules.last_mut().unwrap().attachments.retain(|file| file.1 != "Index");
    let mut original = original;
    kept_index(&mut copied);
    kept_index(&mut original);
    require_equal(&copied, &original);
    world.end().await;
}

#[tokio::test]
async fn ids_that_repeat_hostile_names_and_long_modules_come_back() {
    let mut world = World::start().await;
    let rows: String = (1..=100_001).map(|number| format!("{number},=1+{number}\r\n")).collect();
    let crm = Crm::default()
        .file("Leads.csv", format!("Id,Name\r\n{rows}").as_bytes())
        .file("My Things.csv", "Id,Record Id,a/b,A B,\u{e9}\r\n1,,\"\",'x,\"l\r\nm\"\r\n".as_bytes())
        .file("Attachments.csv", b"Id\r\n1\r\n")
        .file("No Ids.csv", b"Name\r\nx\r\n")
        .file("attachments/Leads/1/same.txt", b"of leads")
        .file("attachments/My Things/1/same.txt", b"of things")
        .file("attachments/Attachments/1/same.txt", b"of attachments")
        .file("attachments/No Ids/x/same.txt", b"of no ids")
        .file(&format!("attachments/Leads/2/{}.txt", "\u{3042}".repeat(70)), b"long");
    world.import(crm.inputs()).await;
    let original = contents(&world.local.ports, world.org).await;
    want_zoho(&world).await;
    let zips = zoho_zips(&world).await;
    let second = String::from_utf8(hozon_tests::unzip(&zips[0], "Data/Leads_002.csv")).unwrap();
    assert_eq!(second, "Record Id,Name\r\n100001,=1+100001\r\n");
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    let notes = hozon::import::import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap().notes;
    assert_eq!(notes, [Note::Zoho(ZohoNote::Metadata { files: 2 })]);
    let copied = contents(&world.local.ports, copy).await;
    require_equal(&copied[..copied.len() - 1], &original);
    world.end().await;
}
