//! What administrators look at inside backups, as the history records it.

use serde::{Deserialize, Serialize};

/// What somebody has looked at in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "looked_at", rename_all = "snake_case")]
pub enum LookedAt {
    /// A page of the records of a module.
    Records { module: String },
    /// One record, with all its fields or with its history.
    Record { module: String, record: String },
    /// Records with these words.
    Search {
        /// `None` for all modules.
        module: Option<String>,
        words: String,
    },
    /// An attachment was downloaded.
    Attachment { module: String, record: String, file: String },
}

impl LookedAt {
    /// Names of all kinds.
    pub const NAMES: [&str; 4] = ["records_listed", "record_viewed", "records_searched", "attachment_downloaded"];

    /// Name of the event.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Records { .. } => "records_listed",
            Self::Record { .. } => "record_viewed",
            Self::Search { .. } => "records_searched",
            Self::Attachment { .. } => "attachment_downloaded",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventKind;
    use crate::domain::id::BackupId;

    #[test]
    fn every_kind_is_among_the_names_of_events_and_comes_back() {
        let (module, record) = ("Leads".to_owned(), "1".to_owned());
        let all = [
            LookedAt::Records { module: module.clone() },
            LookedAt::Record { module: module.clone(), record: record.clone() },
            LookedAt::Search { module: None, words: "sakura".to_owned() },
            LookedAt::Attachment { module, record, file: "offer.pdf".to_owned() },
        ];
        assert_eq!(all.each_ref().map(LookedAt::name), LookedAt::NAMES);
        for what in all {
            let event = EventKind::Explored { backup: BackupId(7), what };
            assert!(EventKind::NAMES.contains(&event.name()));
            let json = serde_json::to_string(&event).expect("JSON");
            assert_eq!(serde_json::from_str::<EventKind>(&json).expect("an event"), event);
        }
    }
}
