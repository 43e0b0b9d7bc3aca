//! Records as a restore sees them, for the contracts of writers.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::SourceModule;
use hozon_shared::domain::write_order::write_order;
use hozon_shared::domain::writing::{Cells, FileHashes, RecordWrite, WriteOutcome};
use hozon_shared::ports::{Connector, FileBytes, FileDetails, FileWrite, HeldState, Protection, Writer};
use sha2::{Digest, Sha256};

use crate::sources::rows;

/// Records in one batch, as many as restores write together.
const BATCH: usize = 100;

/// A module with its records as one state shows them.
pub struct Seen {
    pub module: Module,
    pub records: Vec<Cells>,
}

impl Seen {
    /// Records by the texts of their keys.
    pub fn by_key(&self) -> BTreeMap<Vec<String>, Cells> {
        self.records.iter().map(|cells| (self.key(cells), cells.clone())).collect()
    }

    fn key(&self, cells: &Cells) -> Vec<String> {
        let at = |name: &String| self.module.fields.iter().position(|field| field.api_name == *name).unwrap();
        self.module.key.iter().map(|name| cells[at(name)].clone().unwrap()).collect()
    }
}

/// Reads all modules in one state.
pub async fn see(connector: &impl Connector) -> BTreeMap<String, Seen> {
    let state = connector.hold(Protection::Notice).await.unwrap();
    let mut found = BTreeMap::new();
    for source in state.modules() {
        let records = rows(&*state, source).await.unwrap();
        found.insert(source.api_name.clone(), Seen { module: captured(&*state, source), records });
    }
    found
}

/// The module as a backup describes it.
fn captured(state: &dyn HeldState, source: &SourceModule) -> Module {
    let order = state.modules().iter().position(|known| known.api_name == source.api_name).unwrap();
    Module {
        api_name: source.api_name.clone(),
        label: source.label.clone(),
        order: order as u32,
        contents: source.contents,
        version: "captured-1".to_owned(),
        fields: source.fields.clone(),
        key: source.key.clone(),
        structure: source.structure.clone(),
        rows: 0,
        row_bytes: 0,
        attachments: 0,
        attachment_bytes: 0,
    }
}

/// What makes the records of `now` those of `before`.
pub fn plan(before: &Seen, now: &Seen) -> Vec<RecordWrite> {
    let (wanted, mut seen) = (before.by_key(), now.by_key());
    let mut writes: Vec<_> =
        wanted.into_iter().map(|(key, wanted)| RecordWrite { seen: seen.remove(&key), wanted: Some(wanted) }).collect();
    writes.extend(seen.into_values().map(|cells| RecordWrite { seen: Some(cells), wanted: None }));
    writes.retain(|write| write.seen != write.wanted);
    writes
}

/// Writes in batches.
pub async fn write(writer: &dyn Writer, module: &Module, writes: &[RecordWrite]) -> Vec<WriteOutcome> {
    let mut outcomes = Vec::new();
    for batch in writes.chunks(BATCH) {
        outcomes.extend(writer.write(module, batch).await.unwrap());
    }
    assert_eq!(outcomes.len(), writes.len());
    outcomes
}

/// Makes everything as it was before, as a restore does: creates and changes in order, then what is postponed, and then deletes in the
/// reverse order, when nothing refers to newer records any more. Each call is repeated, which must change nothing.
pub async fn restore(writer: &dyn Writer, before: &BTreeMap<String, Seen>, now: &BTreeMap<String, Seen>) {
    let modules: Vec<Module> = before.values().map(|seen| seen.module.clone()).collect();
    let hindrances = writer.check(&modules).await.unwrap();
    assert!(hindrances.is_empty(), "{hindrances:?}");
    let order = write_order(&modules);
    assert!(order.open.is_empty(), "{order:?}");
    let plans: Vec<_> = modules.iter().map(|module| plan(&before[&module.api_name], &now[&module.api_name])).collect();
    for at in &order.order {
        let first: Vec<_> =
            plans[*at].iter().filter_map(|write| first_pass(write, &modules[*at], &order.postponed[*at])).collect();
        written_twice(writer, &modules[*at], &first).await;
    }
    for (at, module) in modules.iter().enumerate() {
        let second = plans[at].iter().filter(|write| write.wanted.is_some());
        let second: Vec<_> = second
            .filter_map(|write| {
                let first = first_pass(write, module, &order.postponed[at])?;
                (first.wanted != write.wanted).then(|| RecordWrite { seen: first.wanted, wanted: write.wanted.clone() })
            })
            .collect();
        written_twice(writer, module, &second).await;
    }
    for at in order.order.iter().rev() {
        let deletes: Vec<_> = plans[*at].iter().filter(|write| write.wanted.is_none()).cloned().collect();
        written_twice(writer, &modules[*at], &deletes).await;
    }
    writer.finish(&modules).await.unwrap();
    writer.finish(&modules).await.unwrap();
}

/// Postponed fields are as they are until all records are there. Of new records they are NULL.
fn first_pass(write: &RecordWrite, module: &Module, postponed: &[String]) -> Option<RecordWrite> {
    let mut wanted = write.wanted.clone()?;
    for (at, _) in module.fields.iter().enumerate().filter(|(_, field)| postponed.contains(&field.api_name)) {
        wanted[at] = write.seen.as_ref().and_then(|seen| seen[at].clone());
    }
    Some(RecordWrite { seen: write.seen.clone(), wanted: Some(wanted) })
}

async fn written_twice(writer: &dyn Writer, module: &Module, writes: &[RecordWrite]) {
    let needed: Vec<_> = writes.iter().filter(|write| write.seen != write.wanted).cloned().collect();
    for (write, outcome) in needed.iter().zip(self::write(writer, module, &needed).await) {
        assert_eq!(outcome, WriteOutcome::Written { new_id: None }, "{} {write:?}", module.api_name);
    }
    let again = self::write(writer, module, &needed).await;
    assert!(again.iter().all(|outcome| *outcome == WriteOutcome::AlreadyThere), "{} {again:?}", module.api_name);
}

/// Whether two states have the same records.
pub fn require_same(before: &BTreeMap<String, Seen>, now: &BTreeMap<String, Seen>) {
    for (name, seen) in before {
        assert_eq!(seen.by_key(), now[name].by_key(), "{name}");
    }
}

/// A file that is written back; the plan has seen the bytes `seen`.
pub fn file(id: &str, seen: Option<&[u8]>, bytes: &[u8]) -> FileWrite {
    let pieces: Vec<Bytes> = bytes.chunks(1 << 20).map(Bytes::copy_from_slice).collect();
    let size = bytes.len() as u64;
    let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
    let hashes = FileHashes { seen: seen.map(hash), wanted: hash(bytes) };
    let bytes = FileBytes::new(move || stream::iter(pieces.clone()).map(Ok).boxed());
    FileWrite {
        id: id.to_owned(),
        record_id: id.to_owned(),
        name: "x".to_owned(),
        size,
        hashes,
        details: FileDetails::default(),
        bytes,
    }
}

/// Writes a file over what was seen, and over nothing else; once it is there, it is not written again.
pub async fn replace(writer: &dyn Writer, (module, source): (&Module, &FileSource), id: &str, seen: Option<&[u8]>, bytes: &[u8]) {
    let write =
        async |seen: Option<&[u8]>, bytes: &[u8]| writer.write_file(module, Some(source), &file(id, seen, bytes)).await.unwrap();
    if seen.is_some_and(|seen| !seen.is_empty()) {
        for other in [None, Some(&b"other"[..])] {
            assert_eq!(write(other, b"new").await, WriteOutcome::ChangedMeanwhile, "{id}");
        }
    }
    assert_eq!(write(seen, bytes).await, WriteOutcome::Written { new_id: None }, "{id}");
    assert_eq!(write(seen, bytes).await, WriteOutcome::AlreadyThere, "{id} {}", bytes.len());
}
