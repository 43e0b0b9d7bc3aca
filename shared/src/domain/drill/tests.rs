//! Tests of drills.

use super::*;
use crate::domain::allowance::Claim;
use crate::domain::backup::Backup;
use crate::domain::change::{Change, Lock};
use crate::domain::differences::{Counted, DifferenceExamples, ModuleDifferences, ModuleState, PartlyCompared};
use crate::domain::drill_policy::DrillPolicy;
use crate::domain::id::{EventId, UserId};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

fn person() -> Person {
    Person { id: UserId(1), name: "A".to_owned(), zuid: UserId(1) }
}

fn drill(is_automatic: bool) -> Drill {
    let now = at("2026-11-28T04:00:00Z");
    let (id, backup, target) = (DrillId(7), BackupId(2), ConnectionId(3));
    let request = DrillRequest { org: OrgId(1), id, requester: person(), is_automatic, backup, taken: now, target };
    Drill::requested(request, now, RunLength::default())
}

fn module(state: ModuleState, rows: Counted) -> DrilledModule {
    let (api_name, label, examples) = ("deal".to_owned(), "Deals".to_owned(), DifferenceExamples::default());
    let partly = (state == ModuleState::Changed && rows.differing() == 0).then_some(PartlyCompared::Key);
    let differences = ModuleDifferences { api_name, label, state, partly, rows, files: Counted::default(), examples };
    DrilledModule { differences, fault: None, files_read: 0 }
}

fn rows(before: u64, after: u64, deleted: u64) -> Counted {
    Counted { before, after, deleted, ..Counted::default() }
}

#[test]
fn the_policy_says_which_backups_are_drilled() {
    let now = at("2026-11-28T04:00:00Z");
    assert_eq!(DrillPolicy::ALL.map(|policy| policy.is_due(None, now)), [false, true, true]);
    assert_eq!(DrillPolicy::ALL.map(|policy| policy.is_due(Some(now), now)), [false, true, false]);
    assert!(!DrillPolicy::Weekly.is_due(Some(at("2026-11-22T04:00:00Z")), now));
    assert!(DrillPolicy::Weekly.is_due(Some(at("2026-11-21T04:30:00Z")), now), "runs last a little differently");
    DrillPolicy::ALL.into_iter().for_each(|policy| assert_eq!(DrillPolicy::named(policy.name()), Some(policy)));
}

#[test]
fn the_sweep_starts_a_drill_that_follows_a_backup_and_looks_again_at_the_end() {
    assert_eq!(drill(true).next_check(), Some(at("2026-11-28T04:00:00Z")));
    assert_eq!(drill(false).next_check(), Some(at("2026-11-28T04:03:00Z")));
    let begun = drill(true).begin(at("2026-11-28T04:01:00Z"));
    assert_eq!(begun.next_check(), Some(begun.must_end));
    assert!(!begun.is_overdue(at("2026-11-29T04:00:00Z")) && begun.is_overdue(begun.must_end));
    let ended = begun.complete(DrillTotals::default(), at("2026-11-28T04:02:00Z")).expect("completes");
    assert_eq!((ended.next_check(), ended.status), (None, DrillStatus::Same));
    assert_eq!(ended.fail(Failure::silent(), at("2026-11-28T04:03:00Z")), Err(DrillEnded(DrillStatus::Same)));
}

#[test]
fn a_drill_is_the_same_only_if_nothing_differs() {
    let same = DrillTotals::of(&[module(ModuleState::Same, rows(5, 5, 0))], 2, 0);
    assert_eq!((same.modules, same.records, same.left_out, same.is_same()), (1, 5, 2, true));
    let missing = DrillTotals::of(&[module(ModuleState::Changed, rows(5, 4, 1))], 0, 0);
    assert_eq!((missing.modules_differing, missing.records_differing, missing.is_same()), (1, 1, false));
    let partly = DrillTotals::of(&[module(ModuleState::Changed, rows(5, 3, 0))], 0, 0);
    assert_eq!((partly.records_differing, partly.is_same()), (2, false));
    let faulty = DrilledModule { fault: Some(DrillFault::Damaged), ..module(ModuleState::Same, rows(0, 0, 0)) };
    assert!(!DrillTotals::of(&[faulty], 0, 0).is_same());
    assert!(!DrillTotals::of(&[], 0, 1).is_same(), "a foreign key was refused");
}

#[test]
fn a_drill_that_was_cancelled_ends_once_its_execution_notices_that() {
    let by = Person { id: UserId(9), name: "B".to_owned(), zuid: UserId(9) };
    let now = at("2026-11-28T04:05:00Z");
    let waiting = drill(true).cancel(&by, now).expect("cancels");
    assert_eq!(
        (waiting.status, waiting.ended, waiting.next_check()),
        (DrillStatus::Cancelled, Some(now), None),
        "no work has begun"
    );
    let begun = drill(true).begin(at("2026-11-28T04:01:00Z"));
    let cancelled = begun.cancel(&by, now).expect("cancels");
    assert!(cancelled.is_active() && cancelled.is_cancelling() && cancelled.ended.is_none());
    let other = Person { id: UserId(3), ..by.clone() };
    assert_eq!(cancelled.clone().cancel(&other, now).expect("cancels").cancelled_by, Some(by.clone()), "the first one counts");
    let ended = end_cancelled_drill(cancelled, None, now, EventId(1)).expect("ends");
    let events: Vec<_> =
        ended.into_iter().filter_map(|change| if let Change::Event(event) = change { Some(event) } else { None }).collect();
    assert_eq!((events[0].what.name(), events[0].by.clone()), ("drill_cancelled", by));
}

#[test]
fn the_newest_drill_stands_beside_its_backup() {
    let backup = Backup::requested(OrgId(1), BackupId(2), person(), Claim::Unlimited, at("2026-11-28T03:00:00Z"));
    let beside = |changes: Vec<Change>| {
        changes.into_iter().find_map(|change| match change {
            Change::Backup(backup) => backup.drill,
            _ => None,
        })
    };
    let requested = request_drill(drill(false), backup.clone(), EventId(1));
    assert!(matches!(requested[0], Change::Acquire(Lock::Drill(DrillId(7)))));
    let running = beside(requested).expect("beside the backup");
    assert_eq!((running.id, running.status), (DrillId(7), DrillStatus::Running));
    let now = at("2026-11-28T04:05:00Z");
    let later = Backup { drill: Some(BackupDrill { id: DrillId(8), ..running.clone() }), ..backup.clone() };
    let failed = fail_drill(drill(false), Some(later), Failure::silent(), now, EventId(2)).expect("fails");
    assert_eq!(beside(failed), None, "a later one is known");
    let known = Backup { drill: Some(running), ..backup };
    let completed = complete_drill(drill(false), Some(known), DrillTotals::default(), now, EventId(2)).expect("completes");
    assert_eq!(beside(completed).expect("beside the backup").status, DrillStatus::Same);
}
