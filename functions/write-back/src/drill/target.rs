//! The restore target that a drill fills.

use hozon_shared::domain::connection::{Connection, SourceSettings};
use hozon_shared::domain::drill::Drill;
use hozon_shared::domain::selection::Selection;

use super::record_table::RecordTables;
use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;
use crate::target::{Target, writer};

/// Opens the restore target of a drill. Fails if it is another one than when the drill was requested, if it is not there for drills, or if
/// the CRM is another kind of database. Of a database it is read as the CRM is, so that both have the same modules and fields; for other
/// sources it also says how tables are made.
pub(super) async fn open(ports: &WriteBackPorts, drill: &Drill) -> Result<(Target, Option<RecordTables>), WriteBackError> {
    let own = ports.connections.connection(drill.org).await?;
    let given = ports.connections.restore_target(drill.org).await?.ok_or(WriteBackError::NoDrillTarget)?;
    if given.id != drill.target {
        return Err(WriteBackError::ConnectionChanged);
    }
    if !given.drills {
        return Err(WriteBackError::NoDrillTarget);
    }
    let (connection, made) = match own.filter(|own| own.source.database().is_some()) {
        Some(own) if given.source.kind() != own.source.kind() => return Err(WriteBackError::OtherKind),
        Some(own) => (read_as(given, own), None),
        None => {
            let made = RecordTables::of(&given.source).ok_or(WriteBackError::Unsupported)?;
            (Connection { selection: Selection::default(), ..given }, Some(made))
        }
    };
    let writer = writer(ports, &connection).await?;
    Ok((Target { connection, writer }, made))
}

/// The restore target with what the CRM's connection says of schemas, profile and what is left out.
fn read_as(mut given: Connection, own: Connection) -> Connection {
    match (&mut given.source, own.source) {
        (SourceSettings::Postgres(settings), SourceSettings::Postgres(own))
        | (SourceSettings::Mysql(settings), SourceSettings::Mysql(own)) => settings.schemas = own.schemas,
        _ => {}
    }
    Connection { selection: own.selection, ..given }
}
