//! Reads the tables that a drill has made for modules that are none, and makes modules of them as the backup has them. They are compared with
//! the backup as other modules are.

use futures_util::TryStreamExt;
use hozon_shared::call_outcome::CallOutcome;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::source::SourceErrorKind;
use hozon_shared::drilled::DrillWork;
use hozon_shared::ports::{HeldState, ModuleReading, Protection};
use hozon_shared::snapshots::document::SnapshotModule;
use hozon_shared::snapshots::input::ModuleHead;
use hozon_shared::snapshots::of_backup::module_of;
use hozon_shared::snapshots::of_restore::record_restored;
use hozon_shared::snapshots::reader::StoredModule;
use hozon_shared::snapshots::session::{Origin, Session};

use super::record_table::{RECORD, RecordTable};
use super::steps::Steps;
use crate::error::WriteBackError;
use crate::target::connector;

impl Steps<'_> {
    /// Reads the tables that are not read yet, each in one call, and records their modules as the snapshot of the drill.
    pub(super) async fn rebuild(&self, work: &mut DrillWork) -> Result<CallOutcome, WriteBackError> {
        let (task, ports, now) = (self.task, self.task.ports, self.task.ports.clock.now());
        let session = Session::resume(ports.session.clone(), (task.org, Origin::Captured), task.rebuilt(), now).await?;
        let connector = connector(ports, &self.target.connection).await?;
        let state = connector.hold(Protection::Notice).await.map_err(self.target.failed())?;
        let mut is_first = self.is_first;
        for (stored, table) in self.backup.tables.iter().zip(&self.backup.record_tables).skip(work.module) {
            let Some(module) = self.time.limit(self.module_of_table(&session, &*state, stored, table)).await else {
                let too_long = || WriteBackError::TooLong { module: stored.module.api_name.clone() };
                return if is_first { Err(too_long()) } else { Ok(CallOutcome::Again) };
            };
            work.rebuilt.push(SnapshotModule::from(module?));
            (work.module, is_first) = (work.module + 1, false);
            task.files().set_work(work).await?;
        }
        let mut modules = Vec::new();
        for module in &work.rebuilt {
            modules.push(module_of(&*ports.objects, task.org, module).await?.module);
        }
        record_restored(&*ports.objects, (task.org, task.capture()), now, &modules).await?;
        work.go_on();
        Ok(CallOutcome::Done)
    }

    async fn module_of_table(
        &self,
        session: &Session,
        state: &dyn HeldState,
        stored: &StoredModule,
        table: &RecordTable,
    ) -> Result<Module, WriteBackError> {
        let (name, failed) = (&table.table.api_name, self.target.failed());
        let found = state.modules().iter().find(|module| module.api_name == *name);
        let found = found.ok_or_else(|| failed(SourceErrorKind::Changed(name.clone()).into()))?;
        let column = found.fields.iter().position(|field| field.api_name == RECORD);
        let column = column.ok_or_else(|| failed(SourceErrorKind::Changed(name.clone()).into()))?;
        let ModuleReading { mut rows, .. } = state.read(found, None).await.map_err(&failed)?;
        let mut writer = session.module(ModuleHead::from(&stored.module));
        while let Some(page) = rows.try_next().await.map_err(&failed)? {
            writer.page(table.records(&page.rows, column)?).await?;
        }
        Ok(writer.finish().await?)
    }
}
