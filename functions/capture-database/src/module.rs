//! Reads one module of a state and stores it, in one call or in several.

use std::collections::BTreeSet;

use hozon_shared::captured::Captured;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::source::{Gap, SourceErrorKind, SourceModule};
use hozon_shared::ports::{ModuleReading, ResumePoint};
use hozon_shared::snapshots::input::ModuleHead;
use hozon_shared::snapshots::session::Session;
use hozon_shared::snapshots::writer::{ModuleWriter, Reached, StoredPart};
use serde::{Deserialize, Deserializer, Serialize};
use tokio::time::timeout_at;

use crate::call_time::CallTime;
use crate::error::{CaptureError, of};
use crate::files::Files;
use crate::next::{Stop, wait_for};
use crate::source::{Chosen, Source};
use crate::tracker::Tracker;

/// What earlier calls have stored of a module, and where the next one goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    part: StoredPart,
    /// Number of rows as the source has counted them.
    counted: Option<u64>,
    /// A place that the source has given; `None` for the module's beginning.
    from: Option<ResumePoint>,
    /// Number of rows behind that place that are stored already.
    skip: u64,
}

impl Progress {
    /// For going on in another state of the source, in which there may be another number of rows.
    pub(crate) fn in_another_state(self) -> Self {
        Self { counted: None, ..self }
    }
}

/// How far the reading of a module is.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reading {
    /// The module, and what is not contained of its files.
    Whole(Box<Module>, #[serde(deserialize_with = "gaps")] Vec<Gap>),
    Part(Box<Progress>),
}

/// Reads gaps. Calls of an earlier build have stored one, or null.
fn gaps<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Gap>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Stored {
        All(Vec<Gap>),
        One(Option<Gap>),
    }
    Ok(match Stored::deserialize(deserializer)? {
        Stored::All(gaps) => gaps,
        Stored::One(gap) => gap.into_iter().collect(),
    })
}

/// Adds what was read of modules to a capture. `None` if one is not whole.
pub(crate) fn add_all(captured: Captured, read: impl IntoIterator<Item = Reading>) -> Option<Captured> {
    read.into_iter().try_fold(captured, |mut captured, reading| match reading {
        Reading::Whole(module, gaps) => {
            captured.modules.push(*module);
            captured.gaps.extend(gaps);
            Some(captured)
        }
        Reading::Part(_) => None,
    })
}

/// What a call reads with.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub source: &'a Source<'a>,
    pub chosen: &'a Chosen,
    pub session: &'a Session,
    pub tracker: &'a Tracker<'a>,
    pub time: CallTime,
    /// Modules whose attached files are read, too; `None` for all.
    pub with_files: Option<&'a BTreeSet<String>>,
}

/// Reads the module at `index` of those that are chosen, from where `progress` says. Stops behind a block or between two files once the
/// time of the call is over, or the source takes no more calls.
pub(crate) async fn read(reader: Reader<'_>, index: usize, progress: Progress) -> Result<(Reading, Stop), CaptureError> {
    let module = &reader.chosen.modules[index];
    let (mut counted, stored) = (progress.counted, progress.part.attachments());
    let mut writer = reader.session.rest_of_module(head(module, index), progress.part.clone());
    reader.tracker.add_rows(progress.part.count()).await?;
    if !progress.part.has_all_rows() {
        match reader.rows(module, writer, progress).await? {
            Rows::All(all, found) => (writer, counted) = (*all, found),
            Rows::Part(part, stop) => return Ok((Reading::Part(part), stop)),
        }
    }
    let files = match reader.with_files.is_none_or(|modules| modules.contains(&module.api_name)) {
        true => reader.files(module, &mut writer, stored).await?,
        false => (Vec::new(), Stop::AtItsEnd),
    };
    match files {
        (gaps, Stop::AtItsEnd) => {
            let stored = writer.finish().await?;
            reader.tracker.add_module().await?;
            Ok((Reading::Whole(Box::new(stored), gaps), Stop::AtItsEnd))
        }
        (_, stop) => {
            let part = writer.pause_files().await?;
            Ok((Reading::Part(Box::new(Progress { part, counted, ..Progress::default() })), stop))
        }
    }
}

/// What reading the rows of a module has come to.
enum Rows {
    /// All are written; with their number, if the source has counted them.
    All(Box<ModuleWriter>, Option<u64>),
    Part(Box<Progress>, Stop),
}

impl Reader<'_> {
    async fn rows(self, module: &SourceModule, mut writer: ModuleWriter, progress: Progress) -> Result<Rows, CaptureError> {
        let Self { source, chosen, tracker, time, .. } = self;
        let (found, failed) = (&chosen.as_found(module), of(&source.address));
        let ModuleReading { counted, rows: mut pages } =
            chosen.state.read(found, progress.from.as_ref()).await.map_err(&failed)?;
        let counted = progress.counted.or(counted);
        let mut track = Track::new(&progress);
        let mut rows = progress.part.count();
        let stop = loop {
            let page = match source.next(&mut pages).await {
                Ok(None) => break Stop::AtItsEnd,
                Ok(Some(page)) => page,
                Err(error) => break Stop::For(wait_for(error)?),
            };
            let skipped = track.add(page.behind, page.rows.rows());
            let new = if skipped == 0 { page.rows } else { page.rows.slice(skipped, u64::MAX) };
            let read = new.rows();
            rows += read;
            writer.page(new).await?;
            tracker.add_rows(read).await?;
            if time.is_over() && track.has_places() && writer.may_pause() {
                break Stop::ForTime;
            }
            if time.is_at_its_limit() {
                return Err(self.too_long(module));
            }
        };
        match stop {
            Stop::AtItsEnd => {
                chosen.state.confirm(found).await.map_err(&failed)?;
                match counted {
                    Some(counted) if counted != rows => {
                        Err(source.failed(SourceErrorKind::CountDiffers(module.api_name.clone())))
                    }
                    counted => Ok(Rows::All(Box::new(writer), counted)),
                }
            }
            stop if track.has_places() && writer.may_pause() => {
                let (part, reached) = writer.pause(track.pages()).await?;
                let (from, skip) = track.place(reached);
                Ok(Rows::Part(Box::new(Progress { part, counted, from, skip }), stop))
            }
            stop => Ok(Rows::Part(Box::new(progress), stop)),
        }
    }

    /// Writes the files behind those that are stored. Only a state that other processes can join is left between two files.
    async fn files(
        self,
        module: &SourceModule,
        writer: &mut ModuleWriter,
        stored: u64,
    ) -> Result<(Vec<Gap>, Stop), CaptureError> {
        let Self { source, chosen, time, .. } = self;
        let end = time.end().filter(|_| chosen.state.token().is_some());
        let files = Files { source, chosen, end };
        let writing = files.write(writer, module, stored);
        match time.limit() {
            None => writing.await,
            Some(limit) => timeout_at(limit, writing).await.map_err(|_| self.too_long(module))?,
        }
    }

    fn too_long(self, module: &SourceModule) -> CaptureError {
        CaptureError::TooLong { connection: self.source.address.clone(), module: Some(module.api_name.clone()) }
    }
}

/// Describes a module to the store. `index` is its place among those that are chosen.
pub(crate) fn head(module: &SourceModule, index: usize) -> ModuleHead {
    let SourceModule { api_name, label, contents, fields, key, structure, .. } = module.clone();
    let order = u32::try_from(index + 1).unwrap_or(u32::MAX);
    ModuleHead { api_name, label, order, contents, fields, key, structure }
}

/// The places between the pages that a call has read.
struct Track {
    /// Place in front of each page and behind the last, each with the number of rows behind it that were skipped.
    places: Vec<(Option<ResumePoint>, u64)>,
    /// Whether the source gives places.
    has_places: bool,
    /// Number of rows that are still to be skipped.
    to_skip: u64,
}

impl Track {
    fn new(progress: &Progress) -> Self {
        Self { places: vec![(progress.from.clone(), 0)], has_places: true, to_skip: progress.skip }
    }

    /// Adds a page. Returns how many of its rows to skip.
    fn add(&mut self, behind: Option<ResumePoint>, rows: u64) -> u64 {
        let skipped = self.to_skip.min(rows);
        self.to_skip -= skipped;
        if let Some(before) = self.places.last_mut() {
            before.1 = skipped;
        }
        self.has_places &= behind.is_some();
        self.places.push((behind, 0));
        skipped
    }

    fn has_places(&self) -> bool {
        self.has_places
    }

    fn pages(&self) -> u64 {
        self.places.len() as u64 - 1
    }

    /// The place of the source in front of the one that was reached, and the number of rows between the two.
    fn place(mut self, reached: Reached) -> (Option<ResumePoint>, u64) {
        let at = usize::try_from(reached.pages).unwrap_or(usize::MAX).min(self.places.len() - 1);
        let (place, skipped) = self.places.swap_remove(at);
        (place, skipped + reached.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(row: u64) -> Option<ResumePoint> {
        (row > 0).then(|| ResumePoint(row.to_string()))
    }

    proptest! {
        /// A source gives a place behind each page; a writer stops anywhere. Whoever goes on reads every row once.
        #[test]
        fn each_row_is_read_once_whatever_the_pauses(pages in proptest::collection::vec(1u64..20, 1..30), stops in proptest::collection::vec(0u64..40, 0..30)) {
            let total: u64 = pages.iter().sum();
            let (mut progress, mut stored) = (Progress::default(), 0);
            for stop in stops {
                let mut at: u64 = progress.from.as_ref().map_or(0, |from| from.0.parse().expect("a row"));
                prop_assert_eq!(at + progress.skip, stored);
                let mut track = Track::new(&progress);
                let (mut reached, mut taken) = (Reached::default(), 0);
                for page in &pages {
                    let rows = (*page).min(total - at);
                    at += rows;
                    let new = rows - track.add(point(at), rows);
                    if taken + new > stop {
                        reached.rows = stop - taken;
                        break;
                    }
                    taken += new;
                    reached = Reached { pages: reached.pages + 1, rows: 0 };
                }
                stored += taken + reached.rows;
                let (from, skip) = track.place(reached);
                progress = Progress { from, skip, ..Progress::default() };
            }
        }
    }
}
