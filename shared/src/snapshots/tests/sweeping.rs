//! Sweeps against a model: nothing that a kept snapshot or the catalogue refers to is ever gone, and what nothing refers to is gone after
//! the next sweep.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::hold::Hold;
use crate::domain::id::{BackupId, UserId};
use crate::domain::organisation::Person;
use crate::domain::retention::{Retention, RetentionRule, TakenSnapshot};
use crate::domain::rows::RowPage;
use crate::domain::run_length::RunLength;
use crate::ports::{Catalogue, Clock, Holds, Objects, PortError};
use crate::snapshots::keys;
use crate::snapshots::of_backup::{record, snapshot_of};
use crate::snapshots::stores::stored_object;
use crate::snapshots::sweep::sweep;

const RULE: RetentionRule = RetentionRule::Generations { daily: 3, weekly: 2, monthly: 2 };

/// One day: the rows of the backup of that day, if there is one, and a backup that is held or let go.
#[derive(Debug, Clone)]
struct Day {
    rows: Option<Vec<u64>>,
    toggled: Option<prop::sample::Index>,
}

struct Held(BTreeSet<BackupId>);

#[async_trait]
impl Holds for Held {
    async fn holds(&self, _: OrgId) -> Result<Vec<Hold>, PortError> {
        let by = Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) };
        Ok(self.0.iter().map(|backup| Hold { backup: *backup, at: DateTime::UNIX_EPOCH, by: by.clone() }).collect())
    }
}

struct At(DateTime<Utc>);

impl Clock for At {
    fn now(&self) -> DateTime<Utc> {
        self.0
    }
}

async fn version(store: &Arc<Memory>, day: usize, rows: &[u64]) -> Module {
    let mut writer = begin(store, &format!("2026-{day}"), None);
    for rows in rows.chunks(20) {
        let mut page = RowPage::new(3);
        for id in rows {
            page.push(&[Some(&id.to_string()), Some("left out"), Some(&format!("a name of {id} {}", "long ".repeat(40)))])
                .expect("a row");
        }
        writer.page(page).await.expect("rows");
    }
    writer.finish().await.expect("a module")
}

/// Keys that a version consists of.
async fn parts(store: &Arc<Memory>, module: &Module) -> BTreeSet<String> {
    let stored = document(store, module).await;
    let mut keys: BTreeSet<String> = stored.blocks.iter().map(|block| stored_object(ORG, &block.object).key).collect();
    keys.insert(keys::stored_module(ORG, &module.api_name, &module.version).key);
    keys
}

/// What the model knows of a backup.
struct Known {
    backup: BackupId,
    taken: DateTime<Utc>,
    module: Module,
    parts: BTreeSet<String>,
}

async fn play(days: Vec<Day>) -> Result<(), TestCaseError> {
    let store = Arc::new(Memory::default());
    let begin: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("a time");
    let retention = Retention { rule: RULE, zone: chrono_tz::Asia::Tokyo, holds: BTreeSet::new(), run: RunLength::days(1) };
    let (mut backups, mut held): (Vec<Known>, BTreeSet<BackupId>) = Default::default();
    for (day, Day { rows, toggled }) in days.into_iter().enumerate() {
        let now = begin + TimeDelta::days(i64::try_from(day).expect("a number"));
        if let Some(rows) = rows {
            let (module, backup) = (version(&store, day, &rows).await, BackupId(day as u64 + 1));
            store.publish_capture(ORG, std::slice::from_ref(&module)).await.expect("publishes");
            record(&*store, (ORG, backup), now, std::slice::from_ref(&module)).await.expect("records");
            let parts = parts(&store, &module).await;
            backups.push(Known { backup, taken: now, module, parts });
        }
        if let Some(at) = toggled.filter(|_| !backups.is_empty()) {
            let backup = backups[at.index(backups.len())].backup;
            if !held.remove(&backup) {
                held.insert(backup);
            }
        }
        let swept_at = now + TimeDelta::hours(1);
        let swept = sweep(&store.ports(), ORG, retention.clone(), &Held(held.clone()), &At(swept_at)).await.expect("sweeps");
        backups = expected(backups, &retention, &held, swept_at);
        check(&store, &backups).await?;
        let kept: Vec<_> = swept.expect("nobody writes").kept.backups.iter().map(|one| (one.backup, one.alone_bytes)).collect();
        prop_assert_eq!(kept, alone(&store, &backups));
    }
    Ok(())
}

/// The backups whose snapshots are kept.
fn expected(backups: Vec<Known>, retention: &Retention, held: &BTreeSet<BackupId>, now: DateTime<Utc>) -> Vec<Known> {
    let taken: Vec<_> = backups.iter().map(|known| TakenSnapshot { taken: known.taken, backup: Some(known.backup) }).collect();
    let kept = Retention { holds: held.clone(), ..retention.clone() }.kept(&taken, now);
    backups.into_iter().zip(kept).filter(|(_, is_kept)| *is_kept).map(|(known, _)| known).collect()
}

/// Compares what is stored with what kept snapshots refer to.
async fn check(store: &Arc<Memory>, backups: &[Known]) -> Result<(), TestCaseError> {
    let mut needed: BTreeSet<String> = backups.iter().flat_map(|known| known.parts.iter().cloned()).collect();
    needed.extend(backups.iter().map(|known| keys::snapshot_of_backup(ORG, known.backup).key));
    let stored: BTreeSet<String> =
        store.list(crate::ports::Bucket::Crm, &keys::organisation_prefix(ORG)).await.expect("lists").into_iter().collect();
    prop_assert_eq!(&stored, &needed);
    for known in backups {
        let snapshot = snapshot_of(&**store, ORG, known.backup).await.expect("reads").expect("is kept");
        prop_assert_eq!(&snapshot.modules[0].version, &known.module.version);
    }
    Ok(())
}

/// Bytes of blocks that only one backup refers to. The newest one is the catalogue's too.
fn alone(store: &Arc<Memory>, backups: &[Known]) -> Vec<(BackupId, u64)> {
    let mut users: BTreeMap<&String, usize> = BTreeMap::new();
    for key in backups.iter().flat_map(|known| &known.parts) {
        *users.entry(key).or_default() += 1;
    }
    let newest = backups.last().map(|known| known.backup);
    let bytes = |known: &Known| {
        let only = known.parts.iter().filter(|key| key.contains("%stored") && users[key] == 1);
        if Some(known.backup) == newest { 0 } else { only.map(|key| store.bytes(key).len() as u64).sum() }
    };
    backups.iter().map(|known| (known.backup, bytes(known))).collect()
}

fn days() -> impl Strategy<Value = Vec<Day>> {
    // Few kinds of contents, so that versions of several days share blocks.
    let contents = prop::sample::select(vec![0u64..30, 0..60, 10..90, 100..130]).prop_map(|ids| ids.collect::<Vec<u64>>());
    let day = (prop::option::weighted(0.8, contents), prop::option::weighted(0.2, any::<prop::sample::Index>()));
    prop::collection::vec(day.prop_map(|(rows, toggled)| Day { rows, toggled }), 1..70)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_sweep_keeps_exactly_what_is_referred_to(days in days()) {
        wait(play(days))?;
    }
}
