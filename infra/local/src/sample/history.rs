//! Three months of history for the sample organisation: a schedule with its runs, one failed and one skipped, on-demand
//! backups, downloads, a month in which many records were deleted, and the end of the schedule. It is created with the
//! domain's own transitions, as if it had been recorded at the time. The zips have been deleted since, seven days after
//! their creation.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use hozon_shared::archive::contents::{BackupContents, ModuleContents, contents_at};
use hozon_shared::domain::allowance::{Claim, Demand, Settled};
use hozon_shared::domain::backup::{ArchiveFile, ArchiveKind, Backup, Failure, MadeZips};
use hozon_shared::domain::change;
use hozon_shared::domain::comparison::{ChangeSummary, Comparison};
use hozon_shared::domain::crm::{DataCategory, Module, left_out};
use hozon_shared::domain::event::{Event, EventKind};
use hozon_shared::domain::id::{BackupId, EventId, OrgId, ScheduleId, UserId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::organisation::{Contact, Organisation, Person};
use hozon_shared::domain::plan::FreeBackups;
use hozon_shared::domain::progress::Amount;
use hozon_shared::domain::recurrence::{Recurrence, next_month};
use hozon_shared::domain::rule::Rule;
use hozon_shared::domain::schedule::Schedule;
use hozon_shared::domain::unusual_loss::LossRule;
use hozon_shared::ports::{Change, ErrorKind, PortError, Ports, SourceInfo};
use hozon_shared::settings::default_time_of_day;

use super::changes::compared;

/// Length of the history.
const PAST: TimeDelta = TimeDelta::days(92);
/// Old enough that nothing can be downloaded any more.
const AGO: TimeDelta = TimeDelta::days(9);
/// The organisation's plan at that time, and its free backups.
const PLAN: &str = "Standard";
const FREE: FreeBackups = FreeBackups::PerMonth(2);
const RULE: &str = "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO";
/// Index of the first run that fails, unless it is skipped; otherwise the next one fails.
const FAILED_FROM: usize = 1;
/// Index of a run that is skipped.
const SKIPPED: usize = 4;
/// From this run on, some leads are deleted.
const DELETED_FROM: u64 = 4;
const DELETED: u64 = 140;

/// Records the history of an organisation that has none, based on its current modules.
pub async fn make_history(ports: &Ports, org: OrgId, modules: &[Module]) -> Result<(), PortError> {
    let organisation = ports.store.organisation(org).await?.ok_or_else(impossible)?;
    let now = ports.clock.now();
    // This month's allowance is left for the user.
    let month_began = next_month(now - TimeDelta::days(32), organisation.time_zone);
    // In the afternoon of the previous day.
    let end = month_began.min(now - AGO) - TimeDelta::hours(8);
    let mut builder =
        HistoryBuilder { ports, org, zone: organisation.time_zone, modules, made: 0, before: None, has_failed: false };
    builder.record(organisation, end - PAST, end).await
}

struct HistoryBuilder<'a> {
    ports: &'a Ports,
    org: OrgId,
    zone: Tz,
    modules: &'a [Module],
    /// Number of completed backups.
    made: u64,
    /// The last completed backup, and what it contained.
    before: Option<(BackupId, Vec<ModuleContents>)>,
    has_failed: bool,
}

impl HistoryBuilder<'_> {
    async fn record(&mut self, organisation: Organisation, begin: DateTime<Utc>, end: DateTime<Utc>) -> Result<(), PortError> {
        let plan = organisation.plan.clone();
        let settings = [self.event(begin), self.event(begin)];
        self.commit(change::save_settings(organisation, None, &misaki(), begin, settings)).await?;
        let id = self.schedule(begin + TimeDelta::minutes(12)).await?;
        let occurrences: Vec<_> = self.load(id).await?.recurrence.occurrences().take_while(|at| *at < end).collect();
        for (number, at) in occurrences.into_iter().enumerate() {
            if number == SKIPPED {
                self.use_up(at - TimeDelta::hours(11)).await?;
            }
            self.run(id, at, number).await?;
        }
        let stopped = self.load(id).await?.stop(end).map_err(|_| impossible())?;
        self.commit(change::stop_schedule(stopped, &kenichi(), end, self.event(end))).await?;
        if plan != PLAN {
            let at = end + TimeDelta::hours(1);
            let what = EventKind::PlanChanged { from: PLAN.to_owned(), to: plan };
            self.commit(vec![Change::Event(Event { id: self.event(at), at, by: misaki(), what })]).await?;
        }
        Ok(())
    }

    async fn schedule(&self, at: DateTime<Utc>) -> Result<ScheduleId, PortError> {
        let rule: Rule = RULE.parse().map_err(|_| impossible())?;
        let id = ScheduleId(self.ports.ids.next(at));
        let recurrence = Recurrence::after(rule, self.zone, default_time_of_day(), at);
        let schedule = Schedule::set(self.org, id, recurrence, misaki(), at);
        // These people get no mail.
        let contact = Contact { user: misaki().id, email: None, locale: Locale::Ja };
        self.commit(change::set_schedule(schedule, contact, self.event(at))).await?;
        Ok(id)
    }

    /// Records a run of the schedule, or its skip if no backup was left.
    async fn run(&mut self, id: ScheduleId, at: DateTime<Utc>, number: usize) -> Result<(), PortError> {
        let schedule = self.load(id).await?;
        let backup = BackupId(self.ports.ids.next(at));
        let account = self.ports.accounts.account(self.org).await?;
        let event = self.event(at);
        let (claim, used) = match account.claim(&self.demand(backup, at)) {
            Ok(claimed) => claimed,
            Err(limit) => return self.commit(change::skip(schedule, at, limit, at, event)).await,
        };
        let repeat = schedule.recurrence.rule.repeat_type();
        let execution = format!("past-{backup}");
        let started = Backup::requested(self.org, backup, schedule.requester.clone(), claim, at).for_schedule(repeat, &execution);
        self.commit(change::start_scheduled(schedule, at, started, used, event)).await?;
        if self.has_failed || number < FAILED_FROM {
            return self.complete(backup, at + TimeDelta::minutes(4)).await;
        }
        self.has_failed = true;
        self.fail(backup, at + TimeDelta::minutes(3)).await?;
        self.by_hand(at + TimeDelta::hours(6)).await.map(|_| ())
    }

    /// Records an on-demand backup; returns `false` if no backup was left.
    async fn by_hand(&mut self, at: DateTime<Utc>) -> Result<bool, PortError> {
        let id = BackupId(self.ports.ids.next(at));
        let account = self.ports.accounts.account(self.org).await?;
        let Ok((claim, used)) = account.claim(&self.demand(id, at)) else { return Ok(false) };
        self.start(id, claim, used, at).await?;
        self.complete(id, at + TimeDelta::minutes(5)).await?;
        Ok(true)
    }

    async fn start(&self, id: BackupId, claim: Claim, used: Option<Settled>, at: DateTime<Utc>) -> Result<(), PortError> {
        let backup = Backup::requested(self.org, id, kenichi(), claim, at).begin(at).map_err(|_| impossible())?;
        self.commit(change::start(backup, used, self.event(at))).await
    }

    async fn use_up(&mut self, at: DateTime<Utc>) -> Result<(), PortError> {
        let mut at = at;
        while self.by_hand(at).await? {
            at += TimeDelta::hours(1);
        }
        Ok(())
    }

    async fn complete(&mut self, id: BackupId, at: DateTime<Utc>) -> Result<(), PortError> {
        self.made += 1;
        let modules: Vec<ModuleContents> =
            self.modules.iter().filter(|module| module.contents == DataCategory::Crm).map(|module| self.then(module)).collect();
        let sum = |of: fn(&ModuleContents) -> u64| modules.iter().map(of).sum::<u64>();
        let (rows, attachments, bytes) =
            (sum(|module| module.rows), sum(|module| module.attachments), sum(|module| module.attachment_bytes));
        let total = Amount { items: modules.len() as u64, rows, bytes: bytes + rows * 160 };
        let files = vec![
            self.file(id, ArchiveKind::Data, rows * 48, 2 * modules.len() as u64 + 1, rows),
            self.file(id, ArchiveKind::Attachments, bytes * 9 / 10, attachments + 2, attachments),
        ];
        let comparison = compared(self.before.as_ref(), &modules);
        self.before = Some((id, modules.clone()));
        let changes = Some(ChangeSummary::of(&comparison, LossRule::default()));
        self.keep_contents(id, modules, comparison, at).await?;
        let backup = self.ports.store.backup(self.org, id).await?.ok_or_else(impossible)?;
        let backup = backup.plan(total).map_err(|_| impossible())?;
        let (made, events) = (MadeZips { files, losses: None, changes }, [self.event(at), self.event(at)]);
        self.commit(change::complete(backup, made, None, at, events).map_err(|_| impossible())?).await?;
        self.download(id, at + TimeDelta::hours(5)).await
    }

    /// Returns the contents of a module at that time: fewer records than now, and for a while more leads.
    fn then(&self, module: &Module) -> ModuleContents {
        let missing = 12u64.saturating_sub(self.made);
        let rows = module.rows.saturating_sub(module.rows * missing / 100);
        let deleted = if module.api_name == "Leads" && self.made < DELETED_FROM { DELETED } else { 0 };
        let attachments = module.attachments.saturating_sub(module.attachments * missing / 80);
        let attachment_bytes = module.attachment_bytes.saturating_sub(module.attachment_bytes * missing / 80);
        ModuleContents { rows: rows + deleted, attachments, attachment_bytes, ..ModuleContents::of(module) }
    }

    async fn keep_contents(
        &self,
        id: BackupId,
        modules: Vec<ModuleContents>,
        comparison: Comparison,
        at: DateTime<Utc>,
    ) -> Result<(), PortError> {
        let organisation = self.ports.store.organisation(self.org).await?.ok_or_else(impossible)?;
        let (source, csv) = (SourceInfo::native(), organisation.archive.csv);
        let held = BackupContents {
            source,
            read_from: at - TimeDelta::minutes(3),
            csv,
            modules,
            left_out: left_out(self.modules),
            gaps: Vec::new(),
            changes: Some(comparison),
        };
        let json =
            serde_json::to_vec(&held).map_err(|error| PortError::with(ErrorKind::Corrupt, "write a backup's contents", error))?;
        self.ports.objects.put(&contents_at(self.org, id), json.into(), "application/json").await
    }

    fn file(&self, id: BackupId, kind: ArchiveKind, size: u64, entries: u64, counted: u64) -> ArchiveFile {
        let name = if kind == ArchiveKind::Data { "Data_001.zip" } else { "Attachments_001.zip" };
        let key = format!("archives/{}/{id}/{name}", self.org);
        ArchiveFile { kind, name: name.to_owned(), key, size, entries, counted: Some(counted), crc32: None }
    }

    async fn download(&self, backup: BackupId, at: DateTime<Utc>) -> Result<(), PortError> {
        if !self.made.is_multiple_of(2) {
            return Ok(());
        }
        let what = EventKind::DownloadStarted { backup, file: "Data_001.zip".to_owned(), address: None };
        self.commit(vec![Change::Event(Event { id: self.event(at), at, by: kenichi(), what })]).await
    }

    async fn fail(&self, id: BackupId, at: DateTime<Utc>) -> Result<(), PortError> {
        let failure = Failure {
            code: "STORAGE_UNAVAILABLE".to_owned(),
            message:
                "The storage was unavailable for some minutes. Back up again; the next scheduled run takes place as planned."
                    .to_owned(),
            subject: None,
        };
        let backup = self.ports.store.backup(self.org, id).await?.ok_or_else(impossible)?;
        let given_back = self.ports.accounts.account(self.org).await?.give_back(&backup.claim, id);
        self.commit(change::fail(backup, given_back, failure, at, self.event(at)).map_err(|_| impossible())?).await
    }

    fn demand(&self, backup: BackupId, now: DateTime<Utc>) -> Demand {
        Demand { backup, free: FREE, now, weekly: None, zone: self.zone }
    }

    fn event(&self, at: DateTime<Utc>) -> EventId {
        EventId(self.ports.ids.next(at))
    }

    async fn load(&self, id: ScheduleId) -> Result<Schedule, PortError> {
        self.ports.schedules.schedule(self.org, id).await?.ok_or_else(impossible)
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), PortError> {
        self.ports.store.commit(self.org, changes).await
    }
}

fn misaki() -> Person {
    Person { id: UserId(11), name: "佐藤 美咲".to_owned(), zuid: UserId(11) }
}

fn kenichi() -> Person {
    Person { id: UserId(12), name: "田中 健一".to_owned(), zuid: UserId(12) }
}

/// Error for a conflict that cannot happen, because nobody else writes the sample's history.
fn impossible() -> PortError {
    PortError::new(ErrorKind::Conflict, "make the sample's history")
}
