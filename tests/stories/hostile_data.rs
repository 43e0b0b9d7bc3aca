//! Difficult data: every cell and file is restored unchanged, and every reader opens the zips.

use chrono::DateTime;
use futures_util::stream;
use hozon::import::{ImportOptions, import};
use hozon_shared::domain::crm::{DataCategory, Field};
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment, body_of};
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_shared::snapshots::writer::ModuleWriter;
use hozon_tests::{World, contents};

fn field(name: &str) -> Field {
    Field {
        api_name: name.to_owned(),
        label: format!("{name} (label)"),
        data_type: "text".to_owned(),
        contents: DataCategory::Crm,
    }
}

async fn begin(world: &World) -> Session {
    let (ports, now) = (&world.local.ports, world.local.ports.clock.now());
    let session = Session::begin(SessionPorts::from(ports), (world.org, Origin::Native), ports.ids.next(now), now).await;
    session.unwrap()
}

fn writer(session: &Session, name: &str, order: u32, fields: &[&str]) -> ModuleWriter {
    let fields = fields.iter().copied().map(field).collect();
    let (api_name, label) = (name.to_owned(), name.to_owned());
    session.module(ModuleHead { api_name, label, order, contents: DataCategory::Crm, fields, key: Vec::new(), structure: None })
}

fn attachment(id: usize, record: &str, name: &str) -> NewAttachment {
    NewAttachment {
        id: id.to_string(),
        record_id: record.to_owned(),
        record_name: "=HYPERLINK(\"x\")".to_owned(),
        name: name.to_owned(),
        content_type: "application/octet-stream".to_owned(),
        // A source may not say it.
        created: DateTime::from_timestamp(1_800_000_000, 0).filter(|_| id.is_multiple_of(2)),
    }
}

/// Makes a backup, keeps the zips for independent readers, imports them into another organisation, and compares.
async fn comes_back(world: &mut World, story: &str) {
    let zips = world.back_up_well().await;
    world.keep_for_readers(story, &zips);
    let copy = world.local.organisation("Copy", chrono_tz::UTC, "Own", "JP").await.unwrap();
    let options = ImportOptions { from: zips, ..ImportOptions::default() };
    import(&world.local.ports, copy, &options, &mut |_| {}).await.unwrap();
    let (original, copied) = (contents(&world.local.ports, world.org).await, contents(&world.local.ports, copy).await);
    assert_eq!(original.len(), copied.len(), "{story}");
    for (one, other) in original.iter().zip(&copied) {
        assert_eq!(
            (&one.api_name, &one.label, one.order, &one.fields),
            (&other.api_name, &other.label, other.order, &other.fields)
        );
        assert_eq!(
            (one.rows.len(), one.attachments.len()),
            (other.rows.len(), other.attachments.len()),
            "{story}, {}",
            one.api_name
        );
        for (row, back) in one.rows.iter().zip(&other.rows) {
            assert!(row == back, "{story}, {}: {row:.99?} came back as {back:.99?}", one.api_name);
        }
        for (file, back) in one.attachments.iter().zip(&other.attachments) {
            assert_eq!(file, back, "{story}, {}", one.api_name);
        }
    }
}

/// Cells that a spreadsheet runs or changes, that need quotes, or that a reader may mistake for something else.
const CELLS: [&str; 27] = [
    "",
    "=1+1",
    "+81-3-1234-5678",
    "+819012345678",
    "-5",
    "-5%",
    "@SUM(A1)",
    "\t=1",
    "\r",
    "\n",
    "\r\n",
    "a\rb",
    "a\0b",
    "'=1",
    "''=1",
    "\"",
    "\"\"",
    "＝1",
    " =1",
    ";=1",
    "😀👨‍👩‍👧",
    "\u{FEFF}x",
    "\u{202E}abc",
    "１２",
    "null",
    "2026-11-24",
    "1e5",
];

/// File names that are reserved, unsafe, or equal on some file system.
const NAMES: [&str; 20] = [
    "..",
    "../../etc/passwd",
    "a/b\\c.txt",
    "CON",
    "con.txt",
    "COM1.tar.gz",
    "A.TXT",
    "a.txt",
    "a.txt",
    "名前.pdf",
    "e\u{301}.txt",
    "é.txt",
    "trailing. ",
    "",
    ".profile",
    "a:b*c?.txt",
    "in\u{202E}fdp.exe",
    "=1.csv",
    "new\nline.txt",
    "😀.png",
];

/// Writes a module whose rows are the hostile cells and a cell of 9 MB, each beside another one.
async fn write_cells(module: &mut ModuleWriter) {
    let big = "=1+1\r\n\"あ\", ".repeat(800_000);
    let cells = CELLS.into_iter().chain([big.as_str()]);
    for (number, cell) in cells.enumerate() {
        module.row(&[Some(&number.to_string()), Some(cell), Some(CELLS[(number + 1) % CELLS.len()])]).await.unwrap();
    }
}

/// Adds attachments with the hostile names, to records whose ids differ in case only.
async fn attach_names(module: &mut ModuleWriter) {
    for (number, name) in NAMES.iter().enumerate() {
        let record = if number % 2 == 0 { "Rec" } else { "rec" };
        let attachment = attachment(number, &format!("{record}{}", number / 8), name);
        module.attachment(attachment, body_of(name.as_bytes().to_vec())).await.unwrap();
    }
    let long = format!("{}.xlsx", "長".repeat(200));
    module.attachment(attachment(900, "..", &long), body_of(Vec::new())).await.unwrap();
}

#[tokio::test]
async fn hostile_cells_and_names_come_back() {
    let mut world = World::start().await;
    let session = begin(&world).await;
    let mut hostile = writer(&session, "Hostile", 1, &["Id", "=Cell", "最後"]);
    write_cells(&mut hostile).await;
    attach_names(&mut hostile).await;
    let modules = [
        hostile.finish().await.unwrap(),
        writer(&session, "Empty", 2, &["Id"]).finish().await.unwrap(),
        one_empty_cell(writer(&session, "One/Empty:Cell", 3, &["Only"])).await.finish().await.unwrap(),
        writer(&session, "hostile", 4, &["Id"]).finish().await.unwrap(),
    ];
    session.publish(&modules, world.local.ports.clock.now()).await.unwrap();
    comes_back(&mut world, "hostile").await;
    world.end().await;
}

async fn one_empty_cell(mut writer: ModuleWriter) -> ModuleWriter {
    writer.row(&[Some("")]).await.unwrap();
    writer
}

#[tokio::test]
async fn an_empty_crm_gives_two_zips() {
    let world = World::start().await;
    let zips = world.back_up_well().await;
    world.keep_for_readers("nothing", &zips);
    world.end().await;
}

#[tokio::test]
async fn a_module_with_too_many_rows_for_one_file_is_numbered() {
    let mut world = World::start_with(|options| options.limits.rows_per_file = 1_000).await;
    let session = begin(&world).await;
    let mut leads = writer(&session, "Leads", 1, &["Id", "Name"]);
    for number in 0..2_500 {
        leads.row(&[Some(&number.to_string()), Some("山田")]).await.unwrap();
    }
    let module = leads.finish().await.unwrap();
    session.publish(&[module], world.local.ports.clock.now()).await.unwrap();
    comes_back(&mut world, "numbered").await;
    world.end().await;
}

#[tokio::test]
async fn a_module_of_several_blocks_comes_back() {
    let mut world = World::start().await;
    let session = begin(&world).await;
    let mut leads = writer(&session, "Leads", 1, &["Id", "Name", "Noise"]);
    let mut random = fastrand::Rng::with_seed(1);
    for number in 0..60_000 {
        let noise: String = (0..400).map(|_| random.alphanumeric()).collect();
        leads.row(&[Some(&number.to_string()), Some("山田"), Some(&noise)]).await.unwrap();
    }
    let module = leads.finish().await.unwrap();
    session.publish(&[module], world.local.ports.clock.now()).await.unwrap();
    assert!(world.stored("Leads").await.blocks.len() > 1);
    comes_back(&mut world, "blocks").await;
    world.end().await;
}

#[tokio::test]
async fn files_larger_than_a_part_come_back() {
    let mut world = World::start().await;
    let session = begin(&world).await;
    let mut notes = writer(&session, "Notes", 1, &["Id"]);
    notes.row(&[Some("1")]).await.unwrap();
    // Their compression differs: the first is deflated, the second is stored.
    let text = "保存 0123456789".repeat(2_000_000);
    let noise: Vec<u8> =
        (0u64..30_000_000).map(|n| (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56) as u8 ^ (n >> 16) as u8).collect();
    let noise: Vec<u8> = noise.chunks(4096).flat_map(scrambled).collect();
    for (number, bytes) in [text.into_bytes(), noise].into_iter().enumerate() {
        let chunks: Vec<_> = bytes.chunks(1 << 20).map(|chunk| Ok(chunk.to_vec().into())).collect();
        let body = Box::pin(stream::iter(chunks));
        notes.attachment(attachment(number, "1", &format!("{number}.bin")), body).await.unwrap();
    }
    let module = notes.finish().await.unwrap();
    session.publish(&[module], world.local.ports.clock.now()).await.unwrap();
    comes_back(&mut world, "large-files").await;
    world.end().await;
}

/// Bytes that cannot be compressed: a hash in counter mode.
fn scrambled(chunk: &[u8]) -> Vec<u8> {
    let mut state = u64::from(crc32fast::hash(chunk)) | 1;
    chunk
        .iter()
        .map(|byte| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            byte ^ (state >> 32) as u8
        })
        .collect()
}
