//! What became of a record or file of a restore, in the words of the API. Answers and CSV reports say the same.

use super::closed_sets::{PlannedActionName, RefusalName, WriteOutcomeName};
use crate::domain::restore::PlannedAction;
use crate::domain::writing::WriteOutcome;
use crate::restored::ReportRow;

/// Columns of a CSV report.
pub const REPORT_COLUMNS: [&str; 8] = ["module", "id", "action", "outcome", "reason", "detail", "new_id", "file"];

/// A row of the report of a restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportedRow {
    /// Id of the record.
    pub id: String,
    /// Id of the attached file; `None` for the record itself.
    pub file: Option<String>,
    pub action: PlannedAction,
    pub outcome: &'static str,
    /// Why it was refused.
    pub reason: Option<&'static str>,
    /// The rule, field or code that the CRM has named.
    pub detail: Option<String>,
    /// Its id in the CRM, if that has given it another one.
    pub new_id: Option<String>,
}

impl From<ReportRow> for ReportedRow {
    fn from(ReportRow { id, file, action, outcome, .. }: ReportRow) -> Self {
        let word = WriteOutcomeName::of(&outcome);
        let (reason, detail, new_id) = match outcome {
            WriteOutcome::Written { new_id } => (None, None, new_id),
            WriteOutcome::AlreadyThere | WriteOutcome::ChangedMeanwhile => (None, None, None),
            WriteOutcome::Refused { reason } => {
                let (kind, detail) = RefusalName::of(reason);
                (Some(kind), detail, None)
            }
        };
        Self { id, file, action, outcome: word, reason, detail, new_id }
    }
}

impl ReportedRow {
    /// Its cells in [`REPORT_COLUMNS`].
    pub fn cells<'a>(&'a self, module: &'a str) -> [Option<&'a str>; 8] {
        let action = PlannedActionName::of(self.action);
        let texts = [self.detail.as_deref(), self.new_id.as_deref(), self.file.as_deref()];
        let [detail, new_id, file] = texts;
        [Some(module), Some(&self.id), Some(action), Some(self.outcome), self.reason, detail, new_id, file]
    }
}
