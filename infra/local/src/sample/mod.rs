//! A generated sample CRM. It is the same for every start on one day, and is generated as a stream, so that its size
//! needs no memory.

mod changes;
mod files;
mod history;
mod modules;
mod names;
mod size;
mod values;

use chrono::{DateTime, Utc};
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::OrgId;
use hozon_shared::ports::Ports;
use hozon_shared::snapshots::error::WriteError;
use hozon_shared::snapshots::input::{ModuleHead, NewAttachment};
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_shared::snapshots::writer::ModuleWriter;

use files::FilePlan;
use modules::SampleModule;
use values::Values;

pub use history::make_history;
pub use size::Size;

/// Name of the sample organisation.
pub const ORGANISATION: &str = "Sakura Trading 桜商事";

/// Progress of the generation.
#[derive(Debug, Clone, Copy)]
pub struct SampleProgress {
    /// Records and attachments generated so far.
    pub done: u64,
    /// Total number of records and attachments.
    pub total: u64,
}

/// Number of records between two progress reports.
const STEP: u64 = 5_000;

/// Fills an organisation's store, and returns its modules.
pub async fn generate(
    ports: &Ports,
    org: OrgId,
    size: Size,
    tell: &mut dyn FnMut(SampleProgress),
) -> Result<Vec<Module>, WriteError> {
    let now = ports.clock.now();
    let session = Session::begin(SessionPorts::from(ports), (org, Origin::Native), ports.ids.next(now), now).await?;
    let plan = FilePlan::of(size);
    let total = modules::ALL.iter().map(|module| module.records * size.records()).sum::<u64>() + plan.count();
    let mut progress = ProgressReporter { tell, done: 0, total, now };
    let mut made = Vec::new();
    for (order, module) in (1..).zip(&modules::ALL) {
        let mut writer = session.module(head(module, order));
        records(&mut writer, module, module.records * size.records(), &mut progress).await?;
        if module.has_files {
            attachments(&mut writer, module, &plan, &mut progress).await?;
        }
        made.push(writer.finish().await?);
    }
    session.publish(&made, now).await?;
    Ok(made)
}

struct ProgressReporter<'a> {
    tell: &'a mut dyn FnMut(SampleProgress),
    done: u64,
    total: u64,
    now: DateTime<Utc>,
}

impl ProgressReporter<'_> {
    fn one(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(STEP) || self.done == self.total {
            (self.tell)(SampleProgress { done: self.done, total: self.total });
        }
    }
}

fn head(module: &SampleModule, order: u32) -> ModuleHead {
    ModuleHead {
        api_name: module.api_name.to_owned(),
        label: module.label.to_owned(),
        order,
        contents: module.contents,
        fields: module.columns.iter().map(modules::Column::field).collect(),
        structure: None,
        key: module.key().map(str::to_owned).into_iter().collect(),
    }
}

async fn records(
    writer: &mut ModuleWriter,
    module: &SampleModule,
    count: u64,
    progress: &mut ProgressReporter<'_>,
) -> Result<(), WriteError> {
    let mut values = Values::new(module, count, progress.now);
    for record in 0..count {
        values.next_record(record);
        writer.row(&values.cells()).await?;
        progress.one();
    }
    Ok(())
}

async fn attachments(
    writer: &mut ModuleWriter,
    module: &SampleModule,
    plan: &FilePlan,
    progress: &mut ProgressReporter<'_>,
) -> Result<(), WriteError> {
    for file in plan.files() {
        let new = NewAttachment {
            id: values::id(9, file.number),
            record_id: values::id(module.number, file.record()),
            record_name: values::record_name(module, file.record()),
            name: file.name(),
            content_type: file.content_type().to_owned(),
            created: Some(values::created(file.number, plan.files_each(), progress.now)),
        };
        writer.attachment(new, file.body()).await?;
        progress.one();
    }
    Ok(())
}
