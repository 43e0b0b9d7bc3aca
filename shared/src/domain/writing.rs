//! Writing records back: what is to be written, and what became of it.

use serde::{Deserialize, Serialize};

/// Cells of a record, one for each field that backups contain, in the order of the module's fields. `None` is NULL.
pub type Cells = Vec<Option<String>>;

/// What a restore does with one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordWrite {
    /// The record as the plan saw it in the CRM; `None` if it was not there.
    pub seen: Option<Cells>,
    /// The record as it is to be; `None` to delete it.
    pub wanted: Option<Cells>,
}

/// What is to be done with a record, as it is in the CRM now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteStep {
    /// It is created with all of its cells.
    Create,
    /// The cells at these positions change.
    Change(Vec<usize>),
    Delete,
    /// Nothing is done.
    Leave(WriteOutcome),
}

impl RecordWrite {
    /// Decides what is to be done. `now` is the record in the CRM, `None` if it is not there. `counts` says of each field whether it can be
    /// written: what the CRM computes itself, and what it does not have, is neither compared nor written.
    pub fn step(&self, now: Option<&[Option<String>]>, counts: &[bool]) -> WriteStep {
        let differing = |a: &[Option<String>], b: &[Option<String>]| -> Vec<usize> {
            let cells = a.iter().zip(b).zip(counts).enumerate();
            cells.filter(|(_, ((a, b), counts))| **counts && a != b).map(|(at, _)| at).collect()
        };
        let is_same = |a: Option<&[Option<String>]>, b: Option<&[Option<String>]>| match (a, b) {
            (None, None) => true,
            (Some(a), Some(b)) => differing(a, b).is_empty(),
            _ => false,
        };
        if is_same(now, self.wanted.as_deref()) {
            return WriteStep::Leave(WriteOutcome::AlreadyThere);
        }
        if !is_same(now, self.seen.as_deref()) {
            return WriteStep::Leave(WriteOutcome::ChangedMeanwhile);
        }
        match (now, self.wanted.as_deref()) {
            (Some(now), Some(wanted)) => WriteStep::Change(differing(now, wanted)),
            (None, Some(_)) => WriteStep::Create,
            (_, None) => WriteStep::Delete,
        }
    }
}

/// SHA-256 of a file without bytes.
const NO_BYTES: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What is known of the bytes of a file that is written: SHA-256 as lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileHashes {
    /// Of the file as the plan saw it in the CRM; `None` if it was not there.
    pub seen: Option<String>,
    pub wanted: String,
}

impl FileHashes {
    /// Decides why a file is left as it is; `None` if it is written. `now` is the hash of what lies at its place. Nothing is written over
    /// bytes that the plan has not seen.
    pub fn leave(&self, now: Option<&str>) -> Option<WriteOutcome> {
        match now {
            Some(now) if now == self.wanted => Some(WriteOutcome::AlreadyThere),
            None | Some(NO_BYTES) => None,
            Some(now) if Some(now) == self.seen.as_deref() => None,
            Some(_) => Some(WriteOutcome::ChangedMeanwhile),
        }
    }
}

/// What became of a record or a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum WriteOutcome {
    /// It was written. `new_id` is the id that the CRM has given, if it is another one.
    Written {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        new_id: Option<String>,
    },
    /// It was as wanted already.
    AlreadyThere,
    /// It is not what the plan saw any more, and was left as it is.
    ChangedMeanwhile,
    /// The source does not take it.
    Refused { reason: Refusal },
}

impl WriteOutcome {
    /// The id that the CRM has given, if it is another one.
    pub fn new_id(&self) -> Option<&String> {
        match self {
            Self::Written { new_id } => new_id.as_ref(),
            _ => None,
        }
    }
}

/// What became of the rows of a module that nothing identifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FillOutcome {
    /// All are written: so many.
    Filled(u64),
    /// The table has rows already, so that nothing was written.
    NotEmpty,
    /// The source does not take one of them, so that nothing was written.
    Refused(Refusal),
}

/// Why a source does not take a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Refusal {
    /// It refers to a record that is not there, or others refer to it. The name of the rule, if the source says it.
    Reference { rule: Option<String> },
    /// Another record has a value that may be there only once.
    Duplicate { rule: Option<String> },
    /// A value is missing that the source requires.
    MissingValue { field: Option<String> },
    /// A rule of the source forbids it.
    Rule { rule: Option<String> },
    /// A value does not fit its field.
    Value { field: Option<String> },
    /// The user may not write it.
    NoPermission,
    /// The kind of source cannot write it.
    Unsupported,
    /// The source says so without a reason that is known; its own code.
    Other { code: String },
}

/// What hinders writing a module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hindrance {
    /// API name of the module.
    pub module: String,
    pub kind: HindranceKind,
    /// API name or column of the field, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Kinds of hindrances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HindranceKind {
    /// The user of the connection may not write it.
    NoPermission,
    /// The CRM does not have it any more.
    Gone,
    /// It is a view, whose rows follow from tables.
    NotATable,
    /// Nothing identifies its records.
    NoKey,
    /// The CRM requires a field that the backup does not have. Records cannot be created; they can be changed.
    RequiredField,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Cells {
        text.split(' ').map(|cell| (cell != "-").then(|| cell.to_owned())).collect()
    }

    fn step(seen: &str, wanted: &str, now: &str) -> WriteStep {
        let record = |text: &str| (!text.is_empty()).then(|| cells(text));
        let write = RecordWrite { seen: record(seen), wanted: record(wanted) };
        write.step(record(now).as_deref(), &[true, true, false])
    }

    #[test]
    fn a_record_is_written_only_if_it_is_what_was_seen() {
        assert_eq!(step("", "1 a x", ""), WriteStep::Create);
        assert_eq!(step("1 a x", "1 b x", "1 a x"), WriteStep::Change(vec![1]));
        assert_eq!(step("1 - x", "1 b x", "1 - x"), WriteStep::Change(vec![1]));
        assert_eq!(step("1 a x", "", "1 a x"), WriteStep::Delete);
        for (seen, wanted, now) in
            [("", "1 a x", "1 b x"), ("1 a x", "1 b x", "1 c x"), ("1 a x", "1 b x", ""), ("1 a x", "", "1 b x")]
        {
            assert_eq!(step(seen, wanted, now), WriteStep::Leave(WriteOutcome::ChangedMeanwhile), "{seen}, {wanted}, {now}");
        }
    }

    #[test]
    fn a_record_that_is_as_wanted_is_left_whatever_was_seen() {
        for (seen, wanted, now) in
            [("", "1 a x", "1 a x"), ("1 b x", "1 a x", "1 a x"), ("1 a x", "", ""), ("1 a x", "1 a y", "1 a x")]
        {
            assert_eq!(step(seen, wanted, now), WriteStep::Leave(WriteOutcome::AlreadyThere), "{seen}, {wanted}, {now}");
        }
    }

    #[test]
    fn a_file_is_written_over_what_was_seen_or_where_no_bytes_are() {
        let leave = |seen: Option<&str>, now: Option<&str>| {
            FileHashes { seen: seen.map(str::to_owned), wanted: "w".to_owned() }.leave(now)
        };
        for seen in [None, Some("s"), Some("w")] {
            assert_eq!((leave(seen, None), leave(seen, Some(NO_BYTES))), (None, None), "{seen:?}");
            assert_eq!(leave(seen, Some("w")), Some(WriteOutcome::AlreadyThere), "{seen:?}");
            assert_eq!(leave(seen, Some("other")), Some(WriteOutcome::ChangedMeanwhile), "{seen:?}");
        }
        assert_eq!((leave(Some("s"), Some("s")), leave(None, Some("s"))), (None, Some(WriteOutcome::ChangedMeanwhile)));
        let empty = FileHashes { seen: None, wanted: NO_BYTES.to_owned() };
        assert_eq!((empty.leave(None), empty.leave(Some(NO_BYTES))), (None, Some(WriteOutcome::AlreadyThere)));
    }

    #[test]
    fn what_cannot_be_written_is_not_compared() {
        assert_eq!(step("1 a x", "1 b y", "1 a z"), WriteStep::Change(vec![1]));
    }
}
