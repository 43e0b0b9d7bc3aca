//! Collects the notes about Zoho's zips. Of each kind at most a hundred are listed, and the others counted, so that the terminal shows all
//! kinds.

use std::collections::BTreeMap;

use crate::notes::Note;
use crate::zoho_notes::{KeptBecause, ZohoNote};

/// Maximum number of notes of a kind.
const MAX_OF_KIND: u64 = 100;

/// Collects notes.
#[derive(Default)]
pub struct ZohoNotes {
    others: Vec<Note>,
    notes: Vec<ZohoNote>,
    counts: BTreeMap<u8, (u64, Option<ZohoNote>)>,
}

impl ZohoNotes {
    pub fn push(&mut self, note: ZohoNote) {
        let (count, like) = self.counts.entry(kind(&note)).or_default();
        *count += 1;
        if *count <= MAX_OF_KIND {
            self.notes.push(note);
        } else if like.is_none() {
            *like = Some(note);
        }
    }

    /// Adds a note that is not about Zoho only.
    pub fn push_other(&mut self, note: Note) {
        self.others.push(note);
    }

    /// Notes that a file is kept outside the modules.
    pub fn kept(&mut self, name: &str, because: KeptBecause) {
        self.push(ZohoNote::Kept { name: name.to_owned(), because });
    }

    pub fn into_notes(self) -> impl Iterator<Item = Note> {
        let more = self
            .counts
            .into_values()
            .filter_map(|(count, like)| like.map(|like| ZohoNote::More { count: count - MAX_OF_KIND, like: Box::new(like) }));
        self.others.into_iter().chain(self.notes.into_iter().chain(more).map(Note::Zoho))
    }
}

fn kind(note: &ZohoNote) -> u8 {
    match note {
        ZohoNote::Metadata { .. } => 0,
        ZohoNote::Columns { .. } => 1,
        ZohoNote::Size { .. } => 2,
        ZohoNote::NoFile { is_link: false, .. } => 3,
        ZohoNote::NoFile { is_link: true, .. } => 4,
        ZohoNote::Kept { because: KeptBecause::Unlisted, .. } => 5,
        ZohoNote::Kept { because: KeptBecause::NoRecord { .. }, .. } => 6,
        ZohoNote::Kept { because: KeptBecause::NoImageRecord, .. } => 7,
        ZohoNote::Kept { because: KeptBecause::UnknownFolder, .. } => 8,
        ZohoNote::More { .. } => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_notes_are_a_hundred_and_a_count() {
        let mut notes = ZohoNotes::default();
        for _ in 0..1_000_000 {
            notes.kept("x", KeptBecause::Unlisted);
        }
        notes.kept("y", KeptBecause::UnknownFolder);
        let notes: Vec<Note> = notes.into_notes().collect();
        assert_eq!(notes.len(), 102);
        assert!(matches!(&notes[101], Note::Zoho(ZohoNote::More { count: 999_900, .. })), "{:?}", notes[101]);
    }
}
