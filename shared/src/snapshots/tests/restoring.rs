//! A plan between two versions of a module with random rows: what it writes makes of the first what the second has, as far as the policy
//! says, in batches of any size.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::domain::restore::{ModuleRule, PlanCounts, PlannedAction, PlannedReason, RestorePolicy};
use crate::ports::Objects;
use crate::snapshots::document::SnapshotModule;
use crate::snapshots::restoring::{ModulePair, PlannedRecord, RecordRule};

/// The name of each record by its id.
type Rows = BTreeMap<String, Option<String>>;

fn field(name: &str) -> Field {
    Field { api_name: name.to_owned(), label: name.to_owned(), data_type: "text".to_owned(), contents: DataCategory::Crm }
}

/// The usual module, or one that has a further field before the others.
fn shaped(has_more: bool) -> ModuleHead {
    let mut head = head();
    if has_more {
        head.fields.insert(0, field("more"));
    }
    head
}

async fn write(store: &Arc<Memory>, version: &str, has_more: bool, rows: &Rows) -> SnapshotModule {
    let mut writer = ModuleWriter::new((store.stores(), ORG, version), shaped(has_more), StoredPart::default(), None, SMALL);
    for (id, name) in rows {
        let cells = [Some(id.as_str()), None, name.as_deref()];
        let more: Vec<_> = has_more.then_some(Some("x")).into_iter().chain(cells).collect();
        writer.row(&more).await.expect("a row");
    }
    SnapshotModule::from(writer.finish().await.expect("a module"))
}

async fn opened(store: &Arc<Memory>, now: Option<&SnapshotModule>, wanted: &SnapshotModule) -> ModulePair {
    let objects: Arc<dyn Objects> = store.clone();
    ModulePair::open((&objects, ORG), now, wanted).await.expect("is read").expect("is backed up")
}

/// Reads a plan in batches of that size, each from the place where the last one has ended.
async fn planned(pair: &ModulePair, rule: &RecordRule, size: usize) -> Vec<PlannedRecord> {
    let (mut found, mut place) = (Vec::new(), None);
    loop {
        let mut records = pair.records(rule.clone(), place).await.expect("a plan");
        let batch = records.batch(|_| true, size).await.expect("a batch");
        assert!(batch.len() <= size);
        found.extend(batch);
        if records.is_over() {
            return found;
        }
        place = Some(records.place());
    }
}

/// Writes what is planned, as a CRM that nobody else changes.
fn carried_out(rows: &Rows, planned: &[PlannedRecord], names: usize) -> Rows {
    let mut rows = rows.clone();
    for record in planned.iter().filter(|record| record.action.is_write()) {
        let id = String::from_utf8(record.id.clone()).expect("text");
        let name = |cells: &Option<Vec<Option<String>>>| cells.as_ref().map(|cells| cells[names].clone());
        assert_eq!(rows.get(&id).cloned(), name(&record.now), "the plan has seen {id}");
        match name(&record.wanted) {
            Some(name) => rows.insert(id, name),
            None => rows.remove(&id),
        };
    }
    rows
}

fn expected(now: &Rows, wanted: &Rows, policy: RestorePolicy, is_chosen: impl Fn(&str) -> bool) -> Rows {
    let mut rows = now.clone();
    for (id, name) in wanted.iter().filter(|(id, _)| is_chosen(id)) {
        if policy.change || !now.contains_key(id) {
            rows.insert(id.clone(), name.clone());
        }
    }
    rows.retain(|id, _| !policy.delete || wanted.contains_key(id) || !is_chosen(id));
    rows
}

fn any_rows() -> impl Strategy<Value = Rows> {
    // Long names, so that a module has several blocks.
    let name = proptest::option::of("[a-c]{0,1}").prop_map(|name| name.map(|name| name.repeat(700)));
    proptest::collection::btree_map("[0-9]{1,3}", name, 0..150)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_is_planned_makes_the_wanted_rows_of_those_that_are_there(
        (now, wanted) in (any_rows(), any_rows()),
        (change, delete) in any::<(bool, bool)>(),
        more in any::<(bool, bool)>(),
        chosen in proptest::option::of(proptest::collection::btree_set("[0-9]{1,2}", 0..60)),
        size in 1usize..40,
    ) {
        wait(async {
            let store = Arc::<Memory>::default();
            let (old, new) = (write(&store, "v1", more.0, &now).await, write(&store, "v2", more.1, &wanted).await);
            let pair = opened(&store, Some(&old), &new).await;
            assert_eq!(pair.obstacle(), None);
            let policy = RestorePolicy { change, delete };
            let ids = chosen.clone().map(|chosen: BTreeSet<String>| Arc::new(chosen.into_iter().map(String::into_bytes).collect()));
            let rule = RecordRule { rule: ModuleRule { policy, ..ModuleRule::default() }, chosen: ids, is_erased: None };
            let planned = planned(&pair, &rule, size).await;
            let names = pair.module().fields.iter().position(|field| field.api_name == "name").expect("a field");
            let is_chosen = |id: &str| chosen.as_ref().is_none_or(|chosen| chosen.contains(id));
            assert_eq!(carried_out(&now, &planned, names), expected(&now, &wanted, policy, is_chosen));
            let mut counts = PlanCounts::default();
            planned.iter().for_each(|record| counts.count(record.action));
            let mut counted = PlanCounts::default();
            pair.records(rule, None).await.expect("a plan").count(&mut counted, || false).await.expect("counts");
            assert_eq!(counted, counts, "the numbers are those of the records");
        });
    }
}

#[test]
fn records_of_modules_that_are_gone_or_have_another_key_cannot_be_written() {
    wait(async {
        let store = Arc::<Memory>::default();
        let rows = Rows::from([("1".to_owned(), None)]);
        let wanted = write(&store, "v1", false, &rows).await;
        let gone = opened(&store, None, &wanted).await;
        assert_eq!(gone.obstacle(), Some(PlannedReason::ModuleGone));
        let rule = ModuleRule { obstacle: gone.obstacle(), ..ModuleRule::default() };
        let found = planned(&gone, &RecordRule { rule, ..RecordRule::default() }, 9).await;
        let kinds: Vec<_> = found.iter().map(|record| (record.action, record.reason)).collect();
        assert_eq!(kinds, [(PlannedAction::Impossible, Some(PlannedReason::ModuleGone))]);
        let stored = |key: &[&str]| ModuleHead { key: key.iter().map(|name| (*name).to_owned()).collect(), ..head() };
        for (key, reason) in [(vec![], PlannedReason::NoKey), (vec!["name"], PlannedReason::OtherKey)] {
            let mut writer = ModuleWriter::new((store.stores(), ORG, "v2"), stored(&key), StoredPart::default(), None, SMALL);
            writer.row(&[Some("1"), None, Some("a")]).await.expect("a row");
            let other = SnapshotModule::from(writer.finish().await.expect("a module"));
            assert_eq!(opened(&store, Some(&other), &wanted).await.obstacle(), Some(reason));
        }
    });
}

#[test]
fn erased_records_are_barred() {
    wait(async {
        let store = Arc::<Memory>::default();
        let rows = Rows::from([("1".to_owned(), None), ("2".to_owned(), None)]);
        let (now, wanted) = (write(&store, "v1", false, &Rows::new()).await, write(&store, "v2", false, &rows).await);
        let pair = opened(&store, Some(&now), &wanted).await;
        let rule = RecordRule { is_erased: Some(Arc::new(|id| id == b"2")), ..RecordRule::default() };
        let found = planned(&pair, &rule, 9).await;
        let kinds: Vec<_> = found.iter().map(|record| (record.action, record.reason)).collect();
        assert_eq!(kinds, [(PlannedAction::Create, None), (PlannedAction::Impossible, Some(PlannedReason::Erased))]);
    });
}
