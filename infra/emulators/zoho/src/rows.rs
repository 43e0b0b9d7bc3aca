//! Records that the server starts with. Each follows from its module and its number, so that none is kept in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Duration, FixedOffset, SecondsFormat, TimeZone, Utc};
use serde_json::{Map, Value, json};

use crate::people;
use crate::schema::{FieldKind, FieldSpec, ModuleSpec, id_of, kinds};
use crate::words::{self, mix, pick};

/// A record as the API shows it.
pub type Row = Map<String, Value>;

/// What records need to know of other modules.
#[derive(Debug, Default)]
pub struct World {
    /// Kind of ids and number of records by module.
    pub counts: BTreeMap<String, (u64, u64)>,
    /// Modules of subforms' rows.
    pub subforms: BTreeMap<String, Arc<ModuleSpec>>,
}

/// The time zone of the organisation.
static ZONE: LazyLock<FixedOffset> = LazyLock::new(|| FixedOffset::east_opt(9 * 3600).expect("nine hours"));
static FIRST_TIME: LazyLock<DateTime<Utc>> = LazyLock::new(|| Utc.timestamp_opt(1_577_836_800, 0).single().expect("2020-01-01"));
const SECONDS_OF_CREATION: i64 = 4 * 365 * 86_400;
const SECONDS_UNTIL_CHANGE: u64 = 700 * 86_400;

/// Writes a time as the API does: seconds, with the organisation's offset.
pub fn written(time: DateTime<Utc>) -> String {
    time.with_timezone(&*ZONE).to_rfc3339_opts(SecondsFormat::Secs, false)
}

/// When record `index` of `count` was created, and last changed.
pub fn times(number: u64, index: u64, count: u64) -> (DateTime<Utc>, DateTime<Utc>) {
    let step = SECONDS_OF_CREATION / i64::try_from(count.max(1)).unwrap_or(i64::MAX).max(1);
    let created = *FIRST_TIME + Duration::seconds(step.max(1) * i64::try_from(index).unwrap_or(0));
    let later = mix(mix(number) ^ index) % SECONDS_UNTIL_CHANGE;
    (created, created + Duration::seconds(i64::try_from(later).unwrap_or(0)))
}

/// Makes the rows of one module.
#[derive(Debug)]
pub struct Maker<'a> {
    pub spec: &'a ModuleSpec,
    pub count: u64,
    pub world: &'a World,
}

impl Maker<'_> {
    /// Makes the whole record.
    pub fn row(&self, index: u64) -> Row {
        self.part(index, |_| true)
    }

    /// Makes a record with some of its fields only.
    pub fn part(&self, index: u64, is_wanted: impl Fn(&str) -> bool) -> Row {
        let (created, modified) = times(self.spec.number, index, self.count);
        let has_full_name = is_wanted("Full_Name") && self.spec.field("Full_Name").is_some();
        let is_made = |name: &str| is_wanted(name) || (has_full_name && matches!(name, "First_Name" | "Last_Name"));
        let mut row = Row::new();
        for (field, at) in self.spec.fields.iter().zip(0_u64..).filter(|(field, _)| is_made(&field.api_name)) {
            let seed = mix(mix(self.spec.number * 1000 + at) ^ index);
            row.insert(field.api_name.clone(), self.value(field, index, seed));
        }
        row.insert("id".to_owned(), json!(id_of(self.spec.number, index).to_string()));
        row.insert("Created_Time".to_owned(), json!(written(created)));
        row.insert("Modified_Time".to_owned(), json!(written(modified)));
        if has_full_name {
            row.insert("Full_Name".to_owned(), full_name(&row));
        }
        self.complete(&mut row, index);
        row
    }

    /// Fills in what depends on the module.
    fn complete(&self, row: &mut Row, index: u64) {
        match self.spec.api_name.as_str() {
            "Notes" => self.belong(row, index),
            "Attachments" => {
                self.belong(row, index);
                complete_attachment(row, index);
            }
            _ => {}
        }
    }

    /// Sets the parent of a note or attachment.
    fn belong(&self, row: &mut Row, index: u64) {
        const PARENTS: &[&str] = &["Leads", "Accounts", "Contacts", "Deals", "Inspections"];
        let seed = mix(mix(self.spec.number) ^ (index << 8));
        let module = pick(PARENTS, seed);
        if let Some(parent) = self.reference(module, seed >> 8) {
            row.insert("Parent_Id".to_owned(), parent_of(module, parent));
            row.insert("$se_module".to_owned(), json!(module));
        }
    }

    /// A lookup's value: id and name of a record.
    fn reference(&self, module: &str, seed: u64) -> Option<Value> {
        let (number, count) = self.world.counts.get(module).copied().filter(|(_, count)| *count > 0)?;
        let index = seed % count;
        Some(json!({"id": id_of(number, index).to_string(), "name": format!("{} {}", pick(words::COMPANIES, index), index + 1)}))
    }

    fn value(&self, field: &FieldSpec, index: u64, seed: u64) -> Value {
        if !field.is_mandatory
            && seed.is_multiple_of(6)
            && !matches!(field.kind, FieldKind::Boolean | FieldKind::User | FieldKind::Tags)
        {
            return Value::Null;
        }
        let number = seed >> 8;
        let small = i64::try_from(number % 100_000).unwrap_or(0);
        match &field.kind {
            FieldKind::Text | FieldKind::LongText => json!(text(field, index, number)),
            FieldKind::Email => json!(format!("person.{index}@example.{}", pick(&["jp", "com"], number))),
            FieldKind::Phone => json!(format!("+81-3-{:04}-{:04}", number % 10_000, index % 10_000)),
            FieldKind::Website => json!(format!("https://example.com/{index}?a=1&b=2")),
            FieldKind::PickList(values) => json!(pick(values, number)),
            FieldKind::MultiPickList(values) => several(values, number),
            FieldKind::Lookup(module) => self.reference(module, number).unwrap_or(Value::Null),
            FieldKind::User => people::user(number),
            FieldKind::Date => json!((*FIRST_TIME + Duration::days(small % 3000)).format("%Y-%m-%d").to_string()),
            FieldKind::DateTime => json!(written(*FIRST_TIME + Duration::seconds(small * 1000))),
            FieldKind::Integer => json!(small % 500),
            FieldKind::Double | FieldKind::Currency => json!(f64::from(i32::try_from(small).unwrap_or(0)) / 4.0),
            FieldKind::Boolean => json!(number.is_multiple_of(2)),
            FieldKind::BigInteger => json!((number % 1_000_000_000_000_000).to_string()),
            FieldKind::AutoNumber => json!(format!("No-{:06}", index + 1)),
            FieldKind::ExternalId => Value::Null,
            FieldKind::Subform(module) => self.rows_of(module, index),
            FieldKind::Files | FieldKind::Images => files(field, self.spec.number, index, number),
            FieldKind::Photo => {
                if number.is_multiple_of(10) {
                    json!(hex::encode(seed.to_be_bytes()))
                } else {
                    Value::Null
                }
            }
            FieldKind::Tags => tags(number),
        }
    }

    /// The rows of a subform: up to three.
    fn rows_of(&self, module: &str, index: u64) -> Value {
        let Some(spec) = self.world.subforms.get(module) else { return json!([]) };
        let inner = Maker { spec, count: self.count * 4, world: self.world };
        let rows = (0..mix(mix(spec.number) ^ index) % 4).map(|at| {
            let mut row = inner.row(index * 4 + at);
            row.insert("Parent_Id".to_owned(), json!({"id": id_of(self.spec.number, index).to_string(), "name": null}));
            Value::Object(row)
        });
        Value::Array(rows.collect())
    }
}

/// A parent as notes and attachments show it, with its module.
pub fn parent_of(module: &str, mut parent: Value) -> Value {
    parent["module"] = json!({"api_name": module, "id": (id_of(kinds::MODULES, words::hash(module) % 1000)).to_string()});
    parent
}

/// First and last name together.
pub fn full_name(row: &Row) -> Value {
    let names = ["First_Name", "Last_Name"].map(|field| row.get(field).and_then(Value::as_str).unwrap_or_default());
    json!(names.join(" ").trim())
}

fn text(field: &FieldSpec, index: u64, number: u64) -> String {
    match field.api_name.as_str() {
        "Last_Name" => pick(words::FAMILY, number).to_owned(),
        "First_Name" => pick(words::GIVEN, number).to_owned(),
        "Company" | "Account_Name" => format!("{} {}", pick(words::COMPANIES, index), index + 1),
        "City" | "Billing_City" | "Mailing_City" | "Venue" => pick(words::CITIES, number).to_owned(),
        "File_Name" => file_name(index, number),
        name if field.kind == FieldKind::LongText && number.is_multiple_of(40) => {
            format!("{name} {}", pick(words::LINES, number).repeat(120))
        }
        _ if field.kind == FieldKind::LongText => format!("{}\n{}", pick(words::LINES, number), pick(words::LINES, number >> 8)),
        name if name.starts_with("Survey") => pick(words::LINES, number).to_owned(),
        _ => format!("{} {}", pick(words::SUBJECTS, number), index + 1),
    }
}

/// Names of files: doubled, Japanese, without an ending, and unpleasant ones.
fn file_name(index: u64, number: u64) -> String {
    match number % 6 {
        0 => "見積書.pdf".to_owned(),
        1 => format!("scan {index}.png"),
        2 => format!("a\"b'c, {index};.txt"),
        3 => format!("README{index}"),
        4 => format!("契約 ({index}) 最終版.docx"),
        _ => format!("report-{index}.csv"),
    }
}

fn complete_attachment(row: &mut Row, index: u64) {
    let seed = mix(index ^ 0xa77a);
    let size = match index % 500 {
        7 => 0,
        8 => 700_000 + seed % 300_000,
        _ => 1 + seed % 20_000,
    };
    let is_link = index % 50 == 3;
    row.insert("Size".to_owned(), if is_link { Value::Null } else { json!(size.to_string()) });
    row.insert("$type".to_owned(), json!(if is_link { "Link URL" } else { "Attachment" }));
    row.insert(
        "$link_url".to_owned(),
        if is_link { json!(format!("https://example.com/documents/{index}?v=1")) } else { Value::Null },
    );
    row.insert("$file_id".to_owned(), json!(hex::encode(seed.to_be_bytes())));
    row.insert("$editable".to_owned(), json!(true));
    row.insert("$state".to_owned(), json!("save"));
    row.insert("$attachment_type".to_owned(), json!(if is_link { 1 } else { 0 }));
    let created = row.get("Created_Time").cloned().unwrap_or_default();
    row.insert("Modified_Time".to_owned(), created);
}

fn several(values: &[&str], number: u64) -> Value {
    let chosen: Vec<&str> = values.iter().zip(0..).filter(|(_, at)| number >> at & 1 == 1).map(|(value, _)| *value).collect();
    json!(chosen)
}

/// The tags of the organisation.
const TAGS: &[&str] = &["重要", "VIP", "to check", "2026"];

fn tags(number: u64) -> Value {
    let chosen = TAGS.iter().zip(0_u64..).filter(|(_, at)| number >> (at * 2) & 3 == 3);
    Value::Array(chosen.map(|(name, _)| tag(name)).collect())
}

/// A tag as records show it.
pub fn tag(name: &str) -> Value {
    let known = TAGS.iter().zip(0_u64..).find(|(known, _)| **known == name);
    let at = known.map_or_else(|| 1000 + words::hash(name) % 1_000_000, |(_, at)| at);
    json!({"name": name, "id": id_of(kinds::TAGS, at).to_string(), "color_code": "#658BA8"})
}

/// Files in a field: id, name and size; the bytes follow from the id.
fn files(field: &FieldSpec, module: u64, index: u64, number: u64) -> Value {
    let file = |at: u64| {
        let id = id_of(kinds::FIELD_FILES, mix(words::hash(&field.api_name) ^ (module << 40) ^ (index << 4) ^ at) % 9_999_999);
        let size = 1 + mix(id) % 5000;
        let ending = if field.kind == FieldKind::Images { "png" } else { "pdf" };
        json!({
            "id": id.to_string(),
            "File_Id__s": hex::encode(mix(id).to_be_bytes()),
            "File_Name__s": format!("添付 {at}.{ending}"),
            "Size__s": size.to_string(),
            "Sequence_Number__s": (at + 1).to_string(),
            "Created_Time__s": written(*FIRST_TIME),
            "Modified_Time__s": written(*FIRST_TIME),
            "Owner__s": people::user(number),
            "Created_By__s": people::user(number),
            "Modified_By__s": people::user(number),
        })
    };
    Value::Array((0..number % 3).map(file).collect())
}
