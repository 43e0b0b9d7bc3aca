//! States of restores, and what their plans decide.

use super::*;
use crate::domain::change::{Change, Lock};
use crate::domain::differences::DifferenceKind;
use crate::domain::id::{EventId, UserId};
use crate::domain::writing::{Hindrance, HindranceKind};

fn at(hour: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + chrono::TimeDelta::hours(hour)
}

fn person() -> Person {
    Person { id: UserId(1), zuid: UserId(2), name: "A".to_owned() }
}

fn requested() -> Restore {
    let request = RestoreRequest {
        org: OrgId(1),
        id: RestoreId(2),
        requester: person(),
        backup: BackupId(3),
        taken: at(0),
        target: ConnectionRole::Source,
        connection: ConnectionId(4),
        undoes: None,
        selection: RestoreSelection::Everything {},
        policy: RestorePolicy { change: true, delete: true },
        create: false,
    };
    Restore::requested(request, at(1), RunLength::days(1))
}

fn plan(create: u64, delete: u64) -> RestorePlan {
    let counts = PlanCounts { create, delete, ..PlanCounts::default() };
    let module = ModulePlan { api_name: "deal".to_owned(), label: "Deal".to_owned(), counts, files: FilePlanCounts::default() };
    RestorePlan { modules: vec![module], hindrances: Vec::new(), creates: Vec::new() }
}

fn planned(plan: RestorePlan) -> Restore {
    requested().plan(plan, at(2)).expect("is planned")
}

#[test]
fn it_is_planned_confirmed_and_completed_in_this_order_only() {
    let confirm = |restore: Restore, deletes| restore.confirm(deletes, &person(), at(3), RunLength::days(1));
    assert_eq!(confirm(requested(), 0), Err(RestoreTransitionError::Status(RestoreStatus::Planning)));
    let running = confirm(planned(plan(1, 2)), 2).expect("is confirmed");
    assert!(running.is_active() && !running.is_overdue(at(20)) && running.is_overdue(at(3 + 26)));
    assert!(running.clone().plan(plan(1, 1), at(4)).is_err() && !running.can_be_undone());
    let completed = running.clone().complete(RestoreOutcome::default(), at(4)).expect("is completed");
    assert!(completed.can_be_undone() && !completed.is_active());
    let failure = || Failure::new("X", "x");
    assert!(completed.clone().cancel(at(5)).is_err() && completed.fail(failure(), at(5)).is_err());
    let cancelled = running.clone().cancel(at(5)).expect("is cancelled");
    assert!(cancelled.clone().complete(RestoreOutcome::default(), at(6)).is_err() && cancelled.can_be_undone());
    assert!(running.fail(failure(), at(5)).expect("fails").can_be_undone());
    assert!(!requested().fail(failure(), at(5)).expect("fails").can_be_undone(), "nothing was written");
}

#[test]
fn the_words_of_a_search_are_forgotten_once_the_plan_is_made_or_the_restore_has_ended() {
    let search = RestoreSearch { module: None, words: Some("田中".to_owned()), is_exact: true };
    let searching = Restore { selection: RestoreSelection::Search(search.clone()), ..requested() };
    assert!(search.search_words().is_ok() && searching.selection.is_of_records() && searching.selection.has_module("deal"));
    let forgotten = RestoreSelection::Search(RestoreSearch { words: None, ..search });
    let ends = [
        searching.clone().plan(plan(1, 0), at(2)),
        searching.clone().cancel(at(2)),
        searching.fail(Failure::new("X", "x"), at(2)),
    ];
    ends.into_iter().for_each(|end| assert_eq!(end.expect("a transition").selection, forgotten));
}

#[test]
fn work_that_does_not_begin_is_looked_at_soon_and_other_work_when_it_should_have_ended() {
    let soon = |hour| Some(at(hour) + TimeDelta::minutes(3));
    let planning = requested();
    assert_eq!(planning.next_check(), soon(1));
    let begun = planning.clone().begin(at(1));
    assert_eq!(begun.next_check(), Some(planning.must_end));
    let planned = begun.plan(plan(1, 0), at(2)).expect("is planned");
    assert_eq!(planned.next_check(), None, "a person decides");
    let running = planned.confirm(0, &person(), at(3), RunLength::days(1)).expect("is confirmed");
    assert_eq!((running.next_check(), running.clone().begin(at(4)).next_check()), (soon(3), Some(running.must_end)));
    assert_eq!(running.cancel(at(5)).expect("is cancelled").next_check(), None);
}

#[test]
fn a_confirmation_names_the_deletions_and_needs_something_to_write() {
    let confirm =
        |plan, deletes| planned(plan).confirm(deletes, &person(), at(3), RunLength::days(1)).map(|restore| restore.status);
    assert_eq!(confirm(plan(1, 2), 1), Err(RestoreTransitionError::Deletes(2)));
    assert_eq!(confirm(plan(0, 0), 0), Err(RestoreTransitionError::Nothing));
    assert_eq!(confirm(plan(5, 0), 0), Ok(RestoreStatus::Running));
    let mut only_files = plan(0, 0);
    only_files.modules[0].files.create = 1;
    assert_eq!(confirm(only_files, 0), Ok(RestoreStatus::Running));
    let hindrance = |module: &str, kind| Hindrance { module: module.to_owned(), kind, field: None };
    let with = |hindrance| RestorePlan { hindrances: vec![hindrance], ..plan(1, 0) };
    assert_eq!(confirm(with(hindrance("deal", HindranceKind::NoPermission)), 0), Err(RestoreTransitionError::Hindered));
    assert_eq!(confirm(with(hindrance("note", HindranceKind::NoPermission)), 0), Ok(RestoreStatus::Running));
    assert_eq!(confirm(with(hindrance("deal", HindranceKind::RequiredField)), 0), Ok(RestoreStatus::Running));
}

#[test]
fn each_state_change_has_its_event_and_its_lock() {
    let kinds = |changes: Vec<Change>| -> Vec<&'static str> {
        let name = |change: &Change| match change {
            Change::Acquire(Lock::Restore(_)) => "acquire",
            Change::Release(Lock::Restore(_)) => "release",
            Change::Event(event) => event.what.name(),
            Change::Restore(_) => "restore",
            _ => "other",
        };
        changes.iter().map(name).collect()
    };
    let event = EventId(9);
    let length = RunLength::days(1);
    assert_eq!(kinds(request_restore(requested())), ["acquire", "restore"]);
    let made = plan_restore(requested(), plan(1, 0), at(2), event).expect("is planned");
    assert_eq!(kinds(made), ["release", "restore_planned", "restore"]);
    let made = confirm_restore(planned(plan(1, 0)), 0, &person(), (at(3), length), event).expect("is confirmed");
    assert_eq!(kinds(made), ["acquire", "restore_confirmed", "restore"]);
    let running = planned(plan(1, 0)).confirm(0, &person(), at(3), length).expect("is confirmed");
    let records = WrittenCounts { written: 1, ..WrittenCounts::default() };
    let written = RestoreOutcome { records, ..RestoreOutcome::default() };
    let made = complete_restore(running.clone(), Some(requested()), written, at(4), event).expect("is completed");
    assert!(matches!(made.last(), Some(Change::Restore(undone)) if undone.undone_by == Some(RestoreId(2))));
    assert_eq!(kinds(made), ["release", "restore_completed", "restore", "restore"]);
    let made = fail_restore(running.clone(), Failure::new("X", "x"), written, at(4), event).expect("fails");
    assert_eq!(kinds(made), ["release", "restore_failed", "restore"]);
    let made = cancel_restore(running, written, &person(), at(4), event).expect("is cancelled");
    assert_eq!(kinds(made), ["release", "restore_cancelled", "restore"]);
    let made = cancel_restore(planned(plan(1, 0)), written, &person(), at(4), event).expect("is cancelled");
    assert_eq!(kinds(made), ["restore_cancelled", "restore"], "a planned one holds no lock");
}

#[test]
fn the_policy_and_what_hinders_decide_about_a_record() {
    use DifferenceKind::{Added, Changed, Deleted};
    let decide = |rule: &ModuleRule, is_erased| [Added, Changed, Deleted].map(|kind| rule.decide(kind, is_erased));
    let all = ModuleRule { policy: RestorePolicy { change: true, delete: true }, ..ModuleRule::default() };
    let actions = [PlannedAction::Create, PlannedAction::Change, PlannedAction::Delete];
    assert_eq!(decide(&all, false), actions.map(|action| (action, None)));
    let impossible = |reason| (PlannedAction::Impossible, Some(reason));
    let erased = impossible(PlannedReason::Erased);
    assert_eq!(decide(&all, true), [erased, erased, (PlannedAction::Delete, None)]);
    let left = |reason| (PlannedAction::Leave, Some(reason));
    let [_, changed, newer] = decide(&ModuleRule::default(), false);
    assert_eq!((changed, newer), (left(PlannedReason::Changed), left(PlannedReason::Newer)));
    let restore = Restore { policy: all.policy, ..requested() };
    let hindrance = |kind| vec![Hindrance { module: "deal".to_owned(), kind, field: None }];
    let rule = |kind| rule_of(&restore, "deal", None, &hindrance(kind));
    assert_eq!(decide(&rule(HindranceKind::Gone), false), [impossible(PlannedReason::ModuleGone); 3]);
    assert_eq!(decide(&rule(HindranceKind::NoPermission), false), decide(&all, false));
    let [created, ..] = decide(&rule(HindranceKind::RequiredField), false);
    assert_eq!(created, impossible(PlannedReason::RequiredField));
    let chosen = RestoreSelection::Records { records: Vec::new() };
    let rule = |undoes| rule_of(&Restore { selection: chosen.clone(), undoes, ..restore.clone() }, "deal", None, &[]);
    assert_eq!((rule(None).policy.delete, rule(Some(RestoreId(1))).policy.delete), (false, true));
}
