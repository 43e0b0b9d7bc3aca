//! Enumerations of the wire format for the OpenAPI document, so that generated clients get enums. The domain defines
//! the values; the tests below compare both.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::domain::event::EventKind;
use crate::domain::restore::PlannedAction;
use crate::domain::writing::{Refusal, WriteOutcome};

/// Declares string schemas with a fixed set of values.
macro_rules! closed_set {
    (@schema $name:ident) => {
        stringify!($name)
    };
    (@schema $name:ident $schema:literal) => {
        $schema
    };
    ($($(#[doc = $doc:literal])+ $name:ident $(as $schema:literal)? = $words:expr;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl $name {
            /// The allowed values.
            pub const WORDS: &[&str] = $words;
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let description = concat!($($doc),+).trim();
                let words = Self::WORDS.iter().copied();
                ObjectBuilder::new().schema_type(Type::String).description(Some(description)).enum_values(Some(words)).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(closed_set!(@schema $name $($schema)?))
            }
        }
    )+};
}

closed_set! {
    /// Always `success`.
    SuccessStatus = &["success"];
    /// Always `SUCCESS`.
    SuccessCode = &["SUCCESS"];
    /// Always `error`.
    ErrorStatus = &["error"];
    /// How often a schedule runs; `immediate` is an on-demand backup.
    RepeatKind = &["immediate", "weekly", "biweekly", "monthly"];
    /// State of a backup.
    BackupStatusName as "BackupStatus" = &["INPROGRESS", "COMPLETED", "FAILED", "CANCELLED"];
    /// State of a schedule.
    ScheduleStatusName as "ScheduleStatus" = &["SCHEDULED", "STOPPED"];
    /// Outcome of a run.
    RunOutcome = &["ready", "failed", "cancelled", "skipped", "missed"];
    /// State of the current schedule or backup.
    CurrentStatus = &["SCHEDULED", "INPROGRESS", "COMPLETED", "FAILED", "CANCELLED", "STOPPED"];
    /// Content of a zip.
    FileKind = &["data", "attachments"];
    /// Checksum algorithm of a zip.
    ChecksumAlgorithm = &["CRC-32"];
    /// Why a backup leaves data out.
    LeftOutReason = &["mail", "document", "integration"];
    /// Kind of a source: the store that a platform writes, a PostgreSQL database, one of MySQL or MariaDB, Zoho CRM by its API, or by the backups that it makes of itself.
    ConnectionKind = &["native", "postgres", "mysql", "zoho", "zoho_backup"];
    /// Data centre of Zoho.
    DataCenterName as "DataCenter" = &["us", "eu", "in", "jp", "au", "cn", "sa", "ca"];
    /// Which of Zoho's own backups is taken: the newest one whose links work, or a new one each time.
    BackupChoiceName as "BackupChoice" = &["newest", "new"];
    /// Which copy of an organisation's Zoho CRM is read.
    ZohoEnvironmentName as "ZohoEnvironment" = &["production", "sandbox", "developer"];
    /// Kind of a restore target. `mysql` is MariaDB too.
    DatabaseKindName as "DatabaseKind" = &["postgres", "mysql"];
    /// Protection of a connection. `off` is allowed only on the machine itself.
    TlsMode = &["verify_full", "off"];
    /// Who captures a database: the service, or the program `hozon capture` that an operator runs beside it.
    CapturedByName as "CapturedBy" = &["service", "program"];
    /// Result of a check.
    CheckStatus = &["reached", "failed"];
    /// Why a backup does not contain something of the source. What is `inconsistent` is contained, but not in the same state as the rest.
    /// The bytes of a field are contained `as_files`, as attachments. `missing_files` are attachments that are gone or cannot be read.
    /// `links` are attachments that are links, which are contained instead of the files behind them. What is `not_in_api` the source's API does
    /// not give. Of a module with `count_differs` the source counts other records than it gives.
    GapReason = &[
        "no_permission",
        "row_security",
        "foreign",
        "omitted",
        "missing",
        "damaged",
        "inconsistent",
        "as_files",
        "missing_files",
        "links",
        "not_in_api",
        "count_differs",
    ];
    /// What an administrator should know before the first backup of a source.
    SourceAdviceName as "SourceAdvice" = &[
        "user_may_write",
        "not_encrypted",
        "holds_old_rows",
        "one_reader",
        "files_in_folder",
        "backup_ready",
        "no_backup_ready",
    ];
    /// Layout of a backup's zips: Hozon's, or that of Zoho CRM's own backups.
    ArchiveLayoutName as "ArchiveLayout" = &["hozon", "zoho"];
    /// Language of mails.
    Language = &["ja", "en"];
    /// How a word must occur: from the beginning of a word on, or as a whole word.
    WordMatchName as "WordMatch" = &["prefix", "exact"];
    /// What has happened to a record from one backup to the next. One in the oldest backup that is kept is `present`: when it appeared is not known.
    RecordStepName as "RecordStep" = &["present", "appeared", "changed", "vanished"];
    /// State of an erasure.
    ErasureStatusName as "ErasureStatus" = &["PREPARING", "PLANNED", "RUNNING", "PENDING", "COMPLETED", "FAILED", "CANCELLED"];
    /// What happens to zips that may have an erased record: they are deleted, or made anew without it.
    ZipChoiceName as "ZipChoice" = &["drop", "remake"];
    /// State of zips that are made anew.
    RemakeStatusName as "RemakeStatus" = &["RUNNING", "COMPLETED", "FAILED"];
    /// What forbids an erasure for now: a legal hold on a backup, or Object Lock on a zip.
    PendingForName as "PendingFor" = &["hold", "object_lock"];
    /// Kind of an event in the history.
    EventName = &EventKind::NAMES;
    /// Outcome of an event, as Zoho's history names it.
    HistoryState = &["completed", "failure"];
    /// Action of an event, as Zoho's history names it.
    HistoryAction = &["scheduled", "stopped", "purchased"];
    /// Kind of a notification.
    NotificationKind = &[
        "scheduled", "changed", "stopped", "archiving", "ready", "unusual_loss", "links_ending", "failed", "cancelled", "skipped", "overlapped", "missed",
        "purchased", "order_failed", "refunded", "payment_failed", "subscription_ended", "drill_same", "drill_differs", "drill_failed",
    ];
    /// What happened to a module since the previous backup.
    ModuleStateName as "ModuleState" = &["same", "changed", "new", "gone"];
    /// What happened to a record between two backups.
    DifferenceKindName as "DifferenceKind" = &["added", "changed", "deleted"];
    /// Why the records of a module were compared in part only: their columns, what identifies them or their stored form differ.
    PartlyReason = &["columns", "key", "format"];
    /// Why a backup was not compared: it is the first, the snapshot of the previous one is gone or cannot be read, or it took too long.
    NotComparedReason = &["first", "snapshot_gone", "unreadable", "too_long"];
    /// What was lost unusually: a whole module, records of it, or attachments.
    UnusualLossKind = &["module", "records", "attachments"];
    /// Where a restore writes: into the connected CRM, or into the restore target.
    ConnectionRoleName as "RestoreTarget" = &["connection", "restore_target"];
    /// State of a restore.
    RestoreStatusName as "RestoreStatus" = &["PLANNING", "PLANNED", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"];
    /// State of a drill. `SAME` and `DIFFERS` say whether what was restored is the same as the backup.
    DrillStatusName as "DrillStatus" = &["RUNNING", "SAME", "DIFFERS", "FAILED", "CANCELLED"];
    /// Which backups are drilled by themselves: none, each, or the first of a week.
    DrillPolicyName as "DrillPolicy" = &["off", "each_backup", "weekly"];
    /// Why not all records of a module were restored: the data of the backup is damaged, or the restore target does not take a record.
    DrillFaultName as "DrillFault" = &["damaged", "refused"];
    /// What a restore does with a record.
    PlannedActionName as "PlannedAction" = &["create", "change", "delete", "leave", "impossible"];
    /// Why a record is left, because the policy keeps `newer` and `changed` ones, or why it cannot be written. The CRM does not have the module
    /// any more; the module is a view; nothing identifies its records, or other fields do now; the CRM requires a field that the backup does not
    /// have; the record was erased from the backups.
    PlannedReasonName as "PlannedReason" =
        &["newer", "changed", "module_gone", "not_a_table", "no_key", "other_key", "required_field", "erased"];
    /// What became of a record that was to be written. One that is not as the plan has seen it any more was left.
    WriteOutcomeName as "WriteOutcome" = &["written", "already_there", "changed_meanwhile", "refused"];
    /// Why the CRM has refused a record.
    RefusalName as "Refusal" =
        &["reference", "duplicate", "missing_value", "rule", "value", "no_permission", "unsupported", "other"];
    /// What hinders writing a module: the user may not, the CRM does not have it or the field any more, it is a view, nothing identifies its
    /// records, or the CRM requires a field that the backup does not have.
    HindranceKindName as "HindranceKind" = &["no_permission", "gone", "not_a_table", "no_key", "required_field"];
    /// State of a webhook. A webhook is disabled after three days of failed deliveries.
    WebhookStatus = &["active", "disabled"];
    /// Format of a webhook's messages: signed JSON, Slack's or Microsoft Teams'.
    WebhookFormat = &["json", "slack", "teams"];
    /// State of an order.
    OrderStatusName as "OrderStatus" = &["DRAFT", "AWAITING_PAYMENT", "PROCESSING", "PAID", "FAILED", "EXPIRED", "CANCELLED"];
    /// Page on which an order was started.
    OrderOrigin = &["backup_page", "subscription_page", "upgrade"];
    /// Kind of a product.
    ProductKind = &["one_time", "weekly", "plan"];
    /// Kind of a product that is charged monthly.
    MonthlyProductKind = &["weekly", "plan"];
    /// Unit to which a price applies.
    PricedUnit = &["backup", "month"];
    /// State of a subscription.
    SubscriptionStatusName as "SubscriptionStatus" = &["ACTIVE", "PAST_DUE", "ENDING", "ENDED"];
    /// Group of backups from which a run claims one.
    LedgerPool = &["free", "one_time", "weekly"];
    /// Reason of a ledger entry.
    LedgerCause = &["granted", "bought", "used", "given_back", "refunded", "disputed", "dispute_won"];
}

impl PlannedActionName {
    /// The word of an action.
    pub fn of(action: PlannedAction) -> &'static str {
        Self::WORDS[action as usize]
    }
}

impl WriteOutcomeName {
    /// The word of an outcome.
    pub fn of(outcome: &WriteOutcome) -> &'static str {
        match outcome {
            WriteOutcome::Written { .. } => "written",
            WriteOutcome::AlreadyThere => "already_there",
            WriteOutcome::ChangedMeanwhile => "changed_meanwhile",
            WriteOutcome::Refused { .. } => "refused",
        }
    }
}

impl RefusalName {
    /// The word of a refusal, and the rule, field or code that the source has named.
    pub fn of(refusal: Refusal) -> (&'static str, Option<String>) {
        match refusal {
            Refusal::Reference { rule } => ("reference", rule),
            Refusal::Duplicate { rule } => ("duplicate", rule),
            Refusal::MissingValue { field } => ("missing_value", field),
            Refusal::Rule { rule } => ("rule", rule),
            Refusal::Value { field } => ("value", field),
            Refusal::NoPermission => ("no_permission", None),
            Refusal::Unsupported => ("unsupported", None),
            Refusal::Other { code } => ("other", Some(code)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    use super::*;
    use crate::domain::zoho::{DataCenter, ZohoEnvironment};
    use crate::domain::{
        archive_options::ArchiveLayout, backup, connection, crm, erasure, locale::Locale, order, rule::RepeatType, schedule,
        source, subscription, webhook::WebhookKind,
    };

    fn assert_words(values: &[impl Serialize], words: &[&str]) {
        let written: Vec<_> = values.iter().map(|value| serde_json::to_value(value).expect("JSON")).collect();
        assert_eq!(written, words);
    }

    #[test]
    fn the_document_has_the_gaps_and_advice_of_sources() {
        use GapKind::{
            AsFiles, CountDiffers, Damaged, Foreign, Inconsistent, Links, Missing, MissingFiles, NoPermission, NotInApi, Omitted,
            RowSecurity,
        };
        use source::{GapKind, SourceAdvice};
        assert_words(
            &[
                NoPermission,
                RowSecurity,
                Foreign,
                Omitted,
                Missing,
                Damaged,
                Inconsistent,
                AsFiles,
                MissingFiles,
                Links,
                NotInApi,
                CountDiffers,
            ],
            GapReason::WORDS,
        );
        assert_words(
            &[
                SourceAdvice::UserMayWrite,
                SourceAdvice::NotEncrypted,
                SourceAdvice::HoldsOldRows,
                SourceAdvice::OneReader,
                SourceAdvice::FilesInFolder,
                SourceAdvice::BackupReady,
                SourceAdvice::NoBackupReady,
            ],
            SourceAdviceName::WORDS,
        );
    }

    #[test]
    fn the_document_has_the_words_of_restores() {
        use crate::domain::restore::{PlannedReason, RestoreStatus};
        use crate::domain::writing::HindranceKind;
        use PlannedAction::{Change, Create, Delete, Impossible, Leave};
        use RestoreStatus::{Cancelled, Completed, Failed, Planned, Planning, Running};
        assert_words(&crate::domain::drill::DrillStatus::ALL, DrillStatusName::WORDS);
        assert_words(&crate::domain::drill_policy::DrillPolicy::ALL, DrillPolicyName::WORDS);
        assert_words(&[Planning, Planned, Running, Completed, Failed, Cancelled], RestoreStatusName::WORDS);
        let actions = [Create, Change, Delete, Leave, Impossible];
        assert_words(&actions, PlannedActionName::WORDS);
        assert_eq!(actions.map(PlannedActionName::of), PlannedActionName::WORDS);
        use PlannedReason::{Changed, Erased, ModuleGone, Newer, NoKey, NotATable, OtherKey, RequiredField};
        let reasons = [Newer, Changed, ModuleGone, NotATable, NoKey, OtherKey, RequiredField, Erased];
        assert_words(&reasons, PlannedReasonName::WORDS);
        let kinds = [
            HindranceKind::NoPermission,
            HindranceKind::Gone,
            HindranceKind::NotATable,
            HindranceKind::NoKey,
            HindranceKind::RequiredField,
        ];
        assert_words(&kinds, HindranceKindName::WORDS);
        let refusals = [
            Refusal::Reference { rule: None },
            Refusal::Duplicate { rule: None },
            Refusal::MissingValue { field: None },
            Refusal::Rule { rule: None },
            Refusal::Value { field: None },
            Refusal::NoPermission,
            Refusal::Unsupported,
            Refusal::Other { code: String::new() },
        ];
        for (refusal, word) in refusals.into_iter().zip(RefusalName::WORDS) {
            assert_eq!(serde_json::to_value(&refusal).expect("JSON")["kind"], **word);
            assert_eq!(RefusalName::of(refusal).0, *word);
        }
        let outcomes = [
            WriteOutcome::Written { new_id: None },
            WriteOutcome::AlreadyThere,
            WriteOutcome::ChangedMeanwhile,
            WriteOutcome::Refused { reason: Refusal::NoPermission },
        ];
        assert_eq!(outcomes.each_ref().map(WriteOutcomeName::of), WriteOutcomeName::WORDS);
        for outcome in outcomes {
            assert_eq!(serde_json::to_value(&outcome).expect("JSON")["outcome"], WriteOutcomeName::of(&outcome));
        }
    }

    #[test]
    fn the_document_has_the_places_of_zoho() {
        assert_words(&DataCenter::ALL, DataCenterName::WORDS);
        assert_eq!(DataCenter::ALL.map(DataCenter::name), DataCenterName::WORDS);
        assert_words(&ZohoEnvironment::ALL, ZohoEnvironmentName::WORDS);
        assert_eq!(ZohoEnvironment::ALL.map(ZohoEnvironment::name), ZohoEnvironmentName::WORDS);
    }

    #[test]
    fn the_document_has_the_words_of_the_domain() {
        use RepeatType::{Biweekly, Immediate, Monthly, Weekly};
        assert_words(&[Immediate, Weekly, Biweekly, Monthly], RepeatKind::WORDS);
        use backup::BackupStatus::{Cancelled, Completed, Failed, Inprogress};
        assert_words(&[Inprogress, Completed, Failed, Cancelled], BackupStatusName::WORDS);
        assert_words(&[schedule::ScheduleStatus::Scheduled, schedule::ScheduleStatus::Stopped], ScheduleStatusName::WORDS);
        assert_words(&[backup::ArchiveKind::Data, backup::ArchiveKind::Attachments], FileKind::WORDS);
        assert_words(
            &[crm::DataCategory::Mail, crm::DataCategory::Document, crm::DataCategory::Integration],
            LeftOutReason::WORDS,
        );
        assert_words(&[Locale::Ja, Locale::En], Language::WORDS);
        assert_words(&ArchiveLayout::ALL, ArchiveLayoutName::WORDS);
        assert_words(&[connection::Tls::VerifyFull, connection::Tls::Off], TlsMode::WORDS);
        assert_words(&[connection::CapturedBy::Service, connection::CapturedBy::Program], CapturedByName::WORDS);
        assert_words(&[connection::ConnectionRole::Source, connection::ConnectionRole::RestoreTarget], ConnectionRoleName::WORDS);
        use order::OrderStatus;
        let orders = [
            OrderStatus::Draft,
            OrderStatus::AwaitingPayment,
            OrderStatus::Processing,
            OrderStatus::Paid,
            OrderStatus::Failed,
            OrderStatus::Expired,
            OrderStatus::Cancelled,
        ];
        assert_words(&orders, OrderStatusName::WORDS);
        use crate::domain::remake::RemakeStatus;
        use erasure::ErasureStatus as Erasure;
        let erasures = [
            Erasure::Preparing,
            Erasure::Planned,
            Erasure::Running,
            Erasure::Pending,
            Erasure::Completed,
            Erasure::Failed,
            Erasure::Cancelled,
        ];
        assert_words(&erasures, ErasureStatusName::WORDS);
        assert_words(&erasure::ZipChoice::ALL, ZipChoiceName::WORDS);
        assert_words(&RemakeStatus::ALL, RemakeStatusName::WORDS);
        assert_words(&erasure::PendingFor::ALL, PendingForName::WORDS);
        assert_words(&WebhookKind::ALL, WebhookFormat::WORDS);
        assert_eq!(WebhookKind::ALL.map(WebhookKind::name), WebhookFormat::WORDS);
        use order::Origin;
        assert_words(&[Origin::BackupPage, Origin::SubscriptionPage, Origin::Upgrade], OrderOrigin::WORDS);
        use subscription::SubscriptionStatus::{Active, Ended, Ending, PastDue};
        assert_words(&[Active, PastDue, Ending, Ended], SubscriptionStatusName::WORDS);
    }
}
