//! A backup of Zoho as a state: nothing in it changes, and every process finds its zips.

use std::sync::Arc;

use async_trait::async_trait;
use chrono_tz::Tz;
use futures_util::{StreamExt, stream};
use hozon_files::module_plan::ModulePlan;
use hozon_shared::domain::profile::FileSource;
use hozon_shared::domain::source::{Gap, SourceErrorKind, SourceModule};
use hozon_shared::domain::structure::Sequence;
use hozon_shared::ports::{FilesReading, HeldState, ModuleReading, ResumePoint, SourceError, StateToken};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::ask::{Offered, name_in};
use super::found::{gaps_of, named};
use super::opened::{Opened, StagedName, module_of};
use super::reading::{files_of, rows_from};
use super::staging::Staging;

/// Name of every holder: there is nothing that a holder must keep.
const NAME: &str = "zoho-backup";
/// Name of the description of the backup.
const DESCRIPTION: &str = "zoho_backup";

/// What is noted of a state, and all that another process needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Noted {
    zips: Vec<StagedName>,
    zone: Option<Tz>,
    expiry: String,
    modules: Vec<SourceModule>,
    gaps: Vec<Gap>,
    metadata: Vec<(String, Value)>,
}

/// A backup of Zoho whose zips are staged.
pub(crate) struct BackupState {
    staging: Staging,
    noted: Noted,
    opened: OnceCell<Opened>,
}

impl BackupState {
    /// Looks at zips that were fetched.
    pub(crate) async fn begin(staging: Staging, offered: &Offered, zone: Option<Tz>) -> Result<Self, SourceError> {
        let mut zips = Vec::new();
        for link in &offered.links {
            zips.push(StagedName::of(&staging, name_in(link)?).await?);
        }
        let opened = Opened::of(&staging, &zips, zone).await?;
        let sizes: Vec<_> = zips.iter().map(|zip| json!({ "name": zip.name, "size": zip.size })).collect();
        let described = json!({
            "files": sizes,
            "links_expire": offered.expiry,
            "time_zone": zone.map(|zone| zone.name()),
            "notes": named(&opened.notes),
        });
        let modules = opened.modules.iter().map(|module| module_of(module)).collect();
        let (gaps, expiry) = (gaps_of(&opened.notes), offered.expiry.clone());
        let noted = Noted { zips, zone, expiry, modules, gaps, metadata: vec![(DESCRIPTION.to_owned(), described)] };
        Ok(Self { staging, noted, opened: OnceCell::new_with(Some(opened)) })
    }

    /// Goes on with what another process has noted. The zips are looked at again when they are needed.
    pub(crate) fn join(staging: Staging, token: &StateToken) -> Result<Self, SourceError> {
        let lost = |error| SourceError { kind: SourceErrorKind::StateLost, source: Some(Box::new(error)) };
        let noted = serde_json::from_value(token.noted.clone()).map_err(lost)?;
        Ok(Self { staging, noted, opened: OnceCell::new() })
    }

    async fn plan(&self, module: &SourceModule) -> Result<Arc<ModulePlan>, SourceError> {
        let opening = || Opened::of(&self.staging, &self.noted.zips, self.noted.zone);
        let opened = self.opened.get_or_try_init(opening).await?;
        let found = opened.modules.iter().find(|plan| plan.head.api_name == module.api_name);
        found.cloned().ok_or_else(|| SourceErrorKind::StateLost.into())
    }
}

#[async_trait]
impl HeldState for BackupState {
    fn modules(&self) -> &[SourceModule] {
        &self.noted.modules
    }

    fn gaps(&self) -> &[Gap] {
        &self.noted.gaps
    }

    fn sequences(&self) -> &[Sequence] {
        &[]
    }

    /// Rows are not counted: Zoho's zips do not say their number. The manifest of a backup of Hozon does, and is compared.
    async fn read(&self, module: &SourceModule, from: Option<&ResumePoint>) -> Result<ModuleReading, SourceError> {
        Ok(ModuleReading { counted: None, rows: rows_from(self.plan(module).await?, from)? })
    }

    async fn files(&self, _: &FileSource) -> Result<FilesReading, SourceError> {
        Err(SourceErrorKind::Unsupported("no profile describes files of Zoho's backups").into())
    }

    async fn confirm(&self, _: &SourceModule) -> Result<(), SourceError> {
        Ok(())
    }

    async fn attachments(&self, module: &SourceModule) -> Result<Option<FilesReading>, SourceError> {
        let plan = self.plan(module).await?;
        let counted = Some(plan.attachments.len() as u64);
        Ok(Some(FilesReading { counted, files: stream::iter(files_of(&plan)).map(Ok).boxed() }))
    }

    fn is_standing(&self) -> bool {
        true
    }

    fn consistency(&self) -> Option<String> {
        let expiry = &self.noted.expiry;
        Some(format!(
            "Zoho CRM's own backup whose links work until {expiry}. It does not say from when to when Zoho has read the records."
        ))
    }

    fn metadata(&self) -> &[(String, Value)] {
        &self.noted.metadata
    }

    fn token(&self) -> Option<StateToken> {
        let noted = serde_json::to_value(&self.noted).ok()?;
        Some(StateToken { name: NAME.to_owned(), noted })
    }
}
