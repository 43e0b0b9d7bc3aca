//! Captures a source on the web in several calls. Its state stands without holders, and changes while it is read: what has changed
//! meanwhile is read again, until a pass finds no more, before the modules are published.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::captured::Captured;
use hozon_shared::domain::crm::{DataCategory, Module};
use hozon_shared::domain::shares::shares;
use hozon_shared::domain::snapshot::FileRun;
use hozon_shared::domain::source::{Gap, GapKind, SourceErrorKind, SourceModule};
use hozon_shared::ports::{ModuleChanges, Protection, SourceRows};
use hozon_shared::snapshots::amend::Changes;
use hozon_shared::snapshots::reader::{StoredModule, files, stored_module};
use hozon_shared::snapshots::session::{Origin, Session};
use serde_json::{Value, json};

use crate::attempt::{Attempt, Opened};
use crate::caught_up::{CatchUp, Found};
use crate::error::{CaptureError, of};
use crate::files::Files;
use crate::module::{Reading, head};
use crate::next::{Stop, wait_for};
use crate::publication;
use crate::source::{Chosen, Source};

/// Name of the only attempt of a run: a standing state is never lost.
pub(crate) const ATTEMPT: &str = "web";
/// Number of modules that are read at a time.
const READERS: usize = 2;
/// Text in bytes of changed records that are held in memory.
const CHANGED_BYTES: usize = 32 << 20;

/// Begins a state and a session, unless an earlier call has, and divides the modules among the readers.
pub(crate) async fn open(attempt: &Attempt<'_>) -> Result<Value, CaptureError> {
    let answer = |outcome, seconds, key: String, concurrency| json!({ "outcome": outcome, "seconds": seconds, "key": key, "concurrency": concurrency });
    if publication::complete(attempt.ports, attempt.run).await? {
        return Ok(answer("done", 0, String::new(), 1));
    }
    let opened = match attempt.opened().await? {
        Some(opened) => opened,
        None => match begin(attempt).await {
            Err(error) => return wait_for(error).map(|seconds| answer("wait", seconds, String::new(), 1)),
            Ok(opened) => opened,
        },
    };
    let key = attempt.set_readers(opened.shares.len()).await?;
    Ok(answer("opened", 0, key, opened.shares.len()))
}

async fn begin(attempt: &Attempt<'_>) -> Result<Opened, CaptureError> {
    let (ports, org) = (attempt.ports, attempt.run.org);
    let connection = ports.connections.connection(org).await?.ok_or(CaptureError::NotConnected)?;
    let source = attempt.source(&connection).await?;
    let read_from = ports.clock.now();
    let state = source.connector.hold(Protection::Notice).await.map_err(of(&source.address))?;
    let noted = state.token().ok_or(CaptureError::NotOpened)?.noted;
    let chosen = source.choose(state)?;
    let session = Session::begin(ports.session.clone(), (org, Origin::Captured), ports.ids.next(read_from), read_from).await?;
    let sizes: Vec<_> = chosen.modules.iter().map(|module| module.estimated_rows.unwrap_or_default()).collect();
    let (session, shares) = (session.version().to_owned(), shares(&sizes, READERS));
    let empty = source.captured(&chosen, read_from);
    let opened = Opened { connection, empty, session, noted, shares, is_standing: true };
    attempt.set_opened(&opened).await?;
    Ok(opened)
}

/// Reads what has changed since the modules were read, until nothing has, and publishes them.
pub(crate) async fn catch_up(attempt: &Attempt<'_>) -> Result<CallOutcome, CaptureError> {
    if publication::complete(attempt.ports, attempt.run).await? {
        return Ok(CallOutcome::Done);
    }
    let opened = attempt.opened().await?.ok_or(CaptureError::NotOpened)?;
    let source = attempt.source(&opened.connection).await?;
    let working = async {
        let chosen = attempt.join(&source, &opened).await?;
        let session = attempt.session(&opened).await?;
        let mut progress = match attempt.caught_up().await? {
            Some(progress) => progress,
            None => CatchUp::begin(chosen.modules.len(), opened.empty.read_from),
        };
        let (mut has_read, mut lists) = (false, FileLists::default());
        while !progress.is_over() {
            // Each call reads something.
            if has_read && attempt.time.is_over() {
                return Ok(None);
            }
            has_read = true;
            let module = Amended { attempt, source: &source, chosen: &chosen, session: &session, index: progress.next };
            let (until, found) = module.catch_up(progress.until[progress.next], &mut lists).await?;
            progress = progress.advance(until, found);
            attempt.set_caught_up(&progress).await?;
        }
        let miscounted = |index: usize| Gap::of(&chosen.modules[index].api_name, GapKind::CountDiffers);
        Ok(Some((session, progress.read_until(), progress.miscounted().map(miscounted).collect())))
    };
    let Some((session, read_until, gaps)) = source.unless_cancelled(working).await? else { return Ok(CallOutcome::Again) };
    publish(attempt, opened, session, (read_until, gaps)).await.map(|()| CallOutcome::Done)
}

async fn publish(
    attempt: &Attempt<'_>,
    opened: Opened,
    session: Session,
    (read_until, gaps): (Option<DateTime<Utc>>, Vec<Gap>),
) -> Result<(), CaptureError> {
    let mut captured = Captured { read_until, ..attempt.add_all(&opened).await?.ok_or(CaptureError::NotWhole)? };
    captured.gaps.extend(gaps);
    attempt.run.require_in_progress(attempt.ports).await?;
    publication::publish(attempt.ports, attempt.run, session, &captured).await
}

/// Ids of the files in packs, by object, while one call catches up.
#[derive(Default)]
struct FileLists(HashMap<String, Vec<String>>);

/// A module that is read again where it has changed.
struct Amended<'a> {
    attempt: &'a Attempt<'a>,
    source: &'a Source<'a>,
    chosen: &'a Chosen,
    session: &'a Session,
    index: usize,
}

impl Amended<'_> {
    /// Returns until when changes are contained now, if the module may change, and how it was found.
    async fn catch_up(
        &self,
        since: DateTime<Utc>,
        lists: &mut FileLists,
    ) -> Result<(Option<DateTime<Utc>>, Found), CaptureError> {
        let module = &self.chosen.modules[self.index];
        if module.contents != DataCategory::Crm {
            return Ok((None, Found::AsItWas));
        }
        let found = self.chosen.as_found(module);
        let failed = of(&self.source.address);
        let Some(Reading::Whole(before, _)) = self.attempt.reading(self.index).await? else {
            return Err(CaptureError::NotWhole);
        };
        // Another version of the same session takes the place of this one.
        let stored = self.stored(&before).await?;
        let files = self.ids_of(&stored.files, lists).await?;
        let changes = self.chosen.state.changes(&found, since, &files).await.map_err(&failed)?;
        let Some(changes) = changes else { return Ok((None, Found::AsItWas)) };
        let ModuleChanges { until, mut rows, deleted, counted, has_new_files } = changes;
        let mut changes = Changes { deleted, ..Changes::default() };
        let (mut after, mut has_more) = (None, true);
        while has_more {
            has_more = self.gather(&mut rows, &mut changes).await?;
            if changes.rows.is_empty() && changes.deleted.is_empty() && !has_new_files {
                break;
            }
            let version = after.as_ref().unwrap_or(&*before);
            after = Some(self.amend(module, version, std::mem::take(&mut changes)).await?);
        }
        // A change may be contained already.
        let has_changed = match &after {
            Some(after) => {
                let after = self.stored(after).await?;
                (after.blocks, after.files) != (stored.blocks, stored.files)
            }
            None => false,
        };
        Ok((Some(until), Found::of(has_changed, counted.is_some_and(|counted| counted != before.rows))))
    }

    /// Gathers changed records. Returns whether there may be more.
    async fn gather(&self, rows: &mut SourceRows, changes: &mut Changes) -> Result<bool, CaptureError> {
        let mut bytes = 0;
        while let Some(page) = rows.try_next().await.map_err(of(&self.source.address))? {
            bytes += page.rows.size();
            if page.rows.rows() > 0 {
                changes.rows.push(page.rows);
            }
            if bytes >= CHANGED_BYTES {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Makes another version of the module, with the changes and the files of now.
    async fn amend(&self, module: &SourceModule, version: &Module, changes: Changes) -> Result<Module, CaptureError> {
        let mut writer = self.session.amend(version, head(module, self.index), changes).await?;
        let files = Files { source: self.source, chosen: self.chosen, end: None };
        let gaps = match files.write(&mut writer, module, 0).await? {
            (gaps, Stop::AtItsEnd) => gaps,
            (_, Stop::ForTime) => return Err(CaptureError::NotOpened),
            (_, Stop::For(seconds)) => return Err(self.source.failed(SourceErrorKind::Throttled(seconds))),
        };
        let after = writer.finish().await?;
        self.attempt.set_reading(self.index, &Reading::Whole(Box::new(after.clone()), gaps)).await?;
        Ok(after)
    }

    /// What a version of the module consists of.
    async fn stored(&self, module: &Module) -> Result<StoredModule, CaptureError> {
        Ok(stored_module(&*self.attempt.ports.objects, self.attempt.run.org, module).await?)
    }

    /// Ids of files. The list of a pack never changes, so that each is read once.
    async fn ids_of(&self, runs: &[FileRun], lists: &mut FileLists) -> Result<Vec<String>, CaptureError> {
        let mut ids = Vec::new();
        for run in runs {
            let read = async || -> Result<Vec<String>, CaptureError> {
                let files = files(&*self.attempt.ports.objects, self.attempt.run.org, run).await?;
                Ok(files.into_iter().map(|file| file.attachment.id).collect())
            };
            let FileRun::Pack(pack) = run else {
                ids.extend(read().await?);
                continue;
            };
            let list = match lists.0.entry(pack.object.clone()) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(read().await?),
            };
            ids.extend(list.iter().cloned());
        }
        Ok(ids)
    }
}
