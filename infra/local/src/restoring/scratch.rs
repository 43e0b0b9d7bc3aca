//! A store on a folder that is deleted with it.

use std::sync::Arc;

use anyhow::{Context, Result};
use chrono_tz::Tz;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::profile::Profiles;
use tempfile::TempDir;

use crate::{Local, LocalOptions};

/// A program on a temporary folder, with one organisation.
pub struct ScratchStore {
    pub local: Local,
    pub org: OrgId,
    _folder: TempDir,
}

impl ScratchStore {
    /// Starts it. `org` is the id of its organisation; `None` for a new one.
    pub async fn start(profiles: Arc<Profiles>, org: Option<OrgId>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hozon-restore-").tempdir().context("make a temporary folder")?;
        let options = LocalOptions { port: Some(0), profiles, ..LocalOptions::new(folder.path())? };
        let mut local = Local::start(options).await?;
        let org = org.unwrap_or_else(|| local.new_organisation_id());
        local.make_organisation(org, "restore", Tz::UTC, "Own", "JP").await?;
        Ok(Self { local, org, _folder: folder })
    }

    /// Stops it, and deletes the folder.
    pub async fn stop(self) -> Result<()> {
        self.local.stop().await
    }
}
