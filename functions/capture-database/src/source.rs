//! The source of an organisation, as one run reads it.

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::TryStreamExt;
use hozon_shared::captured::Captured;
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::profile::{Profile, Shaped, shape};
use hozon_shared::domain::selection::{Omission, without_omissions};
use hozon_shared::domain::source::{Gap, GapKind, SourceErrorKind, SourceModule};
use hozon_shared::ports::{Connector, HeldState, SourceInfo, SourcePage, SourceRows};
use serde::Deserialize;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::{CaptureError, of};
use crate::ports::{CapturePorts, OpenedConnection};

/// How often a capture looks whether its backup was cancelled.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A run of an organisation.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) struct Run {
    pub org: OrgId,
    pub backup: BackupId,
}

impl Run {
    /// Fails unless the backup is in progress.
    pub(crate) async fn require_in_progress(self, ports: &CapturePorts) -> Result<(), CaptureError> {
        let backup = ports.store.backup(self.org, self.backup).await?.ok_or(CaptureError::NotRunning)?;
        backup.require_in_progress().map_err(|_| CaptureError::NotRunning)
    }
}

/// A connected source.
pub(crate) struct Source<'a> {
    pub ports: &'a CapturePorts,
    pub run: Run,
    pub connector: Box<dyn Connector>,
    kind: &'static str,
    /// Address of the source, for errors.
    pub address: String,
    pub profile: Option<&'a Profile>,
    /// Language of labels.
    locale: Locale,
    pub omitted: Vec<Omission>,
    pub is_cancelled: watch::Sender<bool>,
}

/// A state, and what a backup takes of it.
pub(crate) struct Chosen {
    pub state: Box<dyn HeldState>,
    pub shaped: Shaped,
    /// In the order in which people see them.
    pub modules: Vec<SourceModule>,
    pub gaps: Vec<Gap>,
}

impl Chosen {
    /// A module under the name that the source gives it.
    pub(crate) fn as_found(&self, module: &SourceModule) -> SourceModule {
        self.shaped.as_found(module)
    }
}

impl<'a> Source<'a> {
    /// Prepares to read what a connection leads to.
    pub(crate) async fn new(ports: &'a CapturePorts, run: Run, connection: &Connection) -> Result<Self, CaptureError> {
        let address = connection.source.shown();
        let connector = match ports.open(connection, Some(run.backup)).await? {
            OpenedConnection::Connector(connector) => connector,
            OpenedConnection::WithoutSecret => return Err(CaptureError::WithoutSecret(address)),
            OpenedConnection::Unsupported => return Err(CaptureError::NotConnected),
        };
        let locale = ports.store.organisation(run.org).await?.map(|organisation| organisation.data_locale()).unwrap_or_default();
        let profile = connection.selection.profile.as_ref().map(|name| ports.profiles.find(name)).transpose()?;
        let (kind, omitted) = (connection.source.kind(), connection.selection.omitted.clone());
        let is_cancelled = watch::Sender::new(false);
        Ok(Self { ports, run, connector, kind, address, profile, locale, omitted, is_cancelled })
    }

    /// Chooses what a backup takes of a state. A backup without any records is a failure, not an incomplete backup.
    pub(crate) fn choose(&self, state: Box<dyn HeldState>) -> Result<Chosen, CaptureError> {
        let shaped = shape(state.modules(), state.gaps(), self.profile, self.locale);
        let (modules, gaps) = without_omissions(&shaped.modules, &shaped.gaps, &self.omitted);
        match gaps.iter().find(|gap| gap.kind.is_loss()) {
            _ if !modules.is_empty() => Ok(Chosen { state, shaped, modules, gaps }),
            Some(gap) => Err(CaptureError::NothingReadable { connection: self.address.clone(), first: gap.clone() }),
            None => Err(CaptureError::NoModules(self.address.clone())),
        }
    }

    /// What the capture of a state leaves, still without its modules.
    pub(crate) fn captured(&self, chosen: &Chosen, read_from: DateTime<Utc>) -> Captured {
        let (gaps, sequences) = (chosen.gaps.clone(), chosen.state.sequences().to_vec());
        let metadata = chosen.state.metadata().to_vec();
        let source = match chosen.state.consistency() {
            Some(consistency) => SourceInfo { kind: self.kind.to_owned(), consistency },
            None if chosen.state.is_standing() => SourceInfo::read_over_time(self.kind),
            None => info(self.kind, read_from, &gaps),
        };
        Captured { source, read_from, read_until: None, gaps, sequences, metadata, modules: Vec::new() }
    }

    /// Works until the end. If an administrator cancels the backup meanwhile, [`Self::next`] fails between two pages, so that uploads are
    /// aborted as after every other error.
    pub(crate) async fn unless_cancelled<T>(
        &self,
        work: impl Future<Output = Result<T, CaptureError>>,
    ) -> Result<T, CaptureError> {
        self.run.require_in_progress(self.ports).await?;
        let mut working = pin!(work);
        loop {
            match timeout(LOOK_EVERY, &mut working).await {
                Ok(done) => return done,
                // A failure of this look itself is not the capture's: the next look is soon, and the last one is before publishing.
                Err(_) => {
                    let is_over = matches!(self.run.require_in_progress(self.ports).await, Err(CaptureError::NotRunning));
                    self.is_cancelled.send_replace(is_over || self.ports.stop.is_cancelled());
                }
            }
        }
    }

    /// Waits for the next page; fails as soon as the backup was cancelled.
    pub(crate) async fn next(&self, pages: &mut SourceRows) -> Result<Option<SourcePage>, CaptureError> {
        let mut cancelled = self.is_cancelled.subscribe();
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|is_cancelled| *is_cancelled) => Err(CaptureError::NotRunning),
            page = pages.try_next() => page.map_err(of(&self.address)),
        }
    }

    /// An error of this source.
    pub(crate) fn failed(&self, kind: SourceErrorKind) -> CaptureError {
        of(&self.address)(kind.into())
    }
}

fn info(kind: &str, at: DateTime<Utc>, gaps: &[Gap]) -> SourceInfo {
    let at = at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let mut consistency = format!("One snapshot of the whole database, which began at {at}.");
    if gaps.iter().any(|gap| gap.kind == GapKind::Inconsistent) {
        consistency +=
            " Tables that the gaps name as inconsistent have no transactions, and were read as they were a moment later.";
    }
    SourceInfo { kind: kind.to_owned(), consistency }
}
