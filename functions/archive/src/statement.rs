//! The signed statement about a finished backup: what its zips are, and which statement came before.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use hozon_shared::archive::contents::zips_at;
use hozon_shared::domain::statement::{MAX_STATED_ERASURES, SignedStatement, StatedBackup, StatedZip, Statement, list_of_zips};
use hozon_shared::ports::{ErrorKind, ObjectRef, read_all};

use crate::run::Run;
use crate::task_error::TaskErrorKind;

impl Run<'_> {
    fn list_of_zips_at(&self) -> ObjectRef {
        self.work("zips.json")
    }

    /// Writes the list of zips, which the statement names by its hash, as a work document.
    pub async fn list_zips(&self, zips: &[StatedZip]) -> Result<(), TaskErrorKind> {
        let list = list_of_zips(zips).map_err(unwritten)?;
        Ok(self.ports.objects.put(&self.list_of_zips_at(), Bytes::from(list), "application/json").await?)
    }

    /// Makes the statement about a backup with so many zips, which may replace others, and keeps the list of zips beside its contents. `None` if an older version
    /// has assembled the zips, which wrote no list.
    pub async fn state(
        &self,
        zips: usize,
        at: DateTime<Utc>,
        replaces: Option<u64>,
    ) -> Result<Option<SignedStatement>, TaskErrorKind> {
        let list = match read_all(&*self.ports.objects, &self.list_of_zips_at()).await {
            Err(error) if error.kind == ErrorKind::NotFound => {
                tracing::warn!(
                    run.id = self.backup.0,
                    "an older version assembled the zips, so there is no statement about them"
                );
                return Ok(None);
            }
            other => other?,
        };
        self.ports.objects.put(&zips_at(self.org, self.backup), list.clone(), "application/json").await?;
        // The statement about the backup before, and those about erasures since.
        let newest = self.ports.statements.statements(self.org, MAX_STATED_ERASURES + 1).await?;
        let stated = StatedBackup { org: self.org, backup: self.backup, zips: zips as u64, list: &list, at, replaces };
        let statement = Statement::after(&newest, &stated, &self.ports.signer.public_key().await?);
        let text = statement.text().map_err(unwritten)?;
        let signature = self.ports.signer.sign(text.as_bytes()).await?;
        Ok(Some(statement.signed(text, &signature)))
    }
}

fn unwritten(error: serde_json::Error) -> TaskErrorKind {
    TaskErrorKind::WorkDamaged { document: "The statement", source: error }
}
