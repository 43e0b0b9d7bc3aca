//! The restore target that a drill fills.

use hozon_shared::domain::connection::{Connection, SourceSettings};
use hozon_shared::domain::drill::Drill;

use crate::error::WriteBackError;
use crate::ports::WriteBackPorts;
use crate::target::{Target, writer};

/// Opens the restore target of a drill. Fails if it is another one than when the drill was requested, if it is not there for drills, or if
/// it is another kind of database than the CRM's. It is read as the CRM is, so that both have the same modules and fields.
pub(super) async fn open(ports: &WriteBackPorts, drill: &Drill) -> Result<Target, WriteBackError> {
    let own = ports.connections.connection(drill.org).await?.ok_or(WriteBackError::NotConnected)?;
    let given = ports.connections.restore_target(drill.org).await?.ok_or(WriteBackError::NoDrillTarget)?;
    if given.id != drill.target {
        return Err(WriteBackError::ConnectionChanged);
    }
    if !given.drills {
        return Err(WriteBackError::NoDrillTarget);
    }
    if given.source.kind() != own.source.kind() {
        return Err(WriteBackError::OtherKind);
    }
    let connection = read_as(given, own);
    let writer = writer(ports, &connection).await?;
    Ok(Target { connection, writer })
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
