//! The event log: the single truth for history (R7) and notifications (R8).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::Failure;
use super::id::{BackupId, EventId, OrderId, ScheduleId, SubscriptionId};
use super::money::Money;
use super::organisation::Person;
use super::product::Product;
use super::rule::{RepeatType, Rule};
use super::subscription::Turn;

/// One thing that happened in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its id; ids order events by time.
    pub id: EventId,
    /// When.
    pub at: DateTime<Utc>,
    /// Who did it, or for whom it was done.
    pub by: Person,
    /// What.
    #[serde(flatten)]
    pub what: EventKind,
}

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// Settings of the organisation were saved.
    SettingsSaved {},
    /// A schedule was set.
    ScheduleSet {
        /// The schedule.
        schedule: ScheduleId,
        /// Its rule.
        rule: Rule,
        /// Its first run.
        next_run: DateTime<Utc>,
    },
    /// A schedule got another rule.
    ScheduleChanged {
        /// The schedule.
        schedule: ScheduleId,
        /// Its rule from now on.
        rule: Rule,
        /// Its next run.
        next_run: DateTime<Utc>,
    },
    /// A schedule was stopped.
    ScheduleStopped {
        /// The schedule.
        schedule: ScheduleId,
        /// The rule that it had.
        rule: Rule,
    },
    /// A backup was asked for, or is due, and is being made.
    BackupStarted {
        /// The backup.
        backup: BackupId,
        /// How often it comes round.
        #[serde(default = "immediate")]
        repeat: RepeatType,
    },
    /// A backup's files are ready.
    BackupReady {
        /// The backup.
        backup: BackupId,
        /// How often it comes round.
        #[serde(default = "immediate")]
        repeat: RepeatType,
        /// Names of its zips.
        files: Vec<String>,
        /// When its links stop working.
        expires: DateTime<Utc>,
    },
    /// A backup could not be made.
    BackupFailed {
        /// The backup; none where the run failed before there was one.
        backup: Option<BackupId>,
        /// How often it comes round.
        #[serde(default = "immediate")]
        repeat: RepeatType,
        /// Why.
        failure: Failure,
    },
    /// A scheduled run was left out because nothing was left to use (R12).
    BackupSkipped {
        /// The schedule.
        schedule: ScheduleId,
        /// The time of the run.
        occurrence: DateTime<Utc>,
        /// How often it comes round.
        repeat: RepeatType,
        /// Free backups of the plan per month.
        allowed: u32,
    },
    /// A scheduled run did not take place, and a later one stands for it.
    BackupMissed {
        /// The schedule.
        schedule: ScheduleId,
        /// The time of the run.
        occurrence: DateTime<Utc>,
        /// How often it comes round.
        repeat: RepeatType,
    },
    /// Someone began to download a file.
    DownloadStarted {
        /// The backup.
        backup: BackupId,
        /// Name of the zip.
        file: String,
        /// The network address that it came from, where somebody used a link without asking for it first; nobody knows who, and the event is
        /// told of whoever the backup was made for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// An order came a step further.
    Order {
        /// The order.
        order: OrderId,
        /// Which.
        step: OrderStep,
        /// One-time backups in it.
        backups: u32,
        /// Its total; for a refund what was paid back so far.
        amount: Money,
    },
    /// A subscription took a turn.
    Subscription {
        /// The subscription.
        subscription: SubscriptionId,
        /// The order that it was bought with.
        order: OrderId,
        /// What.
        product: Product,
        /// Which.
        turn: Turn,
        /// What is paid each month.
        amount: Money,
        /// The end of its period.
        until: DateTime<Utc>,
    },
    /// The organisation has another plan.
    PlanChanged {
        /// The plan before.
        from: String,
        /// The plan now.
        to: String,
    },
}

/// A step of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStep {
    /// Its summary was asked for.
    Placed,
    /// Its buyer went on to pay.
    Confirmed,
    /// Paid.
    Paid,
    /// The payment failed.
    Failed,
    /// Nobody paid in time.
    Expired,
    /// Its buyer gave it up.
    Cancelled,
    /// Money was paid back.
    Refunded,
    /// The buyer's bank holds the money.
    Disputed,
    /// It does not any more.
    DisputeWon,
}

impl OrderStep {
    fn name(self) -> &'static str {
        match self {
            Self::Placed => "order_placed",
            Self::Confirmed => "order_confirmed",
            Self::Paid => "purchased",
            Self::Failed => "order_failed",
            Self::Expired => "order_expired",
            Self::Cancelled => "order_cancelled",
            Self::Refunded => "refunded",
            Self::Disputed => "disputed",
            Self::DisputeWon => "dispute_won",
        }
    }
}

impl Turn {
    fn name(self) -> &'static str {
        match self {
            Self::Renewed => "subscription_renewed",
            Self::PaymentFailed => "payment_failed",
            Self::Cancelled => "subscription_cancelled",
            Self::Resumed => "subscription_resumed",
            Self::Ended => "subscription_ended",
        }
    }
}

fn immediate() -> RepeatType {
    RepeatType::Immediate
}

impl EventKind {
    /// The names of all kinds.
    pub const NAMES: [&str; 25] = [
        "settings_saved",
        "schedule_set",
        "schedule_changed",
        "schedule_stopped",
        "backup_started",
        "backup_ready",
        "backup_failed",
        "backup_skipped",
        "backup_missed",
        "download_started",
        "order_placed",
        "order_confirmed",
        "purchased",
        "order_failed",
        "order_expired",
        "order_cancelled",
        "refunded",
        "disputed",
        "dispute_won",
        "subscription_renewed",
        "payment_failed",
        "subscription_cancelled",
        "subscription_resumed",
        "subscription_ended",
        "plan_changed",
    ];

    /// What the administrator concerned is notified of (R8); `None` for what they did themselves and need no news of.
    pub fn notification(&self) -> Option<&'static str> {
        match self {
            Self::ScheduleSet { .. } => Some("scheduled"),
            Self::ScheduleChanged { .. } => Some("changed"),
            Self::ScheduleStopped { .. } => Some("stopped"),
            Self::BackupStarted { .. } => Some("archiving"),
            Self::BackupReady { .. } => Some("ready"),
            Self::BackupFailed { .. } => Some("failed"),
            Self::BackupSkipped { .. } => Some("skipped"),
            Self::BackupMissed { .. } => Some("missed"),
            Self::Order { step: OrderStep::Paid, .. } => Some("purchased"),
            Self::Order { step: OrderStep::Failed, .. } => Some("order_failed"),
            Self::Order { step: OrderStep::Refunded, .. } => Some("refunded"),
            Self::Subscription { turn: Turn::PaymentFailed, .. } => Some("payment_failed"),
            Self::Subscription { turn: Turn::Ended, .. } => Some("subscription_ended"),
            Self::DownloadStarted { .. }
            | Self::SettingsSaved {}
            | Self::Order { .. }
            | Self::Subscription { .. }
            | Self::PlanChanged { .. } => None,
        }
    }

    /// The backup that it is about.
    pub fn backup(&self) -> Option<BackupId> {
        match self {
            Self::BackupStarted { backup, .. } | Self::BackupReady { backup, .. } | Self::DownloadStarted { backup, .. } => {
                Some(*backup)
            }
            Self::BackupFailed { backup, .. } => *backup,
            _ => None,
        }
    }

    /// Its name, for filters and notifications.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SettingsSaved {} => "settings_saved",
            Self::ScheduleSet { .. } => "schedule_set",
            Self::ScheduleChanged { .. } => "schedule_changed",
            Self::ScheduleStopped { .. } => "schedule_stopped",
            Self::BackupStarted { .. } => "backup_started",
            Self::BackupReady { .. } => "backup_ready",
            Self::BackupFailed { .. } => "backup_failed",
            Self::BackupSkipped { .. } => "backup_skipped",
            Self::BackupMissed { .. } => "backup_missed",
            Self::DownloadStarted { .. } => "download_started",
            Self::Order { step, .. } => step.name(),
            Self::Subscription { turn, .. } => turn.name(),
            Self::PlanChanged { .. } => "plan_changed",
        }
    }

    /// How often that which it is about comes round.
    pub fn repeat(&self) -> RepeatType {
        match self {
            Self::ScheduleSet { rule, .. } | Self::ScheduleChanged { rule, .. } | Self::ScheduleStopped { rule, .. } => {
                rule.repeat_type()
            }
            Self::BackupStarted { repeat, .. }
            | Self::BackupReady { repeat, .. }
            | Self::BackupFailed { repeat, .. }
            | Self::BackupSkipped { repeat, .. }
            | Self::BackupMissed { repeat, .. } => *repeat,
            Self::DownloadStarted { .. }
            | Self::SettingsSaved {}
            | Self::Order { .. }
            | Self::Subscription { .. }
            | Self::PlanChanged { .. } => RepeatType::Immediate,
        }
    }
}
