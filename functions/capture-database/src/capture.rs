//! Captures all modules of a source in one state of it, and publishes them together.

use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use hozon_shared::captured::{Captured, captured_at};
use hozon_shared::domain::connection::Connection;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::{BackupId, OrgId};
use hozon_shared::domain::locale::Locale;
use hozon_shared::domain::profile::{Profile, shape};
use hozon_shared::domain::rows::RowPage;
use hozon_shared::domain::selection::{Omission, Selection, without_omissions};
use hozon_shared::domain::source::{Gap, GapKind, SourceErrorKind, SourceModule};
use hozon_shared::ports::{Connector, ErrorKind, ModuleReading, Protection, SourceInfo, SourceRows};
use hozon_shared::snapshots::input::ModuleHead;
use hozon_shared::snapshots::session::{Origin, Session};
use hozon_shared::telemetry::Causes;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::error::{CaptureError, is_changed, of};
use crate::files::Files;
use crate::ports::CapturePorts;

/// How often a capture is tried without locks. If tables are altered or emptied while it reads each time, the next attempt
/// makes whoever does so wait.
const ATTEMPTS_WITHOUT_LOCKS: usize = 3;
/// Number of modules that are read at a time.
const MODULES_IN_FLIGHT: usize = 2;
/// How often a capture looks whether its backup was cancelled.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Captures the CRM of an organisation for a run, unless that was done already.
pub async fn capture(ports: &CapturePorts, org: OrgId, backup: BackupId) -> Result<(), CaptureError> {
    let at = captured_at(org, backup);
    if ports.objects.head(&at).await?.is_some() {
        return Ok(());
    }
    let connection = ports.connections.connection(org).await?.ok_or(CaptureError::NotConnected)?;
    let (connector, address) = connector(ports, &connection).await?;
    let kind = connection.source.kind();
    let locale = ports.store.organisation(org).await?.map(|organisation| organisation.data_locale()).unwrap_or_default();
    let Selection { omitted, profile } = &connection.selection;
    let profile = profile.as_ref().map(|name| ports.profiles.find(name)).transpose()?;
    let is_cancelled = watch::Sender::new(false);
    let source = Source { ports, org, backup, connector, kind, address, profile, locale, omitted, is_cancelled };
    let captured = source.capture_unless_cancelled().await?;
    let json = serde_json::to_vec(&captured).map_err(CaptureError::UnreadableCall)?;
    Ok(ports.objects.put(&at, json.into(), "application/json").await?)
}

async fn connector(ports: &CapturePorts, connection: &Connection) -> Result<(Box<dyn Connector>, String), CaptureError> {
    let address = connection.source.shown();
    let secret = match ports.credentials.get(connection.org, connection.id).await {
        Err(error) if error.kind == ErrorKind::NotFound => return Err(CaptureError::WithoutSecret(address)),
        other => other?,
    };
    let connector = ports.connectors.open(&connection.source, secret).ok_or(CaptureError::NotConnected)?;
    Ok((connector, address))
}

struct Source<'a> {
    ports: &'a CapturePorts,
    org: OrgId,
    backup: BackupId,
    connector: Box<dyn Connector>,
    kind: &'static str,
    /// Address of the source, for errors.
    address: String,
    profile: Option<&'a Profile>,
    /// Language of labels.
    locale: Locale,
    omitted: &'a [Omission],
    is_cancelled: watch::Sender<bool>,
}

impl Source<'_> {
    async fn capture(&self) -> Result<Captured, CaptureError> {
        for _ in 0..ATTEMPTS_WITHOUT_LOCKS {
            match self.attempt(Protection::Notice).await {
                Err(error) if is_changed(&error) => tracing::info!(code = error.code(), "the capture begins again"),
                other => return other,
            }
        }
        self.attempt(Protection::Lock).await
    }

    /// Reads the source. If an administrator cancels the backup meanwhile, reading stops with an error between two pages, so that
    /// uploads are aborted as after every other error.
    async fn capture_unless_cancelled(&self) -> Result<Captured, CaptureError> {
        self.require_in_progress().await?;
        let mut capturing = pin!(self.capture());
        loop {
            match timeout(LOOK_EVERY, &mut capturing).await {
                Ok(captured) => return captured,
                // A failure of this look itself is not the capture's: the next look is soon, and the last one is before publishing.
                Err(_) => {
                    let is_over = matches!(self.require_in_progress().await, Err(CaptureError::NotRunning));
                    self.is_cancelled.send_replace(is_over);
                }
            }
        }
    }

    /// Waits for the next page; fails as soon as the backup was cancelled.
    async fn next(&self, pages: &mut SourceRows) -> Result<Option<RowPage>, CaptureError> {
        let mut cancelled = self.is_cancelled.subscribe();
        tokio::select! {
            biased;
            _ = cancelled.wait_for(|is_cancelled| *is_cancelled) => Err(CaptureError::NotRunning),
            page = pages.try_next() => page.map_err(of(&self.address)),
        }
    }

    async fn require_in_progress(&self) -> Result<(), CaptureError> {
        let backup = self.ports.store.backup(self.org, self.backup).await?.ok_or(CaptureError::NotRunning)?;
        backup.require_in_progress().map_err(|_| CaptureError::NotRunning)
    }

    /// Reads one state and publishes it. What a failed attempt has written and no snapshot needs is swept later; the next
    /// attempt finds it and does not write it again.
    async fn attempt(&self, protection: Protection) -> Result<Captured, CaptureError> {
        let read_from = self.ports.clock.now();
        let id = self.ports.ids.next(read_from);
        let session = Session::begin(self.ports.session.clone(), (self.org, Origin::Captured), id, read_from).await?;
        match self.capture_in(&session, read_from, protection).await {
            Ok(captured) => {
                session.publish(&captured.modules, read_from).await?;
                Ok(captured)
            }
            Err(first) => {
                if let Err(error) = session.abandon().await {
                    tracing::warn!(error = %Causes(&error), failure = first.code(), "the lease of a failed capture could not be ended");
                }
                Err(first)
            }
        }
    }

    async fn capture_in(
        &self,
        session: &Session,
        read_from: DateTime<Utc>,
        protection: Protection,
    ) -> Result<Captured, CaptureError> {
        let state = self.connector.hold(protection).await.map_err(of(&self.address))?;
        let shaped = &shape(state.modules(), state.gaps(), self.profile, self.locale);
        let (chosen, mut gaps) = without_omissions(&shaped.modules, &shaped.gaps, self.omitted);
        let files = &Files {
            profile: self.profile,
            state: &*state,
            shaped,
            omitted: self.omitted,
            address: &self.address,
            is_cancelled: self.is_cancelled.subscribe(),
        };
        require_records(&self.address, &chosen, &gaps)?;
        let numbered = chosen.iter().zip(1u32..);
        let reading: Vec<_> = numbered.map(|(module, order)| self.module(files, module, order, session)).collect();
        let written: Vec<_> = stream::iter(reading).buffered(MODULES_IN_FLIGHT).try_collect().await?;
        let (modules, lost): (Vec<Module>, Vec<Option<Gap>>) = written.into_iter().unzip();
        gaps.extend(lost.into_iter().flatten());
        self.require_in_progress().await?;
        let (source, sequences) = (info(self.kind, read_from, &gaps), state.sequences().to_vec());
        Ok(Captured { source, read_from, gaps, sequences, modules })
    }

    async fn module(
        &self,
        files: &Files<'_>,
        module: &SourceModule,
        order: u32,
        session: &Session,
    ) -> Result<(Module, Option<Gap>), CaptureError> {
        let mut writer = session.module(head(module, order));
        let failed = of(&self.address);
        let (state, found) = (files.state, &files.shaped.as_found(module));
        let ModuleReading { counted, rows: mut pages } = state.read(found).await.map_err(&failed)?;
        let mut rows = 0;
        while let Some(page) = self.next(&mut pages).await? {
            rows += page.rows();
            writer.page(page).await?;
        }
        state.confirm(found).await.map_err(&failed)?;
        if counted.is_some_and(|counted| counted != rows) {
            return Err(failed(SourceErrorKind::CountDiffers(module.api_name.clone()).into()));
        }
        let lost = files.write(&mut writer, module).await?;
        Ok((writer.finish().await?, lost))
    }
}

/// A backup without any records is a failure, not an incomplete backup.
fn require_records(connection: &str, chosen: &[SourceModule], gaps: &[Gap]) -> Result<(), CaptureError> {
    match gaps.iter().find(|gap| gap.kind.is_loss()) {
        _ if !chosen.is_empty() => Ok(()),
        Some(gap) => Err(CaptureError::NothingReadable { connection: connection.to_owned(), first: gap.clone() }),
        None => Err(CaptureError::NoModules(connection.to_owned())),
    }
}

fn head(module: &SourceModule, order: u32) -> ModuleHead {
    let SourceModule { api_name, label, contents, fields, key, structure, .. } = module.clone();
    ModuleHead { api_name, label, order, contents, fields, key, structure }
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
