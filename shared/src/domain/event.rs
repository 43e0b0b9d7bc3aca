//! The event log: the only source of history and notifications.

mod names;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::backup::{Failure, immediate};
use super::comparison::ChangeSummary;
use super::connection::ConnectionRole;
use super::drill::{DrillStatus, DrillTotals};
pub use super::erasure::ErasureStep;
use super::exploring::LookedAt;
use super::id::{BackupId, DrillId, ErasureId, EventId, OrderId, RestoreId, ScheduleId, SubscriptionId};
use super::money::Money;
pub use super::order_step::OrderStep;
use super::organisation::Person;
use super::product::Product;
use super::restore::RestoreStep;
use super::rule::{RepeatType, Rule};
use super::source::Losses;
use super::subscription::SubscriptionStep;

/// An event in an organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Event ids are ordered by time.
    pub id: EventId,
    pub at: DateTime<Utc>,
    /// The person who acted, or for whom the service acted.
    pub by: Person,
    #[serde(flatten)]
    pub what: EventKind,
}

/// Kinds of events, with the data of each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventKind {
    /// Settings of the organisation were saved.
    SettingsSaved {},
    /// The connection to the CRM was set.
    SourceSet {
        /// Kind of the source.
        source: String,
        /// Its address, without user and password; empty for the native store.
        address: String,
    },
    /// The connection to the CRM was removed; backups are of the native store again.
    SourceRemoved { source: String, address: String },
    /// The restore target was set.
    RestoreTargetSet { source: String, address: String },
    /// The restore target was removed.
    RestoreTargetRemoved { source: String, address: String },
    /// A legal hold on a backup was set.
    HoldSet { backup: BackupId },
    /// The hold was lifted.
    HoldLifted { backup: BackupId },
    ScheduleSet {
        schedule: ScheduleId,
        rule: Rule,
        /// Time of the first run.
        next_run: DateTime<Utc>,
    },
    /// The rule of a schedule was changed.
    ScheduleChanged {
        schedule: ScheduleId,
        /// The new rule.
        rule: Rule,
        next_run: DateTime<Utc>,
    },
    ScheduleStopped {
        schedule: ScheduleId,
        /// The rule that was in effect.
        rule: Rule,
    },
    /// A backup was requested or became due, and its run started.
    BackupStarted {
        backup: BackupId,
        /// How often the schedule behind it repeats.
        #[serde(default = "immediate")]
        repeat: RepeatType,
    },
    /// The files of a backup are ready.
    BackupReady {
        backup: BackupId,
        /// How often the schedule behind it repeats.
        #[serde(default = "immediate")]
        repeat: RepeatType,
        /// Names of the zips.
        files: Vec<String>,
        /// What they lack; `None` if the backup is complete.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        losses: Option<Losses>,
        /// What differs since the previous backup.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changes: Option<Box<ChangeSummary>>,
        /// When the download links expire.
        expires: DateTime<Utc>,
    },
    /// A backup has much less than the previous one. It happens together with `BackupReady`.
    UnusualLoss {
        backup: BackupId,
        /// How often the schedule behind it repeats.
        repeat: RepeatType,
        /// What differs since the previous backup.
        changes: Box<ChangeSummary>,
    },
    /// The links of a backup end in a day, and nobody has downloaded it.
    LinksEnding {
        backup: BackupId,
        /// How often the schedule behind it repeats.
        repeat: RepeatType,
        /// When the backup was requested.
        created: DateTime<Utc>,
        /// When the download links expire.
        expires: DateTime<Utc>,
    },
    /// A backup failed.
    BackupFailed {
        /// `None` if the run failed before the backup was created.
        backup: Option<BackupId>,
        /// How often the schedule behind it repeats.
        #[serde(default = "immediate")]
        repeat: RepeatType,
        failure: Failure,
    },
    /// An administrator cancelled a backup that was being made.
    BackupCancelled {
        backup: BackupId,
        /// How often the schedule behind it repeats.
        repeat: RepeatType,
    },
    /// A scheduled run was skipped because no backup was left.
    BackupSkipped {
        schedule: ScheduleId,
        /// When the run was due.
        occurrence: DateTime<Utc>,
        /// How often the schedule repeats.
        repeat: RepeatType,
        /// Free backups per month of the plan.
        allowed: u32,
    },
    /// A scheduled run was skipped because another backup was in progress.
    BackupOverlapped {
        schedule: ScheduleId,
        /// When the run was due.
        occurrence: DateTime<Utc>,
        /// How often the schedule repeats.
        repeat: RepeatType,
        /// The backup that was in progress.
        running: BackupId,
        /// When that backup was requested.
        since: DateTime<Utc>,
    },
    /// A scheduled run did not take place; the next run replaces it.
    BackupMissed {
        schedule: ScheduleId,
        /// When the run was due.
        occurrence: DateTime<Utc>,
        /// How often the schedule repeats.
        repeat: RepeatType,
    },
    /// A download of a file started.
    DownloadStarted {
        backup: BackupId,
        /// Name of the zip.
        file: String,
        /// IP address of the client, if a link was used without a recorded click. The person is unknown then, so the
        /// event names the backup's requester.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// An erasure of records changed its state. Nothing here names a record.
    Erasure {
        erasure: ErasureId,
        step: ErasureStep,
        /// Number of records; `None` until it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        records: Option<u64>,
    },
    /// The zips of a backup were made anew after an erasure, or could not be.
    ZipsRemade {
        backup: BackupId,
        erasure: ErasureId,
        /// Names of the zips.
        files: Vec<String>,
        /// Why there are none any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// Somebody looked into a backup.
    Explored { backup: BackupId, what: LookedAt },
    /// A restore changed its state.
    Restore {
        restore: RestoreId,
        step: RestoreStep,
        /// The backup whose records are written.
        backup: BackupId,
        /// The restore that this one undoes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        undoes: Option<RestoreId>,
        /// Where it writes.
        #[serde(default, skip_serializing_if = "ConnectionRole::is_source")]
        target: ConnectionRole,
        /// Number of records that are to be written, or were written.
        records: u64,
    },
    /// A drill began, or ended.
    Drill {
        drill: DrillId,
        backup: BackupId,
        /// When the state began that the backup shows.
        taken: DateTime<Utc>,
        status: DrillStatus,
        /// What was compared.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        totals: Option<DrillTotals>,
        /// Why it has ended early.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        failure: Option<Failure>,
    },
    /// An order changed its state.
    Order {
        order: OrderId,
        step: OrderStep,
        /// Number of one-time backups in the order.
        backups: u32,
        /// Total of the order; for a refund, the amount refunded so far.
        amount: Money,
    },
    /// A subscription changed its state.
    Subscription {
        subscription: SubscriptionId,
        /// The order that bought it.
        order: OrderId,
        product: Product,
        turn: SubscriptionStep,
        /// Monthly price.
        amount: Money,
        /// End of the paid period.
        until: DateTime<Utc>,
    },
    /// The organisation's plan changed.
    PlanChanged { from: String, to: String },
}

impl EventKind {
    /// Kind of the notification that the administrator concerned receives; `None` for actions that they took themselves
    /// and need no confirmation of.
    pub fn notification(&self) -> Option<&'static str> {
        match self {
            Self::ScheduleSet { .. } => Some("scheduled"),
            Self::ScheduleChanged { .. } => Some("changed"),
            Self::ScheduleStopped { .. } => Some("stopped"),
            Self::BackupStarted { .. } => Some("archiving"),
            Self::BackupReady { .. } => Some("ready"),
            Self::UnusualLoss { .. } => Some("unusual_loss"),
            Self::LinksEnding { .. } => Some("links_ending"),
            Self::BackupFailed { .. } => Some("failed"),
            Self::BackupCancelled { .. } => Some("cancelled"),
            Self::BackupSkipped { .. } => Some("skipped"),
            Self::BackupOverlapped { .. } => Some("overlapped"),
            Self::BackupMissed { .. } => Some("missed"),
            Self::Drill { status: DrillStatus::Same, .. } => Some("drill_same"),
            Self::Drill { status: DrillStatus::Differs, .. } => Some("drill_differs"),
            Self::Drill { status: DrillStatus::Failed, .. } => Some("drill_failed"),
            Self::Order { step: OrderStep::Paid, .. } => Some("purchased"),
            Self::Order { step: OrderStep::Failed, .. } => Some("order_failed"),
            Self::Order { step: OrderStep::Refunded, .. } => Some("refunded"),
            Self::Subscription { turn: SubscriptionStep::PaymentFailed, .. } => Some("payment_failed"),
            Self::Subscription { turn: SubscriptionStep::Ended, .. } => Some("subscription_ended"),
            Self::DownloadStarted { .. }
            | Self::Explored { .. }
            | Self::Restore { .. }
            | Self::Drill { .. }
            | Self::SettingsSaved {}
            | Self::SourceSet { .. }
            | Self::SourceRemoved { .. }
            | Self::RestoreTargetSet { .. }
            | Self::RestoreTargetRemoved { .. }
            | Self::HoldSet { .. }
            | Self::HoldLifted { .. }
            | Self::Erasure { .. }
            | Self::ZipsRemade { .. }
            | Self::Order { .. }
            | Self::Subscription { .. }
            | Self::PlanChanged { .. } => None,
        }
    }

    /// The backup that the event is about.
    pub fn backup(&self) -> Option<BackupId> {
        match self {
            Self::BackupStarted { backup, .. }
            | Self::BackupReady { backup, .. }
            | Self::UnusualLoss { backup, .. }
            | Self::LinksEnding { backup, .. }
            | Self::BackupCancelled { backup, .. }
            | Self::HoldSet { backup }
            | Self::HoldLifted { backup }
            | Self::DownloadStarted { backup, .. }
            | Self::ZipsRemade { backup, .. }
            | Self::Explored { backup, .. }
            | Self::Drill { backup, .. }
            | Self::Restore { backup, .. } => Some(*backup),
            Self::BackupOverlapped { running, .. } => Some(*running),
            Self::BackupFailed { backup, .. } => *backup,
            _ => None,
        }
    }

    /// What the files of a finished backup lack; `None` if it is complete.
    pub fn losses(&self) -> Option<&Losses> {
        match self {
            Self::BackupReady { losses, .. } => losses.as_ref(),
            _ => None,
        }
    }

    /// What differs between a finished backup and the previous one.
    pub fn changes(&self) -> Option<&ChangeSummary> {
        match self {
            Self::BackupReady { changes, .. } => changes.as_deref(),
            Self::UnusualLoss { changes, .. } => Some(changes),
            _ => None,
        }
    }

    /// How often the schedule behind the event repeats.
    pub fn repeat(&self) -> RepeatType {
        match self {
            Self::ScheduleSet { rule, .. } | Self::ScheduleChanged { rule, .. } | Self::ScheduleStopped { rule, .. } => {
                rule.repeat_type()
            }
            Self::BackupStarted { repeat, .. }
            | Self::BackupReady { repeat, .. }
            | Self::UnusualLoss { repeat, .. }
            | Self::LinksEnding { repeat, .. }
            | Self::BackupFailed { repeat, .. }
            | Self::BackupCancelled { repeat, .. }
            | Self::BackupSkipped { repeat, .. }
            | Self::BackupOverlapped { repeat, .. }
            | Self::BackupMissed { repeat, .. } => *repeat,
            Self::DownloadStarted { .. }
            | Self::Explored { .. }
            | Self::Drill { .. }
            | Self::Restore { .. }
            | Self::SettingsSaved {}
            | Self::SourceSet { .. }
            | Self::SourceRemoved { .. }
            | Self::RestoreTargetSet { .. }
            | Self::RestoreTargetRemoved { .. }
            | Self::HoldSet { .. }
            | Self::HoldLifted { .. }
            | Self::Erasure { .. }
            | Self::ZipsRemade { .. }
            | Self::Order { .. }
            | Self::Subscription { .. }
            | Self::PlanChanged { .. } => RepeatType::Immediate,
        }
    }
}
