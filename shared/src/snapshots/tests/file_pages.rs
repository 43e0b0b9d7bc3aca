//! The attachments of two versions of a module: pages of any size name each one that differs once, as a plain comparison does.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::differences::{Counted, DifferenceKind};
use crate::ports::Objects;
use crate::snapshots::differences::compare_modules;
use crate::snapshots::file_pages::differing_files_of;
use crate::snapshots::input::body_of;

/// Record, name and content of each attachment by its id.
type Files = BTreeMap<u32, (u8, u8, u8)>;

fn some_files() -> impl Strategy<Value = Files> {
    // Most attachments are the same in both versions.
    let values = prop_oneof![6 => Just((0u8, 0u8, 0u8)), 1 => (0u8..2, 0u8..2, 0u8..2)];
    proptest::collection::btree_map(0u32..120, values, 0..60)
}

/// Writes a version of the module.
async fn write(store: &Arc<Memory>, version: &str, files: &Files) -> StoredModule {
    let mut writer = begin(store, version, None);
    for (id, (record, name, content)) in files {
        let head = attachment(&id.to_string(), &record.to_string(), &format!("{name}.txt"));
        writer.attachment(head, body_of(format!("{content}").repeat(80))).await.expect("stored");
    }
    document(store, &writer.finish().await.expect("a module")).await
}

fn expected(before: &Files, after: &Files) -> Vec<(String, DifferenceKind)> {
    let ids: BTreeSet<u32> = before.keys().chain(after.keys()).copied().collect();
    let kind = |id: &u32| match (before.get(id), after.get(id)) {
        (Some(old), Some(new)) => (old != new).then_some(DifferenceKind::Changed),
        (Some(_), None) => Some(DifferenceKind::Deleted),
        _ => Some(DifferenceKind::Added),
    };
    ids.iter().filter_map(|id| kind(id).map(|kind| (id.to_string(), kind))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn pages_name_each_attachment_that_differs_once(
        before in some_files(),
        after in some_files(),
        limit in 1usize..20,
        max_kept in 1usize..40,
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let (old, new) = (write(&store, "v1", &before).await, write(&store, "v2", &after).await);
            let (mut found, mut behind) = (Vec::new(), None::<String>);
            loop {
                let runs = [&old.files[..], &new.files[..]];
                let page = differing_files_of((&*store, ORG), runs, (behind.as_deref(), limit), max_kept).await.expect("a page");
                assert!(page.files.len() <= limit && page.next.as_ref().is_none_or(|next| Some(next) != behind.as_ref()));
                for file in page.files {
                    let sides = [&file.before, &file.after].map(|side| side.as_ref().map(|stored| stored.file.attachment.id.clone()));
                    let id = sides.iter().flatten().next().expect("a side").clone();
                    assert!(sides.iter().flatten().all(|other| *other == id));
                    found.push((id, file.kind));
                }
                behind = page.next;
                if behind.is_none() {
                    break;
                }
            }
            let expected = expected(&before, &after);
            assert_eq!(found, expected);
            let objects: Arc<dyn Objects> = store.clone();
            let counted = compare_modules((&objects, ORG), &old, &new).await.expect("compared").files;
            let of = |kind| expected.iter().filter(|(_, found)| *found == kind).count() as u64;
            let [added, changed, deleted] = [DifferenceKind::Added, DifferenceKind::Changed, DifferenceKind::Deleted].map(of);
            let (before, after) = (before.len() as u64, after.len() as u64);
            assert_eq!(counted, Counted { before, after, added, changed, deleted });
        });
    }
}
