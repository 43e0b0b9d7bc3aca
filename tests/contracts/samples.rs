//! Sample documents with an id; each check changes the fields that matter to it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hozon_shared::domain::allowance::{Account, Claim, Count, CreditLot, Entitlement};
use hozon_shared::domain::archive_options::ArchiveOptions;
use hozon_shared::domain::backup::{Backup, Failure};
use hozon_shared::domain::crm::{DataCategory, Field, Module};
use hozon_shared::domain::delivery::{Delivery, DeliveryId, Receiver};
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::id::{BackupId, EventId, OrderId, OrgId, ScheduleId, SubscriptionId, UserId, WebhookId};
use hozon_shared::domain::ledger::{Cause, LedgerEntry, Movement, Pool};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::money::Money;
use hozon_shared::domain::order::{Line, Order, OrderStatus, Origin};
use hozon_shared::domain::organisation::{Contact, Organisation, Person};
use hozon_shared::domain::period::Month;
use hozon_shared::domain::price::Tax;
use hozon_shared::domain::product::Product;
use hozon_shared::domain::recurrence::Recurrence;
use hozon_shared::domain::schedule::{Occurrence, Outcome, Schedule};
use hozon_shared::domain::subscription::{Subscription, SubscriptionStatus};
use hozon_shared::domain::webhook::{Secret, Webhook, WebhookKind};
use hozon_shared::ports::{ErrorKind, PortError};

/// Returns the kind of a port failure.
pub fn kind<T>(result: Result<T, PortError>) -> Option<ErrorKind> {
    result.err().map(|error| error.kind)
}

/// A Tuesday.
pub fn now() -> DateTime<Utc> {
    "2026-11-24T01:00:00Z".parse().expect("a time")
}

/// Returns a time some hours later.
pub fn hours(hours: i64) -> DateTime<Utc> {
    now() + TimeDelta::hours(hours)
}

pub fn person() -> Person {
    Person { id: UserId(11), name: "山田 太郎".to_owned(), zuid: UserId(12) }
}

pub fn organisation(id: OrgId) -> Organisation {
    Organisation {
        id,
        name: "桜商事".to_owned(),
        time_zone: Tz::Asia__Tokyo,
        plan: "Standard".to_owned(),
        country: Some("JP".to_owned()),
        time_of_day: NaiveTime::from_hms_opt(4, 30, 0),
        recipients: vec!["boss@example.com".to_owned()],
        calendar_key: None,
        locale: Some(Locale::Ja),
        archive: ArchiveOptions::default(),
        loss_rule: Default::default(),
        drills: Default::default(),
        retention: None,
        version: 0,
    }
}

pub fn contact() -> Contact {
    Contact { user: person().id, email: Some("admin@example.com".to_owned()), locale: Locale::Ja }
}

pub fn backup(org: OrgId, id: u64) -> Backup {
    let claim = Claim::Free { month: Month::of(now(), Tz::Asia__Tokyo) };
    Backup::requested(org, BackupId(id), person(), claim, now())
}

pub fn failure(message: impl Into<String>) -> Failure {
    Failure::new("ATTACHMENT_MISSING", message)
}

/// A weekly schedule on Mondays at 04:00, first on the 30th.
pub fn schedule(org: OrgId, id: u64) -> Schedule {
    let rule = "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO".parse().expect("a rule");
    let time = NaiveTime::from_hms_opt(4, 0, 0).expect("a time");
    Schedule::set(org, ScheduleId(id), Recurrence::after(rule, Tz::UTC, time, now()), person(), now())
}

pub fn occurrence(schedule: u64, at: DateTime<Utc>) -> Occurrence {
    Occurrence { schedule: ScheduleId(schedule), at, outcome: Outcome::Run { backup: BackupId(7) } }
}

pub fn account(org: OrgId) -> Account {
    let free = BTreeMap::from([(Month::of(now(), Tz::UTC), Count { granted: 2, used: 1 })]);
    let lots = vec![CreditLot { order: OrderId(3), bought: 5, used: 1, refunded: 0, disputed: false }];
    let weekly = Some(Entitlement { subscription: SubscriptionId(4), until: hours(500) });
    Account { free, lots, weekly, ..Account::new(org) }
}

pub fn entry(event: u64, number: u32) -> LedgerEntry {
    let movement = Movement { pool: Pool::Credits { order: OrderId(3) }, cause: Cause::Bought, change: 5, left: 5 };
    LedgerEntry { event: EventId(event), number, at: now(), movement }
}

pub fn event(id: u64) -> Event {
    Event { id: EventId(id), at: now(), by: person(), what: EventKind::SettingsSaved {} }
}

pub fn yen(minor: u64) -> Money {
    Money::of(minor, "JPY".parse().expect("a currency"))
}

pub fn order(org: OrgId, id: u64) -> Order {
    let line = Line { product: Product::OneTime, quantity: 2, unit: yen(1100), tax: yen(200), gross: yen(2200) };
    Order {
        org,
        id: OrderId(id),
        buyer: person(),
        origin: Origin::BackupPage,
        status: OrderStatus::Draft,
        lines: vec![line],
        tax: Tax { name: "消費税".to_owned(), rate: 10_000, included: true },
        created: now(),
        expires: hours(23),
        checkout: None,
        paid: None,
        receipt_url: None,
        refunded: 0,
        disputed: false,
        abandoned_checkouts: 0,
        cancelled_by: None,
        version: 0,
    }
}

pub fn subscription(org: OrgId, id: u64) -> Subscription {
    Subscription {
        org,
        id: SubscriptionId(id),
        order: OrderId(3),
        product: Product::Weekly,
        amount: yen(3600),
        provider: "sub_1".to_owned(),
        status: SubscriptionStatus::Active,
        started: now(),
        period_end: hours(720),
        ended: None,
        plan_before: None,
        withheld_until: None,
        version: 0,
    }
}

pub fn module(name: &str, order: u32) -> Module {
    let field =
        Field { api_name: "Id".to_owned(), label: "ID".to_owned(), data_type: "text".to_owned(), contents: DataCategory::Crm };
    Module {
        api_name: name.to_owned(),
        label: format!("{name} 一覧"),
        order,
        contents: DataCategory::Crm,
        version: "1".to_owned(),
        fields: vec![field],
        key: vec!["Id".to_owned()],
        structure: None,
        rows: 3,
        row_bytes: 300,
        attachments: 1,
        attachment_bytes: 1000,
    }
}

pub fn webhook(org: OrgId, id: u64) -> Webhook {
    let secret = Secret::of(&[7; 24]);
    Webhook {
        org,
        id: WebhookId(id),
        url: "https://example.com/hook".to_owned(),
        secret,
        created: now(),
        disabled: None,
        slot: Some(0),
        kind: WebhookKind::Slack,
    }
}

pub fn delivery(org: OrgId, receiver: Receiver, event: u64) -> Delivery {
    let body = r#"{"type":"backup_ready"}"#.to_owned();
    let id = DeliveryId { org, event: EventId(event), receiver };
    Delivery { id, body: Some(body), attempts: 1, next: hours(1), ended: None }
}
