//! Compares every mail and every chat message, in both languages, with a file, so that a changed text shows in
//! review. A file that no test writes fails the test as well.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use hozon_shared::domain::archive_options::ArchiveOptions;
use hozon_shared::domain::backup::{Failure, FailureSubject};
use hozon_shared::domain::comparison::{ChangeSummary, Comparison};
use hozon_shared::domain::differences::{Counted, Differences, ModuleDifferences, ModuleState};
use hozon_shared::domain::drill::{DrillStatus, DrillTotals};
use hozon_shared::domain::event::{Event, EventKind, OrderStep};
use hozon_shared::domain::id::{BackupId, DrillId, EventId, OrderId, OrgId, ScheduleId, SubscriptionId, UserId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::money::{Currency, Money};
use hozon_shared::domain::organisation::{Contact, Organisation, Person};
use hozon_shared::domain::product::Product;
use hozon_shared::domain::rule::{RepeatType, Rule};
use hozon_shared::domain::subscription::SubscriptionStep;
use hozon_shared::domain::unusual_loss::LossRule;
use hozon_shared::domain::webhook::WebhookKind;
use serde_json::{Value, json};

use crate::channels::chat;
use crate::letter::Letter;
use crate::notice::Notice;
use crate::render;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/snapshots");

fn organisation(locale: Locale) -> Organisation {
    Organisation {
        id: OrgId(70_000_000_001),
        name: "桜商事 & <Sons>".to_owned(),
        time_zone: chrono_tz::Tz::Asia__Tokyo,
        plan: "Standard".to_owned(),
        country: None,
        time_of_day: None,
        recipients: Vec::new(),
        calendar_key: None,
        locale: Some(locale),
        archive: ArchiveOptions::default(),
        loss_rule: Default::default(),
        drills: Default::default(),
        retention: None,
        version: 1,
    }
}

/// What differs since the previous backup, with an unusual loss of each kind.
fn changes() -> ChangeSummary {
    let module = |label: &str, state, rows, files| ModuleDifferences {
        api_name: "Leads".to_owned(),
        label: label.to_owned(),
        state,
        partly: None,
        rows,
        files,
        examples: Default::default(),
    };
    let counted = |before, after, added, changed, deleted| Counted { before, after, added, changed, deleted };
    let none = Counted::default();
    let modules = vec![
        module("見込み客 <1>", ModuleState::Changed, counted(1_000, 782, 12, 5, 230), counted(50, 41, 1, 0, 10)),
        module("連絡先", ModuleState::Changed, counted(300, 301, 2, 0, 1), none),
        module("商談", ModuleState::Gone, counted(40, 0, 0, 0, 40), none),
    ];
    let comparison = Comparison::Compared(Differences::new(BackupId(6), modules));
    ChangeSummary::of(&comparison, LossRule::default()).for_event()
}

fn drill(status: DrillStatus) -> EventKind {
    let (drill, backup, taken) = (DrillId(12), BackupId(7), "2026-11-29T19:00:00Z".parse().expect("a time"));
    let all = DrillTotals { modules: 12, records: 56_214, files: 1_038, files_read: 38, ..DrillTotals::default() };
    let differing =
        DrillTotals { modules_differing: 2, records_differing: 17, files_differing: 1, foreign_keys_refused: 1, ..all };
    let failure =
        || Failure::new("DRILL_TARGET_NOT_EMPTY", "The restore target has something that no drill has made (table deal).");
    let (totals, failure) = match status {
        DrillStatus::Running | DrillStatus::Cancelled => (None, None),
        DrillStatus::Same => (Some(all), None),
        DrillStatus::Differs => (Some(differing), None),
        DrillStatus::Failed => (None, Some(failure())),
    };
    EventKind::Drill { drill, backup, taken, status, totals, failure }
}

/// Returns one event of each kind that causes a message.
fn events() -> Vec<EventKind> {
    let at: DateTime<Utc> = "2026-11-29T19:00:00Z".parse().expect("a time");
    let (schedule, backup, repeat) = (ScheduleId(5), BackupId(7), RepeatType::Weekly);
    let (order, subscription) = (OrderId(9), SubscriptionId(11));
    let amount = Money::of(1500, "JPY".parse::<Currency>().expect("a currency"));
    let rule = |text: &str| text.parse::<Rule>().expect("a rule");
    let weekly = rule("RRULE:FREQ=WEEKLY;INTERVAL=1;BYDAY=MO");
    let subject = FailureSubject {
        module: "Contacts".to_owned(),
        record: Some("4876876000000123456".to_owned()),
        file: Some("見積書 <1>.pdf".to_owned()),
    };
    let message = "An attachment is missing. Restore it or delete the attachment, then back up again.".to_owned();
    let failure = Failure { code: "ATTACHMENT_MISSING".to_owned(), message, subject: Some(subject) };
    let step = |step, backups| EventKind::Order { order, step, backups, amount };
    let turn = |turn, product| EventKind::Subscription { subscription, order, product, turn, amount, until: at };
    vec![
        EventKind::ScheduleSet { schedule, rule: weekly, next_run: at },
        EventKind::ScheduleChanged { schedule, rule: rule("RRULE:FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=15"), next_run: at },
        EventKind::ScheduleStopped { schedule, rule: weekly },
        EventKind::BackupStarted { backup, repeat },
        EventKind::BackupReady {
            backup,
            repeat,
            files: vec!["Data_001.zip".to_owned()],
            losses: None,
            changes: Some(Box::new(changes())),
            expires: at,
        },
        EventKind::LinksEnding { backup, repeat, created: at - TimeDelta::days(6), expires: at },
        EventKind::BackupFailed { backup: Some(backup), repeat, failure },
        EventKind::BackupCancelled { backup, repeat },
        EventKind::BackupSkipped { schedule, occurrence: at, repeat, allowed: 2 },
        EventKind::BackupOverlapped { schedule, occurrence: at, repeat, running: backup, since: at - TimeDelta::days(2) },
        EventKind::BackupMissed { schedule, occurrence: at, repeat },
        step(OrderStep::Paid, 3),
        step(OrderStep::Failed, 1),
        step(OrderStep::Refunded, 1),
        turn(SubscriptionStep::PaymentFailed, Product::Weekly),
        turn(SubscriptionStep::Ended, Product::Plan("Enterprise".to_owned())),
        drill(DrillStatus::Same),
        drill(DrillStatus::Differs),
        drill(DrillStatus::Failed),
    ]
}

fn notices(locale: Locale) -> Vec<Notice> {
    let person = Person { id: UserId(1), name: "管理者".to_owned(), zuid: UserId(1) };
    let at = "2026-11-26T04:12:09Z".parse().expect("a time");
    let notice = |what| Notice {
        organisation: organisation(locale),
        event: Event { id: EventId(3), at, by: person.clone(), what },
        contact: Some(Contact { user: person.id, email: Some("taro@example.com".to_owned()), locale }),
    };
    events().into_iter().map(notice).collect()
}

fn links(what: &EventKind) -> Vec<(String, String)> {
    let link = |label: &str| (label.to_owned(), "https://example.com/zip?X-Amz-Expires=60&X-Amz-Signature=0".to_owned());
    match what {
        EventKind::BackupReady { .. } | EventKind::LinksEnding { .. } => {
            vec![link("Data_001.zip (records, 12.3 MB)"), link("Attachments_001.zip")]
        }
        _ => Vec::new(),
    }
}

fn name_of(what: &EventKind) -> &'static str {
    what.notification().expect("somebody is told of it")
}

#[test]
fn every_message_is_as_it_was_and_no_file_is_left_over() {
    let mut written = BTreeSet::new();
    let mut keep = |name: String, contents: &str| {
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.clone(), contents);
        });
        assert!(written.insert(format!("{name}.snap")), "{name} twice");
    };
    for locale in [Locale::En, Locale::Ja] {
        for notice in notices(locale) {
            let letter = Letter::about(&notice.organisation, &notice.event, locale, links(&notice.event.what));
            let (text, html) = (render::text(&letter), render::html(&letter).expect("renders"));
            let name = format!("mail_{}_{}", name_of(&notice.event.what), locale.tag());
            keep(name, &format!("Subject: {}\n\n{text}\n{html}", letter.subject));
        }
        for kind in [WebhookKind::Slack, WebhookKind::Teams] {
            let bodies = notices(locale)
                .into_iter()
                .map(|notice| json!({ "notification": name_of(&notice.event.what), "body": chat::message(&notice).body(kind) }));
            let bodies: Vec<Value> = bodies.collect();
            let pretty = serde_json::to_string_pretty(&bodies).expect("JSON");
            keep(format!("chat_{}_{}", kind.name(), locale.tag()), &pretty);
        }
    }
    let entries = std::fs::read_dir(FOLDER).expect("the folder of snapshots");
    let found: BTreeSet<_> = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(found, written, "each file is of a message, and each message has its file");
}

#[test]
fn every_kind_of_notification_is_in_the_snapshots() {
    let told: BTreeSet<_> = events().iter().map(name_of).collect();
    let mut known: BTreeSet<_> = hozon_shared::api::closed_sets::NotificationKind::WORDS.iter().copied().collect();
    assert!(known.remove("unusual_loss"), "the message about the finished backup says it");
    assert_eq!(told, known);
}
