//! Writes planned modules into the CRM store, checks them against manifests, and makes them current.

use futures_util::StreamExt;
use hozon_shared::domain::crm::Module;
use hozon_shared::domain::id::OrgId;
use hozon_shared::domain::retention::Retention;
use hozon_shared::domain::rows::Cell;
use hozon_shared::ports::{ObjectBody, Ports};
use hozon_shared::snapshots::error::WriteError;
use hozon_shared::snapshots::input::unreadable;
use hozon_shared::snapshots::session::{Origin, Session, SessionPorts};
use hozon_shared::snapshots::sweep::sweep;
use hozon_shared::snapshots::writer::ModuleWriter;
use hozon_shared::telemetry::Causes;
use tokio_util::sync::CancellationToken;

use super::csv_file::CsvFile;
use super::error::{ImportError, ManifestDifference};
use super::module_plan::{ModulePlan, PlannedFile};
use super::notes::Note;
use super::step::ImportProgress;

/// Number of rows between two progress reports.
const STEP_ROWS: u64 = 10_000;

/// Writes all modules and makes them current at once. After an error, and once `stop` is cancelled, nothing of them is
/// visible.
pub async fn load_all(
    ports: &Ports,
    org: OrgId,
    plans: Vec<ModulePlan>,
    notes: &mut Vec<Note>,
    tell: &mut dyn FnMut(ImportProgress<'_>),
    stop: &CancellationToken,
) -> Result<Vec<Module>, ImportError> {
    let now = ports.clock.now();
    let session = Session::begin(SessionPorts::from(ports), (org, Origin::Native), ports.ids.next(now), now).await?;
    let written = write_all(&session, plans, notes, tell, stop).await;
    // An interrupted write fails in many ways; report all of them as the stop.
    let written = if stop.is_cancelled() { Err(ImportError::Stopped) } else { written };
    match written {
        Ok(modules) => {
            session.publish(&modules, ports.clock.now()).await?;
            Ok(modules)
        }
        Err(error) => {
            forget(ports, org, session).await;
            Err(error)
        }
    }
}

/// Deletes what was written. What cannot be deleted stays invisible, and a later sweep deletes it.
async fn forget(ports: &Ports, org: OrgId, session: Session) {
    let ended = match session.abandon().await {
        Ok(()) => {
            let (session, holds) = (SessionPorts::from(ports), &*ports.holds);
            sweep(&session, org, Retention::EVERYTHING, holds, &*ports.clock).await.map(drop)
        }
        Err(error) => Err(error),
    };
    if let Err(error) = ended {
        tracing::warn!(error = %Causes(&error), "the data of an unfinished import was not deleted");
    }
}

async fn write_all(
    session: &Session,
    plans: Vec<ModulePlan>,
    notes: &mut Vec<Note>,
    tell: &mut dyn FnMut(ImportProgress<'_>),
    stop: &CancellationToken,
) -> Result<Vec<Module>, ImportError> {
    let mut modules = Vec::new();
    for plan in plans {
        let writer = session.module(plan.head.clone());
        modules.push(write(writer, plan, notes, tell, stop).await?);
    }
    Ok(modules)
}

async fn write(
    mut writer: ModuleWriter,
    plan: ModulePlan,
    notes: &mut Vec<Note>,
    tell: &mut dyn FnMut(ImportProgress<'_>),
    stop: &CancellationToken,
) -> Result<Module, ImportError> {
    let name = plan.head.api_name.clone();
    let rows = write_rows(&mut writer, &plan, notes, tell, stop).await?;
    let mut attachments = 0;
    for planned in plan.attachments {
        write_file(&mut writer, planned, stop).await?;
        attachments += 1;
        tell(ImportProgress { module: &name, rows, attachments });
    }
    let module = writer.finish().await.map_err(|source| write_error(&name, source))?;
    tell(ImportProgress { module: &name, rows, attachments });
    Ok(module)
}

async fn write_rows(
    writer: &mut ModuleWriter,
    plan: &ModulePlan,
    notes: &mut Vec<Note>,
    tell: &mut dyn FnMut(ImportProgress<'_>),
    stop: &CancellationToken,
) -> Result<u64, ImportError> {
    let (name, columns) = (&plan.head.api_name, plan.head.fields.len());
    let mut rows = 0;
    for source in &plan.files {
        let mut csv = CsvFile::open(source).await?;
        csv.header().await?;
        require_no_stop(stop)?;
        while csv.next(columns).await? {
            let cells: Vec<_> = csv.nullable_cells().collect();
            let mut cells: Vec<Cell<'_>> = cells.iter().map(Option::as_deref).collect();
            cells.resize(columns, None);
            writer.row(&cells).await.map_err(|error| write_error(&source.file.name, error))?;
            rows += 1;
            if u64::is_multiple_of(rows, STEP_ROWS) {
                require_no_stop(stop)?;
                tell(ImportProgress { module: name, rows, attachments: 0 });
            }
        }
        notes.extend(csv.finish()?);
    }
    Ok(rows)
}

async fn write_file(writer: &mut ModuleWriter, planned: PlannedFile, stop: &CancellationToken) -> Result<(), ImportError> {
    let PlannedFile { attachment, file, sha256 } = planned;
    let body = until_stopped(file.body().await?, stop.clone());
    let stored = writer.attachment(attachment, body).await.map_err(|source| write_error(&file.name, source))?;
    if stored.entry.uncompressed != file.size {
        return Err(file.unreadable(std::io::ErrorKind::UnexpectedEof.into()));
    }
    if sha256.is_some_and(|expected| expected != stored.sha256) {
        return Err(ImportError::Changed { file: file.name, change: ManifestDifference::Contents });
    }
    Ok(())
}

fn require_no_stop(stop: &CancellationToken) -> Result<(), ImportError> {
    if stop.is_cancelled() { Err(ImportError::Stopped) } else { Ok(()) }
}

/// Returns a body that fails once the import is stopped, so that its upload is aborted like that of any unreadable
/// file.
fn until_stopped(body: ObjectBody, stop: CancellationToken) -> ObjectBody {
    body.map(move |chunk| require_no_stop(&stop).map_err(unreadable).and(chunk)).boxed()
}

fn write_error(file: &str, source: WriteError) -> ImportError {
    ImportError::Write { file: file.to_owned(), source }
}
