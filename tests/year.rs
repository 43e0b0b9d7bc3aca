//! A year of each kind of schedule, on a clock that jumps from one time to the next. Every run is accounted for, and
//! every backup is really made. Prints a table.

use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use chrono_tz::{America, Asia, Europe, Tz};
use hozon::import::{ImportOptions, import};
use hozon::{Local, LocalOptions};
use hozon_shared::domain::backup::BackupStatus;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::organisation::{Organisation, Role};
use hozon_shared::domain::schedule::{Outcome, Schedule};
use hozon_shared::ports::Change;
use hozon_tests::{Crm, ManualClock};
use serde_json::json;

/// Result of a year.
#[derive(Debug, PartialEq, Eq)]
struct Year {
    scheduled: usize,
    fired: u64,
    gated: u64,
    started_overdue: usize,
    run: usize,
    missed: usize,
}

struct Kind {
    name: &'static str,
    rule: &'static str,
    zone: Tz,
    time: (u32, u32),
}

const KINDS: [Kind; 7] = [
    Kind { name: "weekly", rule: "FREQ=WEEKLY;INTERVAL=1;BYDAY=MO", zone: Asia::Tokyo, time: (4, 0) },
    Kind { name: "weekly, 02:30", rule: "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU", zone: America::New_York, time: (2, 30) },
    Kind { name: "twice a month", rule: "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU", zone: Asia::Tokyo, time: (4, 0) },
    Kind { name: "monthly by date", rule: "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=31", zone: Europe::London, time: (1, 30) },
    Kind { name: "monthly, 30th", rule: "FREQ=MONTHLY;INTERVAL=1;BYMONTHDAY=30", zone: Asia::Kathmandu, time: (4, 0) },
    Kind { name: "monthly by weekday", rule: "FREQ=MONTHLY;INTERVAL=1;BYDAY=1MO", zone: Asia::Tokyo, time: (4, 0) },
    Kind { name: "every 5 months", rule: "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=30", zone: America::Sao_Paulo, time: (4, 0) },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::print_stdout, reason = "the table is what this shows")]
async fn a_year_of_each_kind_of_schedule_misses_nothing() {
    let began = Instant::now();
    println!("{:<20} {:>9} {:>6} {:>6} {:>8} {:>4} {:>7}", "schedule", "scheduled", "fired", "gated", "made up", "run", "missed");
    let years = futures_util::future::join_all(KINDS.iter().map(live)).await;
    for (kind, year) in KINDS.iter().zip(years) {
        let Year { scheduled, fired, gated, started_overdue, run, missed } = year;
        println!("{:<20} {scheduled:>9} {fired:>6} {gated:>6} {started_overdue:>8} {run:>4} {missed:>7}", kind.name);
        assert_eq!((year.run, year.missed), (year.scheduled, 0), "{}", kind.name);
        assert_eq!(year.fired - year.gated + year.started_overdue as u64, year.run as u64, "{}", kind.name);
    }
    println!("in {:.0} s", began.elapsed().as_secs_f64());
}

async fn live(kind: &Kind) -> Year {
    let start: DateTime<Utc> = "2026-12-31T15:00:00Z".parse().expect("a time");
    let end = start + TimeDelta::days(365);
    let clock = Arc::new(ManualClock::at(start));
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = LocalOptions::new(folder.path()).expect("options");
    (options.port, options.clock, options.speed) = (Some(0), clock.clone(), 3600.0);
    let mut local = Local::start(options).await.expect("starts");
    let org = organisation(&mut local, kind).await;
    let crm = Crm::small();
    let data = ImportOptions { from: crm.inputs(), ..ImportOptions::default() };
    import(&local.ports, org, &data, &mut |_| {}).await.expect("imports");
    set(&local, org, kind.rule).await;
    let schedule = local.ports.schedules.newest_schedule(org).await.expect("reads").expect("is set");

    let mut expected = schedule.recurrence.occurrences().take_while(|at| *at < end).peekable();
    while let Some(next) = local.next_fire().into_iter().chain(expected.peek().copied()).min().filter(|next| *next < end) {
        clock.set(next);
        local.tick().await;
        local.wait_until_idle().await;
        if expected.next_if_eq(&next).is_some() {
            // The sweep runs every two minutes, and waits half an hour for a trigger.
            clock.set(next + TimeDelta::minutes(45));
            local.tick().await;
            local.wait_until_idle().await;
        }
    }
    let year = account(&local, org, &schedule, end).await;
    local.stop().await.expect("stops");
    year
}

async fn organisation(local: &mut Local, kind: &Kind) -> OrgId {
    let org = local.organisation(kind.name, kind.zone, "Own", "JP").await.expect("an organisation");
    let organisation = local.ports.store.organisation(org).await.expect("reads").expect("is there");
    let organisation = Organisation { time_of_day: NaiveTime::from_hms_opt(kind.time.0, kind.time.1, 0), ..organisation };
    local.ports.store.commit(org, vec![Change::Organisation(organisation)]).await.expect("writes");
    org
}

async fn set(local: &Local, org: OrgId, rule: &str) {
    let token = local.token(org, Role::Administrator).expect("a token");
    let request = reqwest::Client::new().post(format!("{}/crm/bulk/v8/backup", local.url)).bearer_auth(token);
    let answer = request.body(json!({ "backup": { "rrule": rule } }).to_string()).send().await.expect("answers");
    assert_eq!(answer.status(), 201);
}

async fn account(local: &Local, org: OrgId, schedule: &Schedule, end: DateTime<Utc>) -> Year {
    let records = local.ports.schedules.occurrences(org, schedule.id).await.expect("reads");
    let backups = local.ports.store.backups(org, 1000).await.expect("reads");
    assert!(backups.iter().all(|backup| backup.status == BackupStatus::Completed && backup.files.len() == 2));
    let runs = records.iter().filter(|record| matches!(record.outcome, Outcome::Run { .. })).count();
    assert_eq!(backups.len(), runs, "one backup for each run");
    let deliveries = local.deliveries();
    let count = |name: &str| deliveries.get(name).copied().unwrap_or(0);
    let fired = count("started") + count("gated");
    Year {
        scheduled: schedule.recurrence.occurrences().take_while(|at| *at < end).count(),
        fired,
        gated: count("gated"),
        started_overdue: runs - usize::try_from(count("started")).expect("few"),
        run: runs,
        missed: records.len() - runs,
    }
}
